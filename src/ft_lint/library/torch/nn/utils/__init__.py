"""``torch.nn.utils``."""

from __future__ import annotations

from ft_lint.facts.optimization import Clipped
from ft_lint.interpreter.gradients import scale_of, states
from ft_lint.library.site import Site
from ft_lint.library.torch.optim import members_of, note_spent
from ft_lint.values.base import Value
from ft_lint.values.tensor import Parameter
from ft_lint.values.training import Scaler


def clip_grad_norm_(at: Site, parameters: Value, max_norm: Value, *args: Value, **kwargs: Value) -> Value:
    """Scales gradients; whether they are there does not change."""
    _clip(at, "norm", parameters, max_norm)
    return at.unknown("the norm of the gradients")


def clip_grad_value_(at: Site, parameters: Value, clip_value: Value, *args: Value, **kwargs: Value) -> Value:
    """Cuts each element of the gradients."""
    _clip(at, "value", parameters, clip_value)
    return at.unknown("nothing")


clip_grad_norm = clip_grad_norm_


def _clip(at: Site, kind: str, parameters: Value, limit: Value) -> None:
    """Write down what the gradients are when they are clipped."""
    note_spent(at, f"clip_grad_{kind}_", parameters, raises=False)
    members, complete, _ = members_of(at.m, parameters)
    found: dict[str, list[Parameter]] = {"fresh": [], "spent": [], "empty": [], "unsure": []}
    for parameter in members:
        found[_STATES.get(frozenset(states(at.m, parameter)), "unsure")].append(parameter)
    scales = {id(scale): scale for scale in (scale_of(at.m, p) for p in found["fresh"])}
    only = next(iter(scales.values())) if len(scales) == 1 else None
    at.emit(
        Clipped,
        kind=kind,
        limit=limit,
        **{name: tuple(group) for name, group in found.items()},
        complete=complete,
        scaler=only if isinstance(only, Scaler) else None,
    )


_STATES = {frozenset({"none"}): "empty", frozenset({"spent"}): "spent", frozenset({"none", "spent"}): "spent"} | {
    frozenset(some): "fresh" for some in ({"fresh"}, {"stale"}, {"fresh", "stale"})
}


def parameters_to_vector(at: Site, parameters: Value) -> Value:
    """One long vector."""
    return at.result(None)
