"""Bytes as a script: whatever they are, findings or problems come back, and none of them is a fault of ft_lint.

python -m pip install atheris
python tests/fuzz_targets/scripts.py -max_total_time=600 -timeout=5 CORPUS_FOLDER
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["ft_lint"]):
    import ft_lint.examine  # noqa: F401 - else it is imported later, and what it covers is not seen
    from ft_lint.lint import lint_bytes
    from ft_lint.registry import EVERYTHING
    from ft_lint.source.problem import Fault


def look(data: bytes) -> None:
    problems = lint_bytes(data + b"\nimport torch\n", "x.py", selection=EVERYTHING).problems
    assert not any(problem.fault is Fault.INTERNAL for problem in problems), problems


if __name__ == "__main__":
    atheris.Setup(sys.argv, look)
    atheris.Fuzz()
