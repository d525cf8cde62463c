"""``timm.optim``: optimizers by their names."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.library.torch.optim import of_another_library
from ft_lint.values.base import NONE, Value, text
from ft_lint.values.module import Module

_KINDS = {"sgd": "SGD", "momentum": "SGD", "adam": "Adam", "adamw": "AdamW", "nadam": "NAdam", "radam": "RAdam"}


def create_optimizer_v2(at: Site, model_or_params: Value, opt: Value = NONE, *args: Value, **kwargs: Value) -> Value:
    """``create_optimizer_v2(model, opt="adamw", lr=...)``."""
    kind = "SGD" if opt is NONE else _KINDS.get(text(opt) or "", "timm")
    return of_another_library(at, kind, _parameters(at, model_or_params))


def create_optimizer(at: Site, args: Value, model: Value, *more: Value, **kwargs: Value) -> Value:
    """``create_optimizer(args, model)``: the settings say which."""
    return of_another_library(at, "timm", _parameters(at, model))


def _parameters(at: Site, model: Value) -> Value:
    """Those of a model, else what is passed."""
    from ft_lint.interpreter.attributes import read
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    if not isinstance(model, Module):
        return model
    return call(at.m, read(at.m, model, "parameters", at.node), Arguments(), at.node)
