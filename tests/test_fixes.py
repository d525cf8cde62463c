"""``ft-lint check --fix`` and kin, as a shell runs them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from scripts import Answer, run

SCRIPT = """\
import torch  # the layers
from torch import nn
import torchvision

model = torchvision.models.resnet18(pretrained=True)   # keep this comment
criterion = nn.CrossEntropyLoss()
"""
MENDED = "resnet18(weights="


def check(*arguments: str | Path, cwd: Path, given: bytes = b"") -> Answer:
    return run("ft_lint", "check", "--output-format=concise", *arguments, cwd=cwd, given=given)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return path


def test_a_safe_fix_is_made_and_nothing_is_left(script: Path) -> None:
    answer = check("--fix", script.name, cwd=script.parent)
    assert (answer.code, answer.out, answer.err) == (0, [], ["1 finding mended in 1 file"])
    text = script.read_text()
    assert MENDED in text
    assert "# keep this comment" in text
    assert check(script.name, cwd=script.parent) == (0, [], [])


def test_fixing_twice_changes_nothing(script: Path) -> None:
    check("--fix", script.name, cwd=script.parent)
    once = script.read_bytes()
    assert check("--fix", script.name, cwd=script.parent) == (0, [], [])
    assert script.read_bytes() == once


def test_a_diff_changes_nothing(script: Path) -> None:
    answer = check("--diff", script.name, cwd=script.parent)
    assert answer.code == 1
    assert [line[:1] for line in answer.out if line[:1] in "+-" and line[:3] not in ("+++", "---")] == ["-", "+"]
    assert answer.err == ["1 finding would be mended in 1 file"]
    assert script.read_text() == SCRIPT


def test_an_unsafe_fix_is_made_on_request_alone(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(
        "import torch\nfrom torch import nn\n\n"
        "model = nn.Linear(4, 1)\n"
        "loss = nn.BCELoss()(model(torch.randn(2, 4)), torch.rand(2, 1))\n"
    )
    before = path.read_bytes()
    assert check("--fix", path.name, cwd=tmp_path).code == 1
    assert path.read_bytes() == before
    assert check("--fix", "--unsafe-fixes", path.name, cwd=tmp_path).code == 0
    assert "BCEWithLogitsLoss" in path.read_text()


@pytest.mark.parametrize(
    ("encode", "mark"),
    [
        (lambda text: text.replace("\n", "\r\n").encode(), b"\r\n"),
        (lambda text: text.encode("utf-8-sig"), b"\xef\xbb\xbf"),
        (lambda text: f"# -*- coding: latin-1 -*-\n# für\n{text}".encode("latin-1"), "für".encode("latin-1")),
    ],
    ids=["line ends", "byte order mark", "encoding"],
)
def test_bytes_that_are_not_mended_stay(tmp_path: Path, encode: object, mark: bytes) -> None:
    path = tmp_path / "train.py"
    assert callable(encode)
    path.write_bytes(encode(SCRIPT))
    path.chmod(0o754)
    check("--fix", path.name, cwd=tmp_path)
    data = path.read_bytes()
    assert MENDED.encode() in data
    assert data.count(mark) == encode(SCRIPT).count(mark)
    assert stat.S_IMODE(path.stat().st_mode) == 0o754
    assert [one.name for one in tmp_path.iterdir()] == ["train.py"]


def test_a_link_stays_a_link(script: Path) -> None:
    link = script.with_name("link.py")
    link.symlink_to(script.name)
    check("--fix", link.name, cwd=script.parent)
    assert link.is_symlink()
    assert MENDED in script.read_text()


def test_no_fix_where_a_comment_silences(script: Path) -> None:
    script.write_text(SCRIPT.replace("# keep", "# noqa: TUN105 keep"))
    before = script.read_bytes()
    assert check("--fix", script.name, cwd=script.parent) == (0, [], [])
    assert script.read_bytes() == before


def test_several_fixes_in_one_file(script: Path) -> None:
    script.write_text(SCRIPT + "other = torchvision.models.resnet34(pretrained=True)\nmodel.fc = nn.Identity\n")
    answer = check("--fix", script.name, cwd=script.parent)
    assert answer.err == ["3 findings mended in 1 file"]
    assert "nn.Identity()" in script.read_text()


def test_standard_input_is_mended_to_standard_output(tmp_path: Path) -> None:
    answer = check("--fix", "-", cwd=tmp_path, given=SCRIPT.encode())
    assert "\n".join(answer.out).count(MENDED) == 1
    assert answer.code == 0


def test_a_file_that_cannot_be_written_is_told(script: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    script.parent.chmod(0o555)
    answer = check("--fix", script.name, cwd=script.parent)
    script.parent.chmod(0o755)
    assert answer.code == 2


# --- notebooks ---------------------------------------------------------------------------------


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    cells = [
        v4.new_markdown_cell("# Fine-tuning"),
        v4.new_code_cell("%matplotlib inline\n!pip install torchvision\nimport torchvision"),
        v4.new_code_cell(
            "%%time\nmodel = torchvision.models.resnet18(pretrained=True)\nprint('ü')",
            outputs=[v4.new_output("stream", text="ü\n")],
        ),
    ]
    path = tmp_path / "train.ipynb"
    path.write_text(nbformat.writes(v4.new_notebook(cells=cells)), encoding="utf-8")
    return path


def test_findings_stand_in_cells(notebook: Path) -> None:
    answer = check(".", cwd=notebook.parent)
    assert answer.code == 1
    assert [line[:30] for line in answer.out] == ["train.ipynb:cell 3:2:9: TUN105"]


def test_a_cell_that_is_no_python_costs_that_cell_alone(notebook: Path) -> None:
    document = nbformat.read(notebook, 4)
    document.cells.insert(2, v4.new_code_cell("x = 1\nf(a b)"))
    nbformat.write(document, notebook)
    answer = check(".", cwd=notebook.parent)
    assert answer.code == 1
    assert [line[:30] for line in answer.out] == ["train.ipynb:cell 4:2:9: TUN105"]
    assert [line.partition(". ")[0] for line in answer.err] == [
        "train.ipynb:cell 3:2:3: error: syntax error: invalid syntax"
    ]


def test_a_comment_silences_in_a_cell(notebook: Path) -> None:
    notebook.write_text(notebook.read_text().replace("pretrained=True)", "pretrained=True)  # noqa: TUN105"))
    assert check(notebook.name, cwd=notebook.parent) == (0, [], [])


def test_a_comment_is_added_in_a_cell_beside_what_python_cannot_read(notebook: Path) -> None:
    notebook.write_text(notebook.read_text().replace("%matplotlib inline", "!echo ("))
    assert check("--add-noqa", notebook.name, cwd=notebook.parent).code == 0
    assert "# noqa: TUN105" in notebook.read_text()
    assert check(notebook.name, cwd=notebook.parent) == (0, [], [])


def test_only_the_source_of_the_cell_is_written(notebook: Path) -> None:
    before = notebook.read_text(encoding="utf-8").splitlines()
    assert check("--fix", notebook.name, cwd=notebook.parent).code == 0
    after = notebook.read_text(encoding="utf-8").splitlines()
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(changed) == 1
    assert MENDED in changed[0][1]
    assert "%matplotlib inline" in "".join(after)
    nbformat.validate(json.loads("\n".join(after)))


def test_nbqa_shows_what_flake8_finds_in_cells(notebook: Path) -> None:
    answer = run("nbqa", "flake8", "--isolated", "--select=TUN", notebook.name, cwd=notebook.parent)
    assert answer.code == 1
    assert any(":cell_2:" in line and "TUN105" in line for line in answer.out)
