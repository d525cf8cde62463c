"""``apex.amp``: https://nvidia.github.io/apex/amp.html."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Unknown, Value, is_none
from ft_lint.values.containers import Tuple
from ft_lint.values.training import Optimizer, Parameters


def initialize(at: Site, models: Value, optimizers: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``initialize(model, optimizer, opt_level="O1")``: the same objects."""
    return models if is_none(optimizers) else Tuple((models, optimizers))


def scale_loss(at: Site, loss: Value, optimizers: Value, *args: Value, **settings: Value) -> Value:
    """``with scale_loss(loss, optimizer) as scaled``: what it multiplies it divides behind the ``with``."""
    return loss


def master_params(at: Site, optimizer: Value) -> Value:
    """The parameters of an optimizer."""
    if not isinstance(optimizer, Optimizer):
        return Unknown("the parameters of an optimizer")
    members = dict.fromkeys(p for group in optimizer.groups() for p in group.parameters)
    return Parameters(tuple((None, p) for p in members), optimizer.complete, once=True, node=at.node)
