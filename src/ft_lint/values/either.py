"""What stands for one of two values, where which of them is not known and each way is not followed."""

from __future__ import annotations

from typing import Any

from ft_lint.values.base import Fields, Unknown, UnknownBatch, Value, same
from ft_lint.values.hub import TokenIds
from ft_lint.values.module import Module
from ft_lint.values.tensor import Parameter, Tensor, merged


def either(one: Value, other: Value) -> Value:
    """What stands for one of two values, where which of them is not known."""
    match one, other:
        case _ if same(one, other):
            return one
        case Tensor(), Tensor() if not isinstance(one, Parameter) and not isinstance(other, Parameter):
            return merged(one, other)
        case Parameter(), Parameter():
            return other  # of one model, mostly: it stands for the others
        case Module(), Module() if one.node is other.node and _is_built_alike(one, other):
            return other  # of two passes of a loop
    kind = UnknownBatch if _is_data(one) and _is_data(other) else Unknown
    return kind("one of several values", (one, other))


def _is_data(value: Value) -> bool:
    """Whether no gradient depends on a value."""
    return isinstance(value, UnknownBatch | TokenIds) or (type(value) is Tensor and value.certain and not value.graph)


def _is_built_alike(one: Module, other: Module) -> bool:
    given, again = one.arguments, other.arguments
    alike = given.keys() == again.keys() and all(same(value, again[name]) for name, value in given.items())
    return one.kind == other.kind and alike


MANY_ENTRIES = 100
"""Entries beyond which a dict is a table, whose values nothing here hangs on."""


def under_any(entries: Fields, value: Value) -> list[tuple[Any, Value]]:
    """What entries are once ``value`` was put under a key that is not known: it may be the key of any.

    Layers stay: they are put beside one another, under names that are made for each (``"fc{}".format(i)``).
    """
    if len(entries) > MANY_ENTRIES:
        return []
    layers = isinstance(value, Module)
    beside = [(key, one) for key, one in entries.items() if not (layers and isinstance(one, Module))]
    return [(key, either(present, value)) for key, present in beside]
