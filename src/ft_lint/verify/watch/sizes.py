"""Sizes that have to meet: what a layer's weights are made for, and what its input has there."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

COLOURS = 3


def takes(module: nn.Module) -> tuple[int, int] | None:
    """The number of channels or features that a layer's weights are made for, and the axis of its input that has them.

    None for layers that take any number.  Read from the weights where there are any, since attributes may be changed.
    """
    match module:
        case nn.LazyLinear():
            return None
        case nn.Linear():
            return module.weight.shape[1], -1
        case _ConvTransposeNd():
            return module.weight.shape[0], 1 - module.weight.ndim
        case _ConvNd():
            return module.weight.shape[1] * module.groups, 1 - module.weight.ndim
        case _NormBase():
            return module.num_features, 1
        case nn.GroupNorm():
            return module.num_channels, 1
        case nn.LayerNorm():
            return module.normalized_shape[-1], -1
        case nn.RNNBase():
            return module.input_size, -1
        case nn.MultiheadAttention():
            return module.embed_dim, -1
    return None


def gets(given: torch.Tensor | None, axis: int) -> int | None:
    """The size of an input along an axis; None where it has no such axis."""
    if given is None or not -given.ndim <= axis < given.ndim:
        return None
    return given.shape[axis]


def pixels(given: torch.Tensor | None) -> tuple[float, float] | None:
    """The least and the greatest value of a batch of colour images."""
    if given is None or given.ndim != 4 or given.shape[1] != COLOURS or not given.is_floating_point():
        return None
    low, high = given.detach().aminmax()
    return float(low), float(high)
