"""Normalization and dropout: shapes stay, the mode matters."""

from __future__ import annotations

from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of, dims_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.values.base import FALSE, NONE, TRUE, Value, truth
from ft_lint.values.module import Module
from ft_lint.values.shape import Shape, equal

__all__ = [
    "AlphaDropout",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "RMSNorm",
    "SyncBatchNorm",
]


class _BatchNorm(Layer):
    stochastic = True

    @staticmethod
    def build(
        num_features: Any, eps: Any = NONE, momentum: Any = NONE, affine: Any = TRUE, track_running_stats: Any = TRUE,
        device: Any = NONE, dtype: Any = NONE, process_group: Any = NONE,
    ) -> dict[str, Shape | None]:  # fmt: skip
        count = dim_of(num_features)
        return {} if truth(affine) is False else {"weight": (count,), "bias": (count,)}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        known, count = shape_of(input), dim_of(module.arguments.get("num_features"))
        if known is not None and len(known) > 1 and equal(known[1], count) is False:
            raise Refused(
                "batch_norm", f"it gets {known[1]} channels and takes {count}", input, gets=known[1], takes=count
            )
        return at.result(known, input)


class BatchNorm1d(_BatchNorm):
    """``nn.BatchNorm1d``."""


class BatchNorm2d(_BatchNorm):
    """``nn.BatchNorm2d``."""


class BatchNorm3d(_BatchNorm):
    """``nn.BatchNorm3d``."""


class SyncBatchNorm(_BatchNorm):
    """``nn.SyncBatchNorm``."""


class _InstanceNorm(Layer):
    @staticmethod
    def build(
        num_features: Any, eps: Any = NONE, momentum: Any = NONE, affine: Any = FALSE, track_running_stats: Any = FALSE,
        device: Any = NONE, dtype: Any = NONE,
    ) -> dict[str, Shape | None]:  # fmt: skip
        count = dim_of(num_features)
        return {"weight": (count,), "bias": (count,)} if truth(affine) else {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return at.result(shape_of(input), input)


class InstanceNorm1d(_InstanceNorm):
    """``nn.InstanceNorm1d``."""


class InstanceNorm2d(_InstanceNorm):
    """``nn.InstanceNorm2d``."""


class InstanceNorm3d(_InstanceNorm):
    """``nn.InstanceNorm3d``."""


class LayerNorm(Layer):
    """``nn.LayerNorm``."""

    @staticmethod
    def build(
        normalized_shape: Any, eps: Any = NONE, elementwise_affine: Any = TRUE, bias: Any = TRUE, device: Any = NONE,
        dtype: Any = NONE,
    ) -> dict[str, Shape | None]:  # fmt: skip
        return {} if truth(elementwise_affine) is False else {"weight": None, "bias": None}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        known, wanted = shape_of(input), dims_of(at, module.arguments.get("normalized_shape"))
        if known is not None and wanted and len(known) >= len(wanted):
            for have, want in zip(known[-len(wanted) :], wanted, strict=True):
                if equal(have, want) is False:
                    raise Refused(
                        "layer_norm", f"it gets {have} features and takes {want}", input, gets=have, takes=want
                    )
        return at.result(known, input)


class RMSNorm(LayerNorm):
    """``nn.RMSNorm``."""


class GroupNorm(Layer):
    """``nn.GroupNorm``."""

    @staticmethod
    def build(
        num_groups: Any, num_channels: Any, eps: Any = NONE, affine: Any = TRUE, device: Any = NONE, dtype: Any = NONE
    ) -> dict[str, Shape | None]:
        count = dim_of(num_channels)
        return {} if truth(affine) is False else {"weight": (count,), "bias": (count,)}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return at.result(shape_of(input), input)


class Dropout(Layer):
    """``nn.Dropout``."""

    stochastic = True

    @staticmethod
    def build(p: Any = NONE, inplace: Any = FALSE) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return at.result(shape_of(input), input, keep=True)


class Dropout1d(Dropout):
    """``nn.Dropout1d``."""


class Dropout2d(Dropout):
    """``nn.Dropout2d``."""


class Dropout3d(Dropout):
    """``nn.Dropout3d``."""


class AlphaDropout(Dropout):
    """``nn.AlphaDropout``."""
