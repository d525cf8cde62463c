"""What a model does on one input: which modules are called, in which order, on which shapes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import nn

Calls: TypeAlias = dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
"""Each module's path and the shapes (without batch) of its input and output, in the order of the calls.

A shape is ``()`` where the module does not take or give one tensor.
"""


def watch(model: nn.Module, *inputs: Any, training: bool = False) -> Calls:
    """The calls of every module while ``model(*inputs)`` runs."""
    seen: Calls = {}

    def enter(path: str) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        return lambda _, given: seen.update({path: seen.get(path, (shape_of(given[0] if given else None), ()))})

    def leave(path: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
        return lambda _, __, output: seen.update({path: (seen[path][0], shape_of(output))})

    hooks = [module.register_forward_pre_hook(enter(path)) for path, module in model.named_modules()]
    hooks += [module.register_forward_hook(leave(path)) for path, module in model.named_modules()]
    try:
        with torch.no_grad():
            model.train(training)(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


_OTHER_SIZE = 64
"""Pixels added to each side of the image to see which shapes follow the input's size."""


def watch_larger(model: nn.Module, image: torch.Tensor) -> Calls | None:
    """Calls in eval mode on images a little larger, or else twice as large.

    None where the model refuses both, as vision transformers do.
    """
    sides = image.shape[-2:]
    for larger in ([side + _OTHER_SIZE for side in sides], [2 * side for side in sides]):
        with contextlib.suppress(RuntimeError, ValueError, AssertionError):
            return watch(model, image.new_empty(*image.shape[:-2], *larger))
    return None


def shape_of(value: object) -> tuple[int, ...]:
    """A tensor's shape without its batch; ``()`` for anything else."""
    return tuple(value.shape[1:]) if isinstance(value, torch.Tensor) else ()


def children(seen: Calls) -> list[str]:
    """Top-level children that are called or that something is called in, in the order of the calls."""
    return [child for child in dict.fromkeys(path.split(".")[0] for path in seen) if child]


def widths(layer: nn.Module) -> dict[str, int]:
    """What a linear layer or a convolution takes and gives."""
    match layer:
        case nn.Linear():
            return {"in_features": layer.in_features, "out_features": layer.out_features}
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
            return {"in_features": layer.in_channels, "out_features": layer.out_channels}
    raise TypeError(f"no widths in {type(layer).__name__}")


def first_layers(seen: Calls, model: nn.Module) -> list[str]:
    """The first convolution or linear layer that forward calls: it takes the image."""
    layers = (nn.Conv2d, nn.Conv3d, nn.Linear)
    return [path for path in seen if isinstance(model.get_submodule(path), layers)][:1]


def flows(model: nn.Module, heads: list[str], seen: Calls, larger: Calls) -> dict[str, list[Any]]:
    """Input and output of each top-level child and of all in the heads, and which of the two follow the image."""
    inside = tuple(head.split(".")[0] + "." for head in heads)
    wanted = [path for path in seen if path in dict(model.named_children()) or path.startswith(inside)]
    return {path: [*seen[path], *(a != b for a, b in zip(seen[path], larger[path], strict=True))] for path in wanted}
