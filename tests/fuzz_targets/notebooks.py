"""Bytes as a notebook: whatever they are, findings or problems come back, and none of them is a fault of ft_lint.

    python -m pip install atheris
    python tests/fuzz_targets/notebooks.py -max_total_time=600 -timeout=5 CORPUS_FOLDER

What is drawn is read as it stands, and as the source of a cell in a notebook that is one.
"""

from __future__ import annotations

import json
import sys

import atheris

with atheris.instrument_imports(include=["ft_lint"]):
    import ft_lint.examine  # noqa: F401 - else it is imported later, and what it covers is not seen
    from ft_lint.lint import lint_bytes
    from ft_lint.registry import EVERYTHING
    from ft_lint.source.problem import Fault


def _notebook(source: str) -> bytes:
    cell = {"cell_type": "code", "source": f"import torch\n{source}", "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def look(data: bytes) -> None:
    for given in (data, _notebook(data.decode("utf-8", "replace"))):
        problems = lint_bytes(given, "x.ipynb", selection=EVERYTHING).problems
        assert not any(problem.fault is Fault.INTERNAL for problem in problems), problems


if __name__ == "__main__":
    atheris.Setup(sys.argv, look)
    atheris.Fuzz()
