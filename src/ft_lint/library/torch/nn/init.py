"""``torch.nn.init``: functions that overwrite a tensor in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ft_lint.facts.models import Initialised
from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.tensor import Parameter

FUNCTIONS = (
    "uniform_ normal_ trunc_normal_ constant_ ones_ zeros_ eye_ dirac_ xavier_uniform_ xavier_normal_ "
    "kaiming_uniform_ kaiming_normal_ orthogonal_ sparse_ xavier_uniform xavier_normal kaiming_uniform kaiming_normal"
).split()


def _named(name: str) -> Callable[..., Value]:
    def fill(at: Site, tensor: Value, *args: Any, **kwargs: Any) -> Value:
        if isinstance(tensor, Parameter):
            at.emit(Initialised, parameters=(tensor,), how=name)
        return tensor

    fill.__qualname__ = fill.__name__ = name
    return fill


for _name in FUNCTIONS:
    globals()[_name] = _named(_name)
