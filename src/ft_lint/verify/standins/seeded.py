"""Random weights that depend on a name alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def drawn_for(name: str) -> Iterator[None]:
    """Random numbers inside the block depend on ``name`` only; the script's own stream is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(zlib.crc32(name.encode()))
        yield


def as_if_trained(model: nn.Module) -> None:
    """Give running statistics values unlike those of a new model, as trained weights have them."""
    for buffers in (module._buffers for module in model.modules()):
        if buffers.get("running_mean") is not None and buffers.get("running_var") is not None:
            buffers["running_mean"].normal_(0.0, 0.1)  # type: ignore[union-attr]
            buffers["running_var"].uniform_(0.8, 1.2)  # type: ignore[union-attr]
