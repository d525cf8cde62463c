"""``torchvision.ops.stochastic_depth``."""

from __future__ import annotations

from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Site
from ft_lint.library.torch._arguments import shape_of
from ft_lint.values.base import Value
from ft_lint.values.module import Module
from ft_lint.values.shape import Shape


class StochasticDepth(Layer):
    """``StochasticDepth``: drops whole samples in training."""

    stochastic = True

    @staticmethod
    def build(p: Any, mode: Any) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return at.result(shape_of(input), input, keep=True)
