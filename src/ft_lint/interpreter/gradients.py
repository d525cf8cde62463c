"""What stands in ``.grad``: how backward passes, zeroing and steps change it, on every way at once."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ft_lint.facts import Fact
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import GradientsZeroed
from ft_lint.interpreter.machine import Machine
from ft_lint.library.tracing import graph_of
from ft_lint.values.base import NONE, TRUE, Choice, Unknown, Value
from ft_lint.values.store import gate
from ft_lint.values.tensor import Grad, Gradient, Parameter
from ft_lint.values.training import Optimizer, Scaler

HELD = frozenset(("fresh", "spent", "stale"))


def states(m: Machine, parameter: Parameter) -> set[str]:
    """The states that a parameter's gradient may be in: ``none``, ``fresh``, ``spent``, ``stale``, ``unknown``."""
    return {
        option.state if isinstance(option, Gradient) else "unknown" for option in m.store.ways(parameter.fields["grad"])
    }


def causes(m: Machine, parameter: Parameter, state: str) -> list[Fact]:
    """The facts that left a parameter's gradient in ``state``, on some way."""
    found = m.store.ways(parameter.fields["grad"])
    return [g.by for g in found if isinstance(g, Gradient) and g.state == state and isinstance(g.by, Fact)]


def add_to(m: Machine, parameters: Iterable[Parameter], fact: Fact) -> None:
    """A backward pass adds to the gradients of ``parameters``, on each way to what stands there."""
    fresh, stale = Gradient("fresh", fact), Gradient("stale", fact)
    after: dict[int, Value] = {}  # by what stood there, which is the same for most parameters of a model
    for parameter in parameters:
        before = m.store.resolve(parameter.fields["grad"])
        if id(before) not in after:
            after[id(before)] = _added(before, fresh, stale)
        m.store.write(parameter.fields, "grad", after[id(before)])


def add_where_required(m: Machine, parameters: Iterable[Parameter], fact: Fact) -> None:
    """A backward pass adds to gradients on those ways on which a setting lets the parameters require them."""
    fresh, stale = Gradient("fresh", fact), Gradient("stale", fact)

    def added(needs: Value, before: Value) -> Value:
        match needs:
            case Choice(condition, if_true, if_false):
                return gate(condition, added(if_true, before), added(if_false, before))
            case Grad(required=True):
                return _added(before, fresh, stale)
        return before

    for parameter in parameters:
        needs, before = (m.store.resolve(parameter.fields[name]) for name in ("requires_grad", "grad"))
        m.store.write(parameter.fields, "grad", added(needs, before))


def spend(m: Machine, parameters: Iterable[Parameter], fact: Fact) -> None:
    """A step uses what gradients there are, on each way on which there is one."""
    spent = Gradient("spent", fact)
    after: dict[int, Value] = {}
    for parameter in parameters:
        before = m.store.resolve(parameter.fields["grad"])
        if id(before) not in after:
            after[id(before)] = _spent(before, spent)
        m.store.write(parameter.fields, "grad", after[id(before)])


def _spent(before: Value, spent: Gradient) -> Value:
    match before:
        case Choice(condition, if_true, if_false):
            return gate(condition, _spent(if_true, spent), _spent(if_false, spent))
        case Gradient(state) if state in HELD:
            return spent
    return before


def _added(before: Value, fresh: Gradient, stale: Gradient) -> Value:
    match before:
        case Choice(condition, if_true, if_false):
            return gate(condition, _added(if_true, fresh, stale), _added(if_false, fresh, stale))
        case Gradient("spent" | "stale"):
            return stale
        case Unknown() if before is GIVEN:
            return before
    return fresh


GIVEN = Unknown("a gradient set by hand, to which backward passes add: it may be zeroed by another name")


def forget(m: Machine, parameters: tuple[Parameter, ...], owner: Value, node: ast.AST) -> None:
    """Zero gradients, and write down whose unused gradient is lost."""
    discarded = tuple(p for p in parameters if states(m, p) == {"fresh"})
    fact = m.emit(GradientsZeroed, node, owner=owner, parameters=parameters, discarded=discarded)
    zeroed = Gradient("none", fact)
    for parameter in parameters:
        m.store.write(parameter.fields, "grad", zeroed)
        set_scale(m, parameter, NONE)


def is_there(m: Machine, parameter: Parameter, unsure: Value) -> Value:
    """Whether a parameter has a gradient; ``unsure`` where that is not known: a zeroed one may be None or zeros."""
    return _is_there(m.store.resolve(parameter.fields["grad"]), unsure)


def _is_there(gradient: Value, unsure: Value) -> Value:
    match gradient:
        case Choice(condition, if_true, if_false):
            return gate(condition, _is_there(if_true, unsure), _is_there(if_false, unsure))
        case Gradient(state) if state in HELD:
            return TRUE
    return unsure


def write_by_hand(m: Machine, values: Iterable[Value]) -> None:
    """What stands in those gradients that are among ``values`` is written by the script itself: zeros, mostly."""
    for value in values:
        if value in m.gradients:
            m.store.write(m.gradients[value].fields, "grad", _BY_HAND)


_BY_HAND = Unknown("a gradient written by hand")


def scale_of(m: Machine, parameter: Parameter) -> Value:
    """What its gradient is multiplied by: a scaler, True where it was and is divided again, None where it never was."""
    return m.store.resolve(parameter.fields.get("scale", NONE))


def set_scale(m: Machine, parameter: Parameter, scale: Value) -> None:
    """Note what a gradient is multiplied by."""
    if parameter.fields.get("scale", NONE) is not scale:
        m.store.write(parameter.fields, "scale", scale)


def unscale(m: Machine, parameters: Iterable[Parameter]) -> None:
    """Divide gradients by the scale, on each way on which they are multiplied by it."""
    for parameter in parameters:
        set_scale(m, parameter, _divided(scale_of(m, parameter)))


def _divided(scale: Value) -> Value:
    if isinstance(scale, Choice):
        return gate(scale.condition, _divided(scale.if_true), _divided(scale.if_false))
    return TRUE if isinstance(scale, Scaler) else scale


def forget_reached(m: Machine, values: Iterable[Value]) -> None:
    """A call for its effect alone that we cannot follow may have run a backward pass from what it got."""
    graph, _ = graph_of(values)
    reached = {id(p): p for f in graph if isinstance(f, Forward) for p in (*f.trainable, *f.maybe)}
    for parameter in reached.values():
        m.store.write(parameter.fields, "grad", Unknown("a call that may have run a backward pass"))


def leave_open(m: Machine, optimizer: Optimizer) -> None:
    """Something unseen may go back through what an optimizer holds: between two methods, say, whoever calls them."""
    for parameter in (parameter for group in optimizer.groups() for parameter in group.parameters):
        m.store.write(parameter.fields, "grad", _BETWEEN)


_BETWEEN = Unknown("something unseen may have run a backward pass")
