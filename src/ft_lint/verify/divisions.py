"""The script's own divisions: Python's numbers cannot be listened to, so the script is compiled with a call instead."""

from __future__ import annotations

import ast
import operator
from types import CodeType
from typing import Any

from torch import Tensor

from ft_lint import observe
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.script import Script

NAME = "__ft_lint_divide__"
"""What ``a / b`` calls, a name that no script has."""


def compiled(script: Script) -> CodeType:
    """The script's code, in which ``a / b`` is a call that stands at the same place."""
    tree = _Divisions().visit(ast.parse(script.source, script.path))
    return compile(tree, script.path, "exec")


class _Divisions(ast.NodeTransformer):
    """Replaces every division."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """``a / b``."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        function = ast.copy_location(ast.Name(NAME, ast.Load()), node)
        return ast.copy_location(ast.Call(function, [node.left, node.right], []), node)


def recording(recorder: Recorder) -> Any:
    """What divides, and writes down a division by a whole number."""

    def divide(left: Any, right: Any) -> Any:
        answer = operator.truediv(left, right)
        number = _number(left) if recorder.listening else None
        if number is not None and isinstance(right, int) and not isinstance(right, bool):
            recorder.write(observe.Divided, numerator=number, denominator=right)
        return answer

    return divide


def _number(value: Any) -> float | None:
    if isinstance(value, Tensor):
        return float(value.detach()) if value.numel() == 1 else None
    return float(value) if isinstance(value, int | float) else None
