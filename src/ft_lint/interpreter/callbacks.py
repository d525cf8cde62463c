"""Functions within functions that the script hands over to something unseen, as to a trainer: it will call them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ft_lint.interpreter.machine import Machine
from ft_lint.values.base import TRUE, Value
from ft_lint.values.callables import Function


def run_callbacks(m: Machine, values: Iterable[Value]) -> None:
    """Run each once, with unknown arguments, unless it was run before; those of the file itself are run at its end."""
    from ft_lint.interpreter.calls import run_function
    from ft_lint.interpreter.recognition import arguments_of_training

    for function in values:
        if isinstance(function, Function) and isinstance(function.node, ast.FunctionDef) and _waits(m, function):
            with m.apart(), m.setting("grad", TRUE):  # not where it is handed over, but where it is called
                run_function(m, function, arguments_of_training(m, function), function.node)


def _waits(m: Machine, function: Function) -> bool:
    """Whether a function within another one has not been run yet."""
    within = function.scope.parent is not None and function.owner is None
    return within and id(function.node) not in m.called
