"""No input breaks it: one clear line for each, the right exit code, and the rest is still checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ft_lint.lint import lint_source
from ft_lint.source.problem import Fault
from scripts import FAULTY, run

BAD: dict[str, tuple[bytes, str]] = {
    "null byte": (b"import torch\nx = '\0'\n", "2:6: error: null byte in source"),
    "python 2": (b"import torch\nprint 'loss'\n", "2:1: error: syntax error: Missing parentheses in call to 'print'"),
    "brackets": (b"import torch\nx = " + b"(" * 5_000 + b")" * 5_000 + b"\n", "2:"),
    "long line": (b"import torch\nx = [" + b"1, " * 1_000_000 + b"]\n", " error: too large to check: 3.0 MB"),
    "undecodable": (b"import torch\n# \xff\n", "2:3: error: cannot be decoded as utf-8: byte 0xff"),
    "unknown encoding": (b"# coding: klingon\nimport torch\n", "1:1: error: unknown encoding"),
    "not finished": (b"import torch\nf(", "2:2: error: syntax error: '(' was never closed"),
    "odd indentation": (b"import torch\nif 1:\n    a\n  b\n", "4:"),
    "minus signs": (b"import torch\nx = " + b"-" * 20_000 + b"1\n", "nested too deeply to check"),
    "and": (b"import torch\nx = " + b" and ".join([b"a"] * 20_000) + b"\n", "2:1: error: nested too deeply to check"),
    "dotted import": (b"import torch" + b".a" * 20_000 + b"\n", "1:1: error: nested too deeply to check"),
    "elif": (b"import torch\nif a: pass\n" + b"elif b: pass\n" * 20_000, "nested too deeply to check"),
    "sum": (b"import torch\nx = (" + b"a +\n" * 700 + b"a)\n", "2:1: error: nested too deeply to check"),
}


@pytest.mark.parametrize(("data", "part"), BAD.values(), ids=BAD)
def test_one_clear_line(tmp_path: Path, data: bytes, part: str) -> None:
    (tmp_path / "bad.py").write_bytes(data)
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = run("ft_lint", "check", "--output-format=concise", "bad.py", "faulty.py", cwd=tmp_path)
    assert answer.code == 1
    assert [line[:19] for line in answer.out] == ["faulty.py:3:9: TUN1"]
    (line,) = answer.err
    assert line.startswith("bad.py:")
    assert part in line
    assert len(line) < 200


@pytest.mark.parametrize(("between", "mended"), [("\n", True), ("; ", False)], ids=["elsewhere", "on its line"])
def test_what_libcst_cannot_parse_costs_the_fix_alone(between: str, mended: bool) -> None:
    faulty = "import torch, torchvision\nmodel = torchvision.models.resnet18()\nmodel.fc = torch.nn.Identity"
    result = lint_source(f"{faulty}{between}x = (" + "'a'\n" * 20_000 + ")\n", "a.py")
    assert ([one.fix is not None for one in result.findings], result.problems) == ([mended], ())


def test_all_at_once_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for name, (data, _) in BAD.items():
        (tmp_path / f"{name}.py").write_bytes(data)
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = run("ft_lint", "check", "--output-format=concise", "nowhere", ".", cwd=tmp_path)
    assert answer.code == 2
    assert len(answer.out) == 1
    assert answer.err[0] == "nowhere: error: no such file or directory"
    assert sorted(line.split(".py")[0] for line in answer.err[1:]) == sorted(BAD)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text(FAULTY)
    (tmp_path / "secret.py").chmod(0)
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = run("ft_lint", "check", "--output-format=concise", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out), answer.err) == (2, 1, ["secret.py: error: Permission denied"])


def test_standard_input_of_bytes_that_are_no_text() -> None:
    answer = run("ft_lint", "check", "--output-format=concise", "-", given=b"import torch\n\xff\xfe\n")
    assert (answer.code, answer.err) == (1, ["-:2:1: error: cannot be decoded as utf-8: byte 0xff"])


@pytest.mark.parametrize("data", [b"print 'no framework here'\n", b"x = '\0'\n", b"\xff\xfe\n", b"", b"\xef\xbb\xbf"])
def test_files_without_a_framework_are_nobodys_business(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.py").write_bytes(data)
    assert run("ft_lint", "check", "--output-format=concise", ".", cwd=tmp_path) == (0, [], [])


def test_names_that_no_terminal_can_show(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.py")).write_text(FAULTY)
    answer = run("ft_lint", "check", "--output-format=concise", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out), answer.err) == (1, 1, [])


BREAKS_FLAKE8 = {"long line", "minus signs", "elif", "sum"}
"""The first takes pycodestyle minutes, the others end flake8 in its own parse or in pyflakes."""


def test_flake8_goes_on_too(tmp_path: Path) -> None:
    for name in BAD.keys() - BREAKS_FLAKE8:
        (tmp_path / f"{name}.py").write_bytes(BAD[name][0])
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = run("flake8", "--isolated", "--select", "TUN,E9", ".", cwd=tmp_path)
    assert answer.code == 1
    assert sum("TUN105" in line for line in answer.out) == 1
    assert not any("Traceback" in line for line in answer.err)


def test_just_within_the_limits() -> None:
    text = f"import torch\nx = {' + '.join(['a'] * 400)}\ny = {' and '.join(['a'] * 400)}\n"
    assert [problem for problem in lint_source(text, "x.py").problems if problem.fault is Fault.INPUT] == []


def test_a_range_that_no_machine_word_holds() -> None:
    text = f"{FAULTY}for i in range({10**30}):\n    x = i\n"
    result = lint_source(text, "x.py")
    assert ([finding.code for finding in result.findings], result.problems) == (["TUN105"], ())


@pytest.mark.parametrize(
    "built",
    [
        "nn.Transformer(8, 2, COUNT)",
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), COUNT)",
        "nn.LSTM(4, 4, COUNT)",
        "nn.Sequential(*[nn.Linear(2, 2)] * COUNT)",
        "nn.Sequential(*[nn.Linear(2, 2) for _ in range(COUNT)])",
    ],
)
def test_a_number_of_layers_may_be_absurd(built: str) -> None:
    text = f"import torch\nfrom torch import nn\nmodel = {built.replace('COUNT', '10**30')}\n"
    assert lint_source(text, "x.py").problems == ()
