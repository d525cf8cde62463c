"""What stands in ``.grad``: how backward passes, zeroing and steps change it, on every way at once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from ft_lint.facts import Fact, Forward, GradientsZeroed
from ft_lint.interpreter.machine import Machine
from ft_lint.library.tracing import graph_of
from ft_lint.values.base import NONE, TRUE, Choice, Unknown, Value, options
from ft_lint.values.store import gate
from ft_lint.values.tensor import Gradient, Parameter
from ft_lint.values.training import Scaler

HELD = frozenset(("fresh", "spent", "stale"))


def states(m: Machine, parameter: Parameter) -> set[str]:
    """The states that a parameter's gradient may be in: ``none``, ``fresh``, ``spent``, ``stale``, ``unknown``."""
    return {
        option.state if isinstance(option, Gradient) else "unknown"
        for option in options(m.store.resolve(parameter.fields["grad"]))
    }


def causes(m: Machine, parameter: Parameter, state: str) -> list[Fact]:
    """The facts that left a parameter's gradient in ``state``, on some way."""
    found = options(m.store.resolve(parameter.fields["grad"]))
    return [g.by for g in found if isinstance(g, Gradient) and g.state == state and isinstance(g.by, Fact)]


def change(m: Machine, parameter: Parameter, after: Callable[[str], Value]) -> None:
    """Change the gradient on each way according to the state it is in there."""
    m.store.write(parameter.fields, "grad", _mapped(m.store.resolve(parameter.fields["grad"]), after))


def _mapped(value: Value, after: Callable[[str], Value]) -> Value:
    if isinstance(value, Choice):
        return gate(value.condition, _mapped(value.if_true, after), _mapped(value.if_false, after))
    return after(value.state if isinstance(value, Gradient) else "unknown")


def forget(m: Machine, parameters: tuple[Parameter, ...], owner: Value, node: ast.AST) -> None:
    """Zero gradients, and write down whose unused gradient is lost."""
    discarded = tuple(p for p in parameters if states(m, p) == {"fresh"})
    fact = m.emit(GradientsZeroed, node, owner=owner, parameters=parameters, discarded=discarded)
    for parameter in parameters:
        m.store.write(parameter.fields, "grad", Gradient("none", fact))
        set_scale(m, parameter, NONE)


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
