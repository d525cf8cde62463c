"""``ft-lint check --why-silent``: where knowledge ends."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from scripts import CLEAN, Answer, run

SCRIPT = """import torch
from project import build

model = build(10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""


def ask(*arguments: str | Path, cwd: Path, given: bytes = b"") -> Answer:
    return run("ft_lint", "check", "--why-silent", *arguments, cwd=cwd, given=given)


def test_each_place_and_why(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "other.py").write_text("import project\nproject.build()\n")
    expected = (0, ["train.py:4:9: `project.build` is imported from outside this file"], [])
    assert ask(".", cwd=tmp_path) == expected
    assert ask("-", "--stdin-display-name=train.py", cwd=tmp_path, given=SCRIPT.encode()) == expected


def test_a_place_that_is_come_to_again_is_told_once(tmp_path: Path) -> None:
    again = SCRIPT.replace("model = build(10)", "for n in range(9):\n    model = build(n)")
    told = ask("-", cwd=tmp_path, given=again.encode()).out
    assert [line.split(":")[1] for line in told] == ["5"]


def test_how_often_for_each_reason(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT + "head = build(2)\nweights = torch.load('w.pt')\n")
    assert ask("--statistics", "train.py", cwd=tmp_path).out == [
        "2  `project.build` is imported from outside this file",
        "1  `torch.load` is not modelled",
    ]


def test_in_the_cells_of_a_notebook(tmp_path: Path) -> None:
    first, second = SCRIPT.split("\n\n")
    cells = [v4.new_code_cell(first), v4.new_code_cell(second)]
    (tmp_path / "train.ipynb").write_text(nbformat.writes(v4.new_notebook(cells=cells)))
    assert ask("train.ipynb", cwd=tmp_path).out == [
        "train.ipynb:cell 2:1:9: `project.build` is imported from outside this file"
    ]
    cells[1].source = "model = ("
    (tmp_path / "train.ipynb").write_text(nbformat.writes(v4.new_notebook(cells=cells)))
    answer = ask("train.ipynb", cwd=tmp_path)
    assert (answer.code, answer.out) == (1, [])
    assert answer.err[0].startswith("train.ipynb:cell 2:1:9: error: ")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["broken.py"], 1, "broken.py:2:6: error: syntax error"),
        (["broken.py", "--exit-zero"], 0, "broken.py:2:6: error: syntax error"),
        (["nowhere.py"], 2, "nowhere.py: error: "),
        (["clean.py", "--fix"], 2, "--why-silent shows no findings"),
        (["clean.py", "--write-baseline=known.json"], 2, "--why-silent shows no findings"),
    ],
)
def test_bad_input_and_wrong_use(tmp_path: Path, options: list[str], code: int, said: str) -> None:
    (tmp_path / "broken.py").write_text("import torch\nprint(\n")
    (tmp_path / "clean.py").write_text(CLEAN)
    answer = ask(*options, cwd=tmp_path)
    assert (answer.code, answer.out) == (code, [])
    assert said in answer.err[-1]
