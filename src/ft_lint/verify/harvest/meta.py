"""Models without memory: every parameter on the ``meta`` device, no weights fetched."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    """Within it, the class or module has ``value`` under ``name``."""
    inherited = name not in vars(owner)
    before = None if inherited else vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        delattr(owner, name) if inherited else setattr(owner, name, before)


def _register_on_meta(self: nn.Module, name: str, param: nn.Parameter | None) -> None:
    """Stands in for ``register_parameter``: the parameter has a shape and no memory.

    ``torch.device("meta")`` would do so with every tensor, and regnet and swin compute with tensors in ``__init__``.
    """
    if param is not None and param.device.type != "meta":
        param = nn.Parameter(param.to("meta"), param.requires_grad)
    _register(self, name, param)


def _register_buffer_on_meta(self: nn.Module, name: str, tensor: torch.Tensor | None, persistent: bool = True) -> None:
    """Stands in for ``register_buffer``: a model that runs a part of itself in ``__init__`` wants all on one device."""
    _register_buffer(self, name, None if tensor is None else tensor.to("meta"), persistent)


_register = nn.Module.register_parameter
_register_buffer = nn.Module.register_buffer


@contextlib.contextmanager
def without_memory() -> Iterator[None]:
    """Within it, parameters have no memory, weights are not read, and nothing warns."""
    with (
        replaced(nn.Module, "register_parameter", _register_on_meta),
        replaced(nn.Module, "register_buffer", _register_buffer_on_meta),
        replaced(nn.Module, "load_state_dict", lambda *_, **__: None),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def build(factory: Callable[..., nn.Module], *positional: Any, **arguments: Any) -> nn.Module:
    """The model that ``factory`` gives, wholly on ``meta``; weights that it loads are not read.

    A model that runs a part of itself on an image of zeros while it is built wants that image on ``meta`` too.
    """
    with without_memory():
        try:
            return factory(*positional, **arguments).to("meta")
        except RuntimeError:
            with torch.device("meta"):
                return factory(*positional, **arguments).to("meta")
