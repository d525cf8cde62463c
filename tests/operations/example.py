"""One expression, evaluated by ft_lint and by torch on the meta device."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ft_lint.facts.tensors import ShapeRefused
from ft_lint.interpreter.expressions import evaluate
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.machine import Machine
from ft_lint.values.base import Constant, Value
from ft_lint.values.callables import Reference, Scope
from ft_lint.values.containers import List, Tuple
from ft_lint.values.shape import Dim, symbol
from ft_lint.values.tensor import Dimension, Tensor, TensorShape

NAMES: Mapping[str, Any] = {"torch": torch, "nn": nn, "F": functional}
PATHS = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}


@dataclass(frozen=True)
class Input:
    """A tensor that an expression uses."""

    shape: tuple[int, ...]
    dtype: str = "float32"


@dataclass(frozen=True)
class Example:
    """An expression over ``torch``, ``nn``, ``F`` and the named inputs, e.g. ``torch.cat([x, y], dim=1)``.

    ``content``: the sizes of its result depend on the values, so that ft_lint need only know the rank.  ``real``: torch
    computes it with values, since on the meta device it refuses less or nothing there computes it.
    """

    expression: str
    inputs: Mapping[str, Input] = field(default_factory=dict)
    content: bool = False
    real: bool = False


class Refusal(Exception):
    """The expression is refused."""


@cache
def _parse(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body


def ours(example: Example, *, symbolic: bool = False) -> object:
    """What ft_lint makes of it: nested tuples of ``(shape, dtype)``, numbers and None.

    With ``symbolic`` the first size of each input is a symbol, the same for equal sizes.  Raises Refusal.
    """
    scope = Scope(parent=None)
    for name, path in PATHS.items():
        scope.names[name] = Reference(path)
    for name, given in example.inputs.items():
        shape: tuple[Dim, ...] = given.shape
        if symbolic and shape and shape[0]:
            shape = (symbol(f"n{shape[0]}"), *shape[1:])
        scope.names[name] = Tensor(shape=shape, dtype=given.dtype)
    m = Machine(scope)
    value = evaluate(m, _parse(example.expression))
    if m.facts.faults:
        raise next(error for error, _ in m.facts.faults.values())
    refused = next(m.facts.of(ShapeRefused), None)
    if refused is not None:
        raise Refusal(refused.why)
    return _told(m, value)


def _told(m: Machine, value: Value) -> object:
    value = m.store.resolve(value)
    match value:
        case Tensor(shape=shape, dtype=dtype):
            return (shape, dtype)
        case TensorShape(shape):
            return shape
        case Dimension(dim):
            return dim
        case Constant(found):
            return found
        case Tuple() | List():
            items = items_of(m, value)
            if items is not None and items.complete:
                return [_told(m, item) for item in items.values]
    return value


def torchs(example: Example) -> object:
    """What torch makes of it, in the same form.  Raises Refusal."""
    device = "cpu" if example.real or example.content else "meta"
    inputs = {name: _filled(given, device) for name, given in example.inputs.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with torch.device(device):
                value = eval(example.expression, {**NAMES, **inputs})
        except (RuntimeError, ValueError, IndexError, TypeError, AssertionError) as error:
            raise Refusal(str(error)) from error
    return _seen(value)


def _filled(given: Input, device: str) -> torch.Tensor:
    """Ones; whole numbers are 0, an index that always exists."""
    dtype = getattr(torch, given.dtype)
    make = torch.ones if dtype.is_floating_point or dtype is torch.bool else torch.zeros
    return make(given.shape, dtype=dtype, device=device)


def _seen(value: object) -> object:
    match value:
        case torch.Size():
            return tuple(value)
        case torch.Tensor():
            return (tuple(value.shape), str(value.dtype).removeprefix("torch."))
        case tuple() | list():
            return [_seen(one) for one in value]
    return value
