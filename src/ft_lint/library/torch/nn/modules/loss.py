"""Losses: what goes in is written down, a scalar comes out."""

from __future__ import annotations

from typing import Any

from ft_lint.facts import LossComputed
from ft_lint.library.layer import Layer
from ft_lint.library.site import Site
from ft_lint.library.torch._arguments import shape_of
from ft_lint.values.base import NONE, Value, is_none, text
from ft_lint.values.module import Module
from ft_lint.values.shape import Shape

LOSSES = {
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "SoftMarginLoss": "soft_margin_loss",
}
"""torch's loss classes and the functions that they call."""


def compute(at: Site, kind: str, name: str, input: Value, target: Value, reduction: Value, *weights: Value) -> Value:
    """A loss: a scalar, unless it is not reduced."""
    shape: Shape | None = () if is_none(reduction) or text(reduction) in ("mean", "sum") else None
    if text(reduction) == "none":
        shape = shape_of(target)
    loss = at.result(shape, input, target, *weights, dtype="float32")
    at.emit(LossComputed, kind=kind, name=name, input=input, target=target, output=loss)
    return loss


class _Loss(Layer):
    kind = ""
    name = ""

    @staticmethod
    def build(weight: Any = NONE, *args: Any, reduction: Any = NONE, **kwargs: Any) -> dict[str, Shape | None]:
        return {}


def _loss(name: str, kind: str) -> type[Layer]:
    class Loss(_Loss):
        @staticmethod
        def forward(at: Site, module: Module, input: Value, target: Value) -> Value:
            return compute(at, kind, name, input, target, module.arguments.get("reduction", NONE))

    Loss.__name__ = name
    Loss.__doc__ = f"``nn.{name}``."
    return Loss


for _name, _kind in LOSSES.items():
    globals()[_name] = _loss(_name, _kind)

__all__ = list(LOSSES)
