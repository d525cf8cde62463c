"""``torch.nn.utils``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value


def clip_grad_norm_(at: Site, parameters: Value, max_norm: Value, *args: Value, **kwargs: Value) -> Value:
    """Scales gradients; whether they are there does not change."""
    return at.unknown("the norm of the gradients")


clip_grad_value_ = clip_grad_norm_


def parameters_to_vector(at: Site, parameters: Value) -> Value:
    """One long vector."""
    return at.result(None)
