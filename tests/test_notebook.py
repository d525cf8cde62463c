"""Notebooks: read as one program, written back without touching anything else."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import nbformat
import pytest
from nbformat import v3, v4

from ft_lint.lint import lint_bytes, lint_source
from ft_lint.source.notebook import Notebook, as_python, read_notebook, with_sources
from ft_lint.source.problem import Problem
from scripts import run


def notebook(*sources: str) -> bytes:
    cells = [v4.new_markdown_cell("# Title"), *(v4.new_code_cell(source) for source in sources)]
    return nbformat.writes(v4.new_notebook(cells=cells)).encode()


def read(data: bytes) -> Notebook:
    found = read_notebook(data, "n.ipynb")
    assert isinstance(found, Notebook)
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("\n%%bash\nls *.py", "\n# %%bash\n# ls *.py"),
        ("if True:\n    !pip install torch", "if True:\n    pass  # !pip install torch"),
        ("files = !ls", "files = None"),
        ("a, b = %timeit -o f()", "a, b = None"),
        ("torch.nn?", "pass"),
        ("?torch.nn", "pass"),
        ("!pip install \\\n  torch \\\n  timm\nx = 1", "pass  # !pip install \\\n# torch \\\n# timm\nx = 1"),
        ("text = ('%d'\n% 3)", "text = ('%d'\n% 3)"),
        ("pip install timm==0.9\nx = 1", "pass  # pip install timm==0.9\nx = 1"),
        ("cd ../data", "pass  # cd ../data"),
        ("config = {\n'a': 1}\nrun += f(\n1)", "config = {\n'a': 1}\nrun += f(\n1)"),
        ("time (\n1)\nsave [\n0]\nload if x else (\ny)", "time (\n1)\nsave [\n0]\nload if x else (\ny)"),
        ("rm *.pt", "pass  # rm *.pt"),
        ("ls -la\npip = 3\ntime.sleep(1)", "ls -la\npip = 3\ntime.sleep(1)"),
        ("x = '''\ncat 1'''", "x = '''\ncat 1'''"),
        ("text = '''\n%magic\n!no\n'''", "text = '''\n%magic\n!no\n'''"),
        ("x = a != b", "x = a != b"),
        ("x = a \\\n% b", "x = a \\\n% b"),
        ("await model.load()", "await model.load()"),
    ],
)
def test_what_ipython_alone_understands_does_nothing(source: str, expected: str) -> None:
    assert as_python(source) == expected
    ast.parse(expected)


@pytest.mark.parametrize("between", [" ", " \\\n  "])
@pytest.mark.parametrize(("pinned", "expected"), [("==4.30", ()), ("", ("TUN904",))])
def test_versions_that_a_notebook_installs_count(pinned: str, expected: tuple[str, ...], between: str) -> None:
    data = notebook(f"%pip install -q{between}transformers{pinned}{between}datasets", "from transformers import AdamW")
    found = lint_bytes(data, "n.ipynb")
    assert tuple(finding.code for finding in found.findings) == expected


def test_lines_are_found_in_their_cells() -> None:
    found = read(notebook("import torch\n%time\n", "", "x = 1\ny = 2"))
    lines = found.program.splitlines()
    assert [found.place(lines.index(text) + 1) for text in ("import torch", "x = 1", "y = 2")] == [
        (2, 1),
        (4, 1),
        (4, 2),
    ]
    assert len(lines) == len(found.original.splitlines())


def test_a_notebook_without_code_is_an_empty_program() -> None:
    found = read(notebook())
    assert (found.program, found.problems("n.ipynb")) == ("", ())


def test_older_formats_are_read() -> None:
    cells = [v3.new_text_cell("markdown", "text"), v3.new_code_cell("import torch")]
    sheet = v3.new_worksheet(cells=cells)
    old = json.dumps(v3.new_notebook(worksheets=[sheet])).encode()
    assert [(cell.number, cell.source) for cell in read(old).cells] == [(2, "import torch")]


def test_a_notebook_in_another_language_has_no_code() -> None:
    document = json.loads(notebook("library(torch)"))
    document["metadata"]["kernelspec"] = {"language": "R", "name": "ir", "display_name": "R"}
    assert read(json.dumps(document).encode()).cells == ()


@pytest.mark.parametrize("data", [b"", b"[1, 2]", b'{"a": 1}', b"\xff\xfe", b"[" * 100_000, b'{"cells": "x"}'])
def test_what_is_no_notebook_is_one_problem_or_empty(data: bytes) -> None:
    found = read_notebook(data, "n.ipynb")
    assert isinstance(found, Problem) or found.cells == ()


@pytest.mark.parametrize("indent", [None, 1, 4, "\t"])
@pytest.mark.parametrize("as_list", [True, False])
@pytest.mark.parametrize(
    "new",
    ["a = 1\nb = 3\nc = 4\n", "a = 1\n", "import z\na = 1\nb = 2\nc = 4", "", "b = 2\nc = 4", "a = 'ü'\nb = 2\nc = 4"],
)
def test_only_the_source_that_changed_is_written(indent: int | str | None, as_list: bool, new: str) -> None:
    source: object = ["a = 1\n", "b = 2\n", "c = 4"] if as_list else "a = 1\nb = 2\nc = 4"
    output = {"output_type": "stream", "name": "stdout", "text": ["grün ✓\n"], "big": 1e400, "escaped": "\u00fc"}
    cells = [
        {"cell_type": "code", "source": source, "outputs": [output], "metadata": {"source": ["not this"]}},
        {"cell_type": "markdown", "source": ["# text"]},
        {"cell_type": "code", "source": ["keep = 1"], "outputs": []},
    ]
    data = json.dumps({"cells": cells, "nbformat": 4, "x": {}}, indent=indent, ensure_ascii=indent == 4).encode()
    changed = with_sources(data, {1: new})
    before, after = json.loads(data), json.loads(changed)
    assert "".join(after["cells"][0].pop("source")) == new
    del before["cells"][0]["source"]
    assert str(after) == str(before)
    outside = data.split(b'"outputs"', 1)[1]
    assert changed.endswith(outside)
    assert with_sources(data, {}) == data


def test_changed_cells_are_told_by_the_changed_program() -> None:
    found = read(notebook("a = 1\n", "b = 2"))
    assert found.changed(found.original) == {}
    assert found.changed(found.original.replace("b = 2", "import x\nb = 3")) == {3: "import x\nb = 3"}


TABLE = "import torch, datasets\ntable = datasets.load_dataset('imdb')"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["table.map(f)"], ()),
        (["table.map(f)", "x = 1"], ()),
        (["table.map(f)\n\n# looks well"], ()),
        (["table.map(f)\nx = 1"], ("TUN813",)),
        (["table.map(f);"], ("TUN813",)),
        (["if x:\n    table.map(f)"], ("TUN813",)),
        (["table.map(f); table.map(g)"], ("TUN813",)),
        (["table.map(\n    f\n)\ntable.map(g)"], ("TUN813",)),
    ],
)
def test_what_ends_a_cell_is_shown(cells: list[str], expected: tuple[str, ...]) -> None:
    found = lint_bytes(notebook(TABLE, *cells), "n.ipynb")
    assert tuple(finding.code for finding in found.findings) == expected


@pytest.mark.parametrize(
    ("begin", "expected"), [("# %%", ()), ("#%% Rows", ()), ("# COMMAND ----------", ()), ("# 50%%", ("TUN813",))]
)
def test_what_ends_a_cell_of_a_script_is_shown(begin: str, expected: tuple[str, ...]) -> None:
    text = f"{TABLE}\n{begin}\ntable.map(f)\n{begin}\nx = 1\n"
    found = lint_source(text, "n.py")
    assert tuple(finding.code for finding in found.findings) == expected


@pytest.mark.parametrize(
    ("exercise", "finds"), [("pass", ("TUN303",)), ("model.fc = <YOUR CODE>", ()), ("x = <HERE>", ("TUN303",))]
)
def test_a_cell_that_is_no_python_may_change_what_it_names(exercise: str, finds: tuple[str, ...]) -> None:
    data = notebook(
        "import torch\nfrom torchvision import models\nmodel = models.resnet18(weights='DEFAULT')",
        "for p in model.parameters():\n    p.requires_grad = False",
        exercise,
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\nloss = model(torch.zeros(2, 3, 64, 64)).sum()",
        "loss.backward()\noptimizer.step()",
    )
    assert tuple(finding.code for finding in lint_bytes(data, "n.ipynb").findings) == finds


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" !pip install datasets\nx = 1", ()),
        ("  x = 1\n  table.map(f)", ()),
        ("  table.map(f)\n  x = 1", ((3, 1, 3, "TUN813"),)),
        ("\n\n  table.map(f)\nx = 1", ((3, 3, 3, "TUN813"),)),
    ],
)
def test_a_cell_that_is_indented_as_a_whole_is_read(cell: str, expected: tuple[tuple[int, int, int, str], ...]) -> None:
    """IPython takes the indentation of the first line away; lines and columns here are those of the file."""
    found = lint_bytes(notebook(TABLE, cell), "n.ipynb")
    assert found.problems == ()
    assert tuple((one.cell, one.line, one.column, one.code) for one in found.findings) == expected


def test_a_cell_that_ipython_cannot_read_either_is_told() -> None:
    found = lint_bytes(notebook(TABLE, "  if x:\n    y = 1\n   z = 2"), "n.ipynb")
    assert [(one.cell, one.line) for one in found.problems] == [(3, 1)]


def test_a_fix_keeps_the_indentation_of_a_cell(tmp_path: Path) -> None:
    cell = "  net = models.resnet18({})\n  net.eval()"
    path = tmp_path / "n.ipynb"
    path.write_bytes(notebook("from torchvision import models", cell.format("pretrained=False")))
    assert run("ft_lint", "check", "--fix", "n.ipynb", cwd=tmp_path).code == 0
    assert [one.source for one in read(path.read_bytes()).cells][1:] == [cell.format("weights=None")]
