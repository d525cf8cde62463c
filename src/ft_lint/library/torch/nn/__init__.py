"""``torch.nn``: layers, containers, losses."""

from __future__ import annotations

import dataclasses

from ft_lint.library.site import Site
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.nn.modules import (
    activation,
    conv,
    linear,
    loss,
    normalization,
    padding,
    pooling,
    rnn,
    transformer,
    upsampling,
)
from ft_lint.library.torch.nn.modules.container import *  # noqa: F403
from ft_lint.library.torch.nn.modules.module import Module as Module
from ft_lint.light import replace
from ft_lint.values.base import TRUE, Value, truth
from ft_lint.values.tensor import Tensor, new_parameter

for _topic in (
    activation, conv, linear, loss, normalization, padding, pooling, rnn, transformer, upsampling,
):  # fmt: skip
    globals().update(_topic.LAYERS)


def Parameter(at: Site, data: Value = TRUE, requires_grad: Value = TRUE) -> Value:  # noqa: N802
    """``nn.Parameter(data)``."""
    from ft_lint.values.tensor import Grad

    required = truth(requires_grad)
    made = new_parameter(shape_of(data), required=None if required is not False else Grad(False, at.node))
    return replace(made, dtype=data.dtype) if isinstance(data, Tensor) else made


def DataParallel(at: Site, module: Value, *args: Value, **kwargs: Value) -> Value:  # noqa: N802
    """``nn.DataParallel(model)``: a module with the one child ``module`` that it calls."""
    from ft_lint.interpreter.recognition import as_model
    from ft_lint.library.torch.nn.modules.container import wrapped

    return wrapped(at, as_model(at.m, module, at.node))
