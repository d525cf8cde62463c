"""What a dataset's items are, and what ``default_collate`` makes of a batch of them."""

from __future__ import annotations

import ast
import dataclasses
import functools
import operator

from ft_lint.facts.tensors import ShapeRefused
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.library import find
from ft_lint.library.site import Site
from ft_lint.light import replace
from ft_lint.values.array import Array
from ft_lint.values.base import TRUE, Constant, Items, Unknown, UnknownBatch, UnknownNumber, Value, is_none
from ft_lint.values.callables import Bound, Function, Instance, Reference
from ft_lint.values.containers import Dict, List, Tuple, new_list
from ft_lint.values.hub import TokenIds
from ft_lint.values.picture import Preparation
from ft_lint.values.shape import Dim, unknown_dim
from ft_lint.values.tensor import Dimension, Tensor, merged
from ft_lint.values.training import Dataset, Loader


def source(dataset: Value) -> Value:
    """The dataset that a subset was taken from, and that one's, to the end."""
    while isinstance(dataset, Dataset) and dataset.base is not None:
        dataset = dataset.base
    return dataset


def item(m: Machine, dataset: Value, node: ast.AST) -> Value:
    """What ``dataset[index]`` gives for some index; a selection may leave out some labels."""
    dataset = m.store.resolve(dataset)
    found = _item_of_source(m, dataset, node)
    return _without_labels(found) if _is_selection(dataset) else found


def _is_selection(dataset: Value) -> bool:
    """Whether indices choose among the items, here or further down."""
    while isinstance(dataset, Dataset) and dataset.parent is not None:
        if dataset.part is None:
            return True
        dataset = dataset.parent
    return False


def _without_labels(value: Value) -> Value:
    match value:
        case Tensor():
            return replace(value, labels=None)
        case Tuple(values, complete):
            return Tuple(tuple(map(_without_labels, values)), complete)
    return value


def _item_of_source(m: Machine, dataset: Value, node: ast.AST) -> Value:
    from ft_lint.library.datasets.rows import columns

    row = columns(dataset)
    ids = Dict({name: one for name, one in row.entries.items() if isinstance(one, TokenIds)}) if row else Dict()
    if ids.entries:
        return replace(ids, flags={"incomplete": TRUE})
    match source(dataset):
        case Dataset(kind="torch.utils.data.TensorDataset", fields=fields):
            return Tuple(tuple(_row(value) for value in fields.values()))
        case Dataset(kind=kind) as found if kind.startswith("torchvision.datasets."):
            from ft_lint.library.torchvision.datasets import item as image_and_label

            return image_and_label(Site(m, node, Arguments(), None, None), found)
        case Dataset(
            kind="torch.utils.data.ConcatDataset", arguments={"datasets": Tuple(values=parts, complete=True)}
        ) if parts:
            apart = {id(part): part for part in parts}
            return _without_labels(functools.reduce(_common, (item(m, part, node) for part in apart.values())))
        case Instance(cls=cls) as found if cls is not None:
            return _own_item(m, found, node)
    return Unknown("an item of a dataset that we do not know")


def _common(one: Value, other: Value) -> Value:
    """What is known of an item that is of one of two datasets."""
    match one, other:
        case Tensor(prepared=Preparation(steps=steps) as prepared), Tensor(prepared=Preparation(steps=others)):
            alike = len(steps) == len(others) and all(map(operator.is_, steps, others))
            made = replace(prepared, source=None, varied=False) if alike else None
            return replace(merged(one, other), prepared=made)
        case Tensor(), Tensor():
            return merged(one, other)
        case Tuple(ones, True), Tuple(others, True) if len(ones) == len(others):
            return Tuple(tuple(map(_common, ones, others)))
    return Unknown("an item of one of several datasets")


def _row(value: Value) -> Value:
    if isinstance(value, Tensor):
        return replace(value, shape=value.shape[1:] if value.shape else None)
    if isinstance(value, TokenIds):
        return value.view()
    return Unknown("a row of something unknown", (value,))


def _own_item(m: Machine, dataset: Instance, node: ast.AST) -> Value:
    """Run the ``__getitem__`` of a class of the script for an index that we do not know; what it changes is undone."""
    from ft_lint.interpreter.attributes import read
    from ft_lint.interpreter.calls import call_library, run_function

    method = read(m, dataset, "__getitem__", node)
    arguments = Arguments((dataset, Dimension(unknown_dim())))
    inherited = find(f"{dataset.library}.__getitem__")
    mark = m.store.mark()
    match method:
        case Bound(function=Function() as own):
            value = m.store.resolve(run_function(m, own, arguments, node))
        case Bound(function=Reference()) if inherited is not None:
            value = m.store.resolve(call_library(m, inherited, arguments, node))
        case _:
            value = Unknown("an item of a dataset that we do not know")
    if isinstance(value, Dict):  # its entries may have been put in one by one
        value = replace(value, entries=dict(value.entries), flags=dict(value.flags))
    m.store.undo(mark)
    return value


def batch(m: Machine, loader: Loader, node: ast.AST) -> Value:
    """One batch of a loader; a choice where it may be over one of several datasets."""
    from ft_lint.interpreter.branches import each_way

    return each_way(m, loader.dataset, lambda dataset: _batch_over(m, loader, dataset, node))


def _batch_over(m: Machine, loader: Loader, dataset: Value, node: ast.AST) -> Value:
    data = source(dataset)
    transform = data.fields.get("transform") if isinstance(data, Dataset | Instance) else None
    key = (id(loader), id(dataset), id(transform))
    if key not in m.batches:
        m.facts.kept.append(loader)
        m.batches[key] = _batch(m, loader, dataset, node)
    return m.batches[key]


def _batch(m: Machine, loader: Loader, dataset: Value, node: ast.AST) -> Value:
    if not is_none(loader.arguments["collate_fn"]):
        return _by_own_function(m, loader, dataset, node)
    one = item(m, dataset, node)
    if isinstance(one, Tuple) and one.values:
        _refuse_uneven(m, one.values[0], loader, node)
    if is_none(loader.arguments["batch_size"]):
        return one
    return collate(m, one, loader.batch, loader)


def _by_own_function(m: Machine, loader: Loader, dataset: Value, node: ast.AST) -> Value:
    """A batch by another function: known where that is a collator of transformers, or gives what a tokenizer gave."""
    from ft_lint.library.transformers.batches import batch_of, row_of
    from ft_lint.library.transformers.collators import note_padding

    unseen = UnknownBatch("a batch by a function of the script's own", (Tensor(batch_of=loader),))
    collator = m.store.resolve(loader.arguments["collate_fn"])
    note_padding(m, collator, node)
    made = batch_of(m, collator, row_of(m, dataset, node), node)
    tokens = made is not None and any(isinstance(one, TokenIds) for one in made.entries.values())
    if made is None or not tokens:
        return _parts_of_batch(m, _collated(m, collator, item(m, dataset, node), node), loader, unseen)
    entries = {name: unseen if isinstance(one, Unknown) else _data(one, loader) for name, one in made.entries.items()}
    return Dict({**entries, "attention_mask": unseen}, {"incomplete": TRUE})


def _collated(m: Machine, collator: Value, one: Value, node: ast.AST) -> Value:
    """What a function of the script makes of items that look like ``one``; what it changes is undone."""
    from ft_lint.interpreter.calls import run_function

    if not isinstance(collator, Function) or type(one) is Unknown:
        return Unknown("a batch by a function that we do not see")
    mark = m.store.mark()
    made = m.store.resolve(run_function(m, collator, Arguments((new_list((one,), complete=False),)), node))
    match made:  # what was put into it one by one is undone
        case List(fields={"items": Items(values, complete)}):
            made = Tuple(values, complete)
        case Dict(entries, flags):
            made = replace(made, entries=dict(entries), flags=dict(flags))
    m.store.undo(mark)
    return made


def _parts_of_batch(m: Machine, made: Value, loader: Loader, unseen: Value) -> Value:
    """The tensors of a batch as data of its loader; what is not known is a part of a batch all the same."""
    match made:
        case Tensor() | TokenIds():
            return _data(made, loader)
        case Tuple(values, complete):
            parts = tuple(_parts_of_batch(m, m.store.resolve(value), loader, unseen) for value in values)
            return Tuple(parts, complete) if parts else unseen
        case Dict(entries) if made.complete and entries:
            return Dict({k: _parts_of_batch(m, m.store.resolve(v), loader, unseen) for k, v in entries.items()})
    return unseen


def _data(value: Value, loader: Loader) -> Value:
    """A tensor as a part of a loader's batch: data, unless the dataset holds on to a graph that we see."""
    if isinstance(value, TokenIds):
        return value.in_batch(Tensor(batch_of=loader))
    if not isinstance(value, Tensor):
        return value
    return replace(value, batch_of=loader, certain=value.certain or not value.graph)


def _refuse_uneven(m: Machine, image: Value, loader: Loader, node: ast.AST) -> None:
    """Images of several sizes cannot be stacked."""
    if isinstance(image, Tensor) and image.prepared is not None and image.prepared.varied and loader.batch != 1:
        why = "the images differ in size, so they cannot be stacked"
        m.emit(ShapeRefused, loader.node or node, operation="collate", why=why, module=None, input=image, sizes={})


def collate(m: Machine, one: Value, size: Dim, loader: Loader) -> Value:
    """``default_collate`` of items that look like ``one`` (torch.utils.data's documentation)."""
    one = m.store.resolve(one)
    match one:
        case TokenIds():
            return one.in_batch(Tensor(batch_of=loader))
        case Tensor(shape=shape):
            whole = (size, *shape) if shape is not None else None
            return _data(replace(one, shape=whole), loader)
        case Constant(bool() | int()) | Dimension():
            return Tensor(shape=(size,), dtype="int64", batch_of=loader)
        case Constant(float()):
            return Tensor(shape=(size,), dtype="float64", batch_of=loader)
        case UnknownNumber():
            return Tensor(shape=(size,), batch_of=loader)
        case Array(shape=shape, dtype=dtype) if type(one) is Array:
            return Tensor(shape=(size, *shape), dtype=dtype, batch_of=loader)
        case Tuple(values, complete):
            return new_list(tuple(collate(m, value, size, loader) for value in values), complete)
        case List():
            from ft_lint.interpreter.items import items_of

            items = items_of(m, one)
            if items is not None:
                return new_list(tuple(collate(m, value, size, loader) for value in items.values), items.complete)
        case Dict(entries, flags):
            return Dict({key: collate(m, value, size, loader) for key, value in entries.items()}, dict(flags))
    return UnknownBatch("a batch of items that we do not know", (Tensor(batch_of=loader),))
