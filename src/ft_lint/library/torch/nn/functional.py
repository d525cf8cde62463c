"""``torch.nn.functional``, gathered from the layers' topics."""

from __future__ import annotations

from ft_lint.library.torch.nn.modules import (
    activation,
    conv,
    linear,
    loss,
    normalization,
    padding,
    pooling,
    transformer,
    upsampling,
)
from ft_lint.library.torch.nn.signatures import Run

_ALL: dict[str, Run] = {}
for _topic in (activation, conv, linear, loss, normalization, padding, pooling, transformer, upsampling):
    _ALL |= _topic.FUNCTIONS
globals().update(_ALL)

__all__ = list(_ALL)
