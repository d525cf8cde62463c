"""Functions that run again and again: whether one more run would tell anything new, and what the call gives if not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ft_lint.interpreter.escaping import unknown_call
from ft_lint.interpreter.machine import Effort
from ft_lint.values.base import Constant, Unknown, UnknownBatch, UnknownNumber, UnknownText, Value, is_none
from ft_lint.values.module import Module
from ft_lint.values.tensor import new_parameter

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine
    from ft_lint.interpreter.signature import Arguments
    from ft_lint.values.callables import Function

_ENOUGH = (2, 40)
"""In code that nobody calls: the runs of a function after which one more tells nothing new, where they took more steps
together than this."""
_ENOUGH_IN_TRAINING = (4, 200)
"""The same in a file that trains: what is passed over there may have changed the model."""
_ENOUGH_TRAINED = (2, 4_000)
"""The same of a function that trains, in code that is called: ``main(config)`` for each of fifty settings."""
SEEN_ENOUGH = "`{}` has been run often enough"

_NOT_KNOWN = frozenset((Constant, Unknown, UnknownBatch, UnknownNumber, UnknownText))


def is_enough(m: Machine, function: Function) -> bool:
    """Whether a function need not be run once more: it was, often, and nobody calls it or it trains each time."""
    effort = (m.efforts if m.run else m.trainings).get(id(function.node))
    if effort is None:
        return False
    trains = m.backwards or m.optimizers
    runs, steps = _ENOUGH_TRAINED if not m.run else _ENOUGH_IN_TRAINING if trains else _ENOUGH
    return effort.runs >= runs and effort.steps > steps


def tells_nothing(m: Machine, function: Function, arguments: Arguments) -> bool:
    """Whether a call, in code that nobody calls, tells nothing, as all before it did: it passes nothing that is known.

    What builds an object tells by what the object then has.
    """
    effort = m.efforts.get(id(function.node)) if m.run and not m.building else None
    if effort is None or effort.told:
        return False
    given = function.node.args
    first = (*given.posonlyargs, *given.args)[:1]
    own = [one.arg for one in first] in (["self"], ["cls"])
    passed = (*arguments.positional[own:], *arguments.keywords.values(), *arguments.hidden)
    return not any(map(is_known, passed))


def is_known(value: Value) -> bool:
    """Whether a value is more than a constant or ignorance."""
    return type(value) not in _NOT_KNOWN


def note_run(m: Machine, function: Function, steps: int, *, trained: bool, told: bool) -> None:
    """Write down a run: the statements that it took, whether it trained, and whether it told anything."""
    if m.run or trained:
        effort = (m.efforts if m.run else m.trainings).setdefault(id(function.node), Effort())
        effort.runs += 1
        effort.steps += steps
        effort.told |= told


def passed_over(m: Machine, function: Function, arguments: Arguments, node: ast.AST) -> Value:
    """A call of a function that has run often enough; a module that it helps to build has parts that we do not see."""
    given = {id(value) for value in arguments.all()}
    for module in m.building:
        if isinstance(module, Module) and module.rest is None and id(module) in given:
            object.__setattr__(module, "rest", new_parameter(rest=True))
            for name in [name for name, value in module.fields.items() if is_none(value)]:
                m.store.write(module.fields, name, Unknown("a call that was passed over may have set it"))
    return unknown_call(m, SEEN_ENOUGH.format(function.name), arguments, node, function)
