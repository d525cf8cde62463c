"""What values depend on: the graph that a gradient would follow."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ft_lint.values.base import Choice, Constant, Items, Unknown, UnknownBatch, UnknownNumber, Value, options
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.count import Count
from ft_lint.values.hub import TokenIds
from ft_lint.values.tensor import Grad, Parameter, Tensor
from ft_lint.values.training import Loader

if TYPE_CHECKING:
    from ft_lint.facts.models import Forward

Graph = frozenset["Forward | Tensor"]
MAX_VALUES = 2_000
"""Values that are looked through for what they depend on, e.g. the items of a long list."""
MAX_UNCERTAIN = 100
"""The same once it is not certain any more: ignorance about ignorance grows into large graphs."""


def graph_of(values: Iterable[Any]) -> tuple[Graph, bool]:
    """Everything that ``values`` depend on, and whether that is surely all."""
    found: set[Any] = set()
    certain, seen = True, set()
    pending = [value for value in values if isinstance(value, Value)]
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if len(seen) + len(pending) > (MAX_VALUES if certain else MAX_UNCERTAIN):
            return frozenset(found), False
        match value:
            case Parameter():
                setting = value.fields.get("requires_grad")
                if not isinstance(setting, Grad) or setting.required:
                    found.add(value)
            case Tensor():
                found |= value.graph
                certain = certain and value.certain
                if value.leaf or "leaf" in value.fields:
                    found.add(value)
                if "written" in value.fields:
                    pending.append(value.fields["written"])
            case UnknownBatch(touched=touched, fields=fields):
                certain = certain and "leaf" not in fields
                pending += touched
            case UnknownNumber():
                continue  # a plain number knows of no gradients
            case Unknown(touched=touched):
                certain = False
                pending += touched
            case Choice():
                ways = options(value)
                certain = certain and all(map(_is_data, ways))
                pending += ways
            case Tuple(values=inner):
                pending += inner
            case List():
                pending += itertools.islice(_held(value), MAX_VALUES)
            case Dict(entries=entries):
                pending += entries.values()
            case Instance(kind="transformers.ModelOutput", fields=fields):
                pending += fields.values()
    return frozenset(found), certain


def _is_data(value: Value) -> bool:
    """Whether no gradient depends on a value, surely."""
    return isinstance(value, UnknownBatch | UnknownNumber | Constant) or (
        type(value) is Tensor and graph_of([value]) == (frozenset(), True)
    )


def _held(value: List) -> Iterator[Value]:
    """What a list holds, on any way."""
    return (item for items in options(value.items) if isinstance(items, Items) for item in items.values)


def cuts_of(values: Iterable[Any]) -> Graph:
    """Everything that ``values`` depend on or did before a graph was cut."""
    found, _ = graph_of(values)
    return found.union(*(tensor.cut_graph for tensor in _tensors_in(values)))


def loaders_of(values: Iterable[Any]) -> frozenset[Loader]:
    """The loaders whose batches went into ``values``."""
    return frozenset(tensor.batch_of for tensor in _tensors_in(values) if tensor.batch_of is not None)


def batch_behind(values: Iterable[Any]) -> Loader | None:
    """The one loader of whose batches the unknown ones among ``values`` are parts, or are made."""
    unknown = [value for value in values if isinstance(value, Unknown)]
    loaders = loaders_of(unknown) if unknown else frozenset()
    return next(iter(loaders)) if len(loaders) == 1 else None


def scored_on(values: Iterable[Value]) -> frozenset[Loader]:
    """The loaders whose batches went into numbers, e.g. an accuracy; counts of right answers among them."""
    given = list(values)
    inside = [value for one in given for value in (one, *(one.touched if isinstance(one, Unknown) else ()))]
    counted = {value.of for value in inside if isinstance(value, Count) and isinstance(value.of, Loader)}
    return loaders_of(given) | counted


def _tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors in ``values``, in containers and behind unknown results too (a few hundred at most)."""
    seen: set[int] = set()
    pending = [value for value in values if isinstance(value, Value)]
    while pending and len(seen) < 400:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case Tensor():
                yield value
            case TokenIds(batch=Tensor() as batch):
                yield batch
            case Unknown(touched=touched):
                pending += touched
            case Choice():
                pending += options(value)
            case Tuple(values=inner):
                pending += inner
            case Dict(entries=entries):
                pending += entries.values()
            case List():
                pending += itertools.islice(_held(value), MAX_VALUES)
            case Instance(kind="transformers.ModelOutput", fields=fields):
                pending += fields.values()
