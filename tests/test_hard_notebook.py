"""No notebook breaks it: findings or one clear line."""

from __future__ import annotations

import json

import pytest

from ft_lint import registry
from ft_lint.lint import lint_bytes
from scripts import FAULTY


def _notebook(*sources: object, kind: str = "code", **about: object) -> bytes:
    cells = [{"cell_type": kind, "source": source, "metadata": {}, "outputs": []} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **about}).encode()


WITHOUT_CODE = {
    "a number without end": b'{"cells": [], "torch": ' + b"9" * 10_000 + b"}",
    "text alone": _notebook("import torch", kind="markdown"),
    "no cells": _notebook(about="torch"),
    "another language": _notebook("import torch", metadata={"kernelspec": {"language": "R"}}),
}
HARD = {
    "a comment like the one between cells": _notebook(FAULTY, "# ---- cell 1 of the notebook ----\nx = 1\n"),
    "cells that are none": _notebook(FAULTY, None, 3, ["a", 4], {"a": 1}, [], ""),
    "null bytes": _notebook(FAULTY, "x = '\0'"),
    "a form feed": _notebook(FAULTY, "\f\nx = 1\r\n"),
    "magics": _notebook(FAULTY, "%%bash\nrm -rf /\n", "!ls {x}\n?x\nx??\n%time y = 1\n"),
}
WHOLE = {
    "half a character": _notebook(FAULTY, "import torch\nx = '\ud800'\n"),
    "deep": b'{"torch": ' + b"[" * 100_000,
}
"""What is in the way of reading the whole notebook."""
REFUSED = {
    "no object": b'["torch"]',
    "no json": b"import torch",
    "cut off": _notebook("import torch")[:-9],
    "no utf-8": b'{"torch": "\xff"}',
}


@pytest.mark.parametrize("data", WITHOUT_CODE.values(), ids=WITHOUT_CODE)
def test_notebooks_without_code(data: bytes) -> None:
    result = lint_bytes(data, "x.ipynb", selection=registry.EVERYTHING)
    assert (result.findings, result.problems) == ((), ())


@pytest.mark.parametrize("data", HARD.values(), ids=HARD)
def test_hard_notebooks(data: bytes) -> None:
    result = lint_bytes(data, "x.ipynb", selection=registry.EVERYTHING)
    assert [(finding.code, finding.cell, finding.line) for finding in result.findings] == [("TUN105", 1, 3)]
    assert all(problem.fault.value == "input" and problem.cell for problem in result.problems)


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_refused_as_a_whole(data: bytes) -> None:
    result = lint_bytes(data, "x.ipynb")
    assert result.findings == ()
    (problem,) = result.problems
    assert problem.fault.value == "input"
    assert (problem.message.isprintable(), len(problem.message) < 200) == (True, True)


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_no_notebook(data: bytes) -> None:
    result = lint_bytes(data, "x.ipynb")
    assert result.findings == ()
    (problem,) = result.problems
    assert (problem.fault.value, problem.message[:14]) == ("input", "not a notebook")
