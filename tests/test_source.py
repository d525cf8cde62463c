"""Bytes to text, paths to files, comments to silence, and what is left unread."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ft_lint.lint import lint_bytes
from ft_lint.source.discovery import discover
from ft_lint.source.noqa import suppressions
from ft_lint.source.problem import Fault, Problem
from ft_lint.source.relevance import imports_framework, mentions_framework
from ft_lint.source.text import MAX_BYTES, decode, read


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "# coding: latin-1\nx = 'é'\n"),
        ("#!python\n# -*- coding: cp1252 -*-\n'€'\n".encode("cp1252"), "#!python\n# -*- coding: cp1252 -*-\n'€'\n"),
        (b"a\r\nb\rc\n", "a\r\nb\rc\n"),
        (b"", ""),
    ],
)
def test_text_is_decoded_as_python_does(data: bytes, text: str) -> None:
    assert decode(data, "x.py") == text


@pytest.mark.parametrize(
    ("data", "line", "column", "part"),
    [
        (b"import torch\nx = '\xff'\n", 2, 6, "byte 0xff"),
        (b"# coding: nonsense\n", 1, 1, "nonsense"),
        (b"# coding: rot13\nimport torch\n", 1, 1, "rot13"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, 1, "utf-8"),
        (b"#" * (MAX_BYTES + 1), 0, 0, "too large"),
    ],
)
def test_what_is_no_text_is_one_problem(data: bytes, line: int, column: int, part: str) -> None:
    problem = decode(data, "x.py")
    assert isinstance(problem, Problem)
    assert (problem.fault, problem.line, problem.column) == (Fault.INPUT, line, column)
    assert part in problem.message
    assert "\n" not in problem.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    problem = read(tmp_path / "gone.py")
    assert isinstance(problem, Problem)
    assert problem.fault is Fault.USE


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_folders_give_their_python_files_once_and_in_order(tmp_path: Path) -> None:
    wanted = [touch(tmp_path / name) for name in ("a.py", "b/c.py", "b/d/e.py", "z.py")]
    for name in ("a.txt", ".git/x.py", ".venv/lib/x.py", "venv/x.py", "node_modules/x.py", "b/__pycache__/c.py"):
        touch(tmp_path / name)
    assert sorted(discover([tmp_path, tmp_path / "a.py", tmp_path / "b"])) == sorted(wanted)  # type: ignore[type-var]
    assert list(discover([tmp_path])) == list(discover([tmp_path]))


def test_what_is_named_outright_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    script, hidden = touch(tmp_path / "train"), touch(tmp_path / ".venv/x.py")
    assert list(discover([script, hidden, tmp_path / ".venv"])) == [script, hidden]


def test_links_in_circles_pipes_and_missing_paths(tmp_path: Path) -> None:
    script = touch(tmp_path / "a.py")
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dead.py").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.py")
    assert list(discover([tmp_path])) == [script]
    (missing,) = discover([tmp_path / "gone"])
    assert isinstance(missing, Problem)
    assert missing.fault is Fault.USE


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("x  # noqa\n", {1}),
        ("x  # NOQA\ny\n", {1}),
        ("x  # noqa: TUN201\n", {1}),
        ("x  # noqa:TUN2\n", {1}),
        ("x  # noqa: E501,TUN201\n", {1}),
        ("x  # noqa: E501 TUN201\n", {1}),
        ("x  # noqa: E501\n", set()),
        ("x  # noqa: tun201\n", {1}),
        ("x  # noqa : TUN105\n", {1}),
        ("s = '''\na\n'''  # noqa: TUN201\nx\n", {1, 2, 3}),
        ("x = 1 + \\\n  2  # noqa\n", {1, 2}),
        ("f(1,  # noqa\n  2)\n", {1}),
        ("# flake8: noqa\nx\n", {1, 2}),
        ("x = 1  # flake8: noqa\ny\n", set()),
        ("x\r\ny  # noqa\r\n", {2}),
        ("x", set()),
        ("x  # noqa", {1}),
    ],
)
def test_noqa_as_flake8_reads_it(text: str, silent: set[int]) -> None:
    told = suppressions(text)
    assert {line for line, _ in enumerate(text.splitlines(), 1) if told.silences("TUN201", line)} == silent


@pytest.mark.parametrize(
    "text",
    [
        "import torch\n",
        "from torchvision import models\n",
        "    import torch.nn as nn\n",
        "import os, sys, torch\n",
        "import os; import pytorch_lightning as pl\n",
        "import os, \\\n  torch\n",
        "import os, \\\r\n  torch\r\n",
        "try: import torch\nexcept ImportError: pass\n",
        "from my.transformers import x\n",
    ],
)
def test_imports_are_seen(text: str) -> None:
    assert mentions_framework(text.encode())
    assert imports_framework(text)


@pytest.mark.parametrize("text", ["import os\n# torch\n", "x = 'torch'\n", "import os  # torch\n", "torch = 1\n", ""])
def test_mere_words_are_not_imports(text: str) -> None:
    assert not imports_framework(text)


def test_every_fixture_is_looked_at(root: Path) -> None:
    scripts = list((root / "fixtures").rglob("*.py"))
    assert scripts
    assert [path for path in scripts if not imports_framework(path.read_text())] == []


PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
MORE_IN_STRINGS = f"(Python 3.12 takes more in f-strings than {PYTHON} does)"
TYPE_PARAMETERS = f"(Python 3.12 has type parameters and `type`, {PYTHON} has not)"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="nothing is newer than this Python's f-strings")
@pytest.mark.parametrize(
    ("line", "more"),
    [
        ('print(f"{x["a"]}/b")\n', MORE_IN_STRINGS),
        ("print(f'{x\n} ab')\n", MORE_IN_STRINGS),
        ("print(rf'{x\n} ab')\n", MORE_IN_STRINGS),
        ("class A[T](B[T]):\n    pass\n", TYPE_PARAMETERS),
        ("async def run[T](x: T) -> T:\n    return x\n", TYPE_PARAMETERS),
        ("type Pair[T] = tuple[T, T]\n", TYPE_PARAMETERS),
        ("type Name = str\n", TYPE_PARAMETERS),
    ],
)
def test_what_newer_pythons_read_is_said(line: str, more: str) -> None:
    for path, text in (("a.py", f"import torch\n{line}"), ("a.ipynb", notebook_of(f"import torch\n{line}"))):
        (problem,) = lint_bytes(text.encode(), path).problems
        assert problem.message.endswith(more)


def notebook_of(source: str) -> str:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
