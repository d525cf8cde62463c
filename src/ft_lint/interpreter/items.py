"""Items: what ``owner[index]`` is, and what a value gives when it is looped over."""

from __future__ import annotations

import ast

from ft_lint.interpreter.arrays import item_of
from ft_lint.interpreter.attributes import is_key, member, of_module, read
from ft_lint.interpreter.machine import Machine
from ft_lint.library import find
from ft_lint.library.tracing import loaders_of
from ft_lint.light import replace
from ft_lint.syntax.names import is_of_loader
from ft_lint.syntax.written import dotted_name
from ft_lint.values.array import Array, Bunch, Locator, Table, array
from ft_lint.values.base import (
    NONE,
    TRUE,
    Choice,
    Constant,
    Items,
    Missing,
    Unknown,
    UnknownBatch,
    UnknownItem,
    UnknownNumber,
    UnknownText,
    Value,
    integer,
    kind_of_part,
    number,
    options,
)
from ft_lint.values.callables import Class, Instance, Reference
from ft_lint.values.containers import Dict, Iterator, List, Range, Tuple, stands_for_many
from ft_lint.values.hub import TokenIds
from ft_lint.values.module import Module, unseen_part
from ft_lint.values.shape import Dim
from ft_lint.values.store import gate
from ft_lint.values.tensor import Dimension, Tensor, TensorShape
from ft_lint.values.training import Dataset, Group, Loader, Parameters, Scheduler, are_of_same

MAX_RANGE = 200
"""Numbers of a range that are listed one by one."""
MAX_UNSURE = 50
"""Layers of a list that are walked where more may follow: lists made of such lists do not grow without end."""


def child_name(module: Module, index: Value) -> str | None:
    """The name of the child that ``module[index]`` means, for a ``Sequential`` and kin."""
    names = [str(name) for name in module.children]
    match index:
        case Constant(int() as position) if module.rest is None and -len(names) <= position < len(names):
            return names[position]
        case Constant(int() as position) if position >= 0 and module.rest is not None:
            return str(position)
        case Constant(str() as name) if name in names:
            return name
    return None


def get_item(m: Machine, owner: Value, index: Value, node: ast.AST) -> Value:
    """``owner[index]`` for everything but tensors."""
    owner = m.store.resolve(owner)
    match owner, index:
        case Choice(condition, if_true, if_false), _:
            return gate(condition, get_item(m, if_true, index, node), get_item(m, if_false, index, node))
        case _, Choice(condition, if_true, if_false):
            return gate(condition, get_item(m, owner, if_true, node), get_item(m, owner, if_false, node))
        case Constant(found), Constant(key):
            return _plain_item(found, key)
        case Dict(entries), Constant(key) if is_key(key) and key in entries:
            return m.store.resolve(entries[key])
        case Dict(entries), _ if owner.each is not None and not entries:
            each = m.store.resolve(owner.each)
            several = isinstance(each, Loader | Dataset) and isinstance(index, Constant)  # one for each key
            return Unknown("one of several loaders") if several else each
        case Dict(entries), _ if entries and not isinstance(index, Constant):
            return m.unknown("an entry under an unknown key", None, *entries.values())
        case ((Tuple() | List()), Constant(int() | slice() as position)):
            found_items = items_of(m, owner)
            if found_items is not None and found_items.complete:
                return _from_items(owner, found_items, position)
        case List(), Unknown() if (layer := _any_layer(m, owner)) is not None:
            return layer
        case TensorShape(shape), Constant(int() as position) if -len(shape) <= position < len(shape):
            return dimension(shape[position])
        case TensorShape(shape), Constant(slice() as part):
            return TensorShape(shape[part])
        case Reference(path), Constant(str() as name) if path.endswith(".__dict__"):
            return member(path.removesuffix(".__dict__"), name)
        case Module(), Constant(slice() as part) if owner.rest is None:
            names = list(owner.children)[part]
            children = {str(i): owner.children[name] for i, name in enumerate(names)}
            return Module(kind="torch.nn.Sequential", children=dict(children), fields={"mode": owner.mode})
        case Module(), _:
            child = child_name(owner, index)
            if child is not None:
                return of_module(m, owner, child, node)
        case Dataset(), Constant(int()) | Unknown() | Dimension():
            return _item(m, owner, node)
        case Instance(), _ if (method := find(f"{owner.library}.__getitem__")) is not None:
            from ft_lint.interpreter.calls import call_library
            from ft_lint.interpreter.signature import Arguments

            return call_library(m, method, Arguments((owner, index)), node)
        case TokenIds(), Constant(slice() as part):
            return owner.copy() if part == slice(None) else owner.view()
        case TokenIds(), _:
            return owner.view()
        case ((Array() | Bunch() | Locator()), _) if (item := item_of(m, owner, index)) is not None:
            return item
        case Unknown(), Constant(key) if is_key(key):
            version = m.versions.get(id(owner), 0)
            return m.same_unknown(("item", owner, key, version), owner.why, owner, kind=kind_of_part(owner))
        case UnknownBatch(), _:
            return UnknownBatch("a part of a batch", (owner,))
    return m.unknown("an item that we do not know", None, owner)


def _plain_item(found: object, key: object) -> Value:
    if isinstance(found, str | bytes) and isinstance(key, int | slice):
        try:
            return Constant(found[key])
        except IndexError:
            return Unknown("an index out of range")
    return Unknown("an item of a constant")


def _any_layer(m: Machine, owner: Value) -> Value | None:
    """One of the layers of a list that holds nothing else, all alike, for one of them that we do not know."""
    items = items_of(m, owner)
    layers = [item for item in items.values if isinstance(item, Module)] if items is not None else []
    if items is None or not layers or len(layers) < len(items.values) or len({layer.kind for layer in layers}) > 1:
        return None
    return layers[-1]


def _from_items(owner: Value, items: Items, position: int | slice) -> Value:
    if isinstance(owner, List) and any(map(stands_for_many, items.values)):
        return Unknown("an item of a list whose length we do not see", (owner,))
    if isinstance(position, slice):
        try:
            part = items.values[position]
        except (TypeError, ValueError):
            return Unknown("a slice with unknown bounds")
        return Tuple(part) if isinstance(owner, Tuple) else List({"items": Items(part)})
    if -len(items.values) <= position < len(items.values):
        return items.values[position]
    return Unknown("an index out of range")


def items_of(m: Machine, value: Value) -> Items | None:
    """The items of a list or tuple, where they are the same on every way."""
    match value:
        case Tuple(values, complete):
            return Items(values, complete)
        case List(fields):
            found = m.store.resolve(fields["items"])
            return found if isinstance(found, Items) else None
    return None


def constants_of(value: Value | None) -> tuple[float, ...] | None:
    """The numbers of a tuple or list that holds nothing else; one number alone is a tuple of it."""
    match value:
        case Constant(int() | float() as found):
            return (float(found),)
        case Tuple(values, True):
            items = values
        case List(fields) if isinstance(fields["items"], Items) and fields["items"].complete:
            items = fields["items"].values
        case _:
            return None
    numbers = [number(item) for item in items]
    return None if None in numbers else tuple(float(one) for one in numbers if one is not None)


def dimension(dim: Dim) -> Value:
    """One dimension as a value: a constant where it is an integer."""
    return Constant(dim) if isinstance(dim, int) else Dimension(dim)


def iterate(m: Machine, value: Value, node: ast.AST | None) -> Iterator:
    """What a ``for`` loop over ``value`` gives."""
    value = m.store.resolve(value)
    match value:
        case Iterator():
            return value
        case Tuple() | List():
            found = items_of(m, value)
            if found is not None:
                return Iterator(found.values, found.complete, of=value)
            return Iterator(complete=False, each=Unknown("an item of one of several lists", (value,)), of=value)
        case Choice() if (items := _items_on_each_way(m, value)) is not None:
            return Iterator(items, of=value)
        case Dict(entries) if value.complete:
            return Iterator(tuple(map(Constant, entries)))
        case Parameters():
            return parameter_items(value) if take(m, value) else Iterator(once=True)
        case Range():
            return _range_items(value)
        case TensorShape(shape):
            return Iterator(tuple(dimension(dim) for dim in shape))
        case Module(cls=None, children=children) if value.rest is None or children:
            seen = tuple(map(m.store.resolve, children.values()))
            if value.rest is None:
                return Iterator(seen)
            return Iterator(seen[:MAX_UNSURE], complete=False, each=unseen_part(value), of=value)
        case Constant(str() as text) if len(text) <= MAX_RANGE:
            return Iterator(tuple(Constant(letter) for letter in text))
        case Loader():
            return Iterator(complete=False, each=batch(m, value, node), of=value)
        case Choice() if all(isinstance(way, Loader) for way in options(value)):
            drawn = tuple(Tensor(batch_of=way) for way in options(value) if isinstance(way, Loader))
            return Iterator(complete=False, each=UnknownBatch("a batch of one of several loaders", drawn), of=value)
        case Dataset():
            return Iterator(complete=False, each=_item(m, value, node), of=value)
        case Tensor(shape=shape) if shape is not None and len(shape) > 0:
            each = Tensor(
                shape=shape[1:], dtype=value.dtype, graph=value.graph, certain=value.certain, assumed=value.assumed
            )
            return Iterator(complete=False, each=each)
        case Instance(node=made) if made is not None and (method := find(f"{value.library}.__iter__")) is not None:
            from ft_lint.interpreter.calls import call_library
            from ft_lint.interpreter.signature import Arguments

            return iterate(m, call_library(m, method, Arguments((value,)), node or made), node)
        case Instance(cls=Class() as cls) if cls.defines("__iter__"):
            return _items_of_own(m, value, node)
        case Class() | Instance() | Scheduler() | Group() | Missing():
            return Iterator(complete=False, each=Unknown("an item of an object", (value,)))
    if _is_called_loader(m, value, node):
        return Iterator(complete=False, each=UnknownBatch("a batch of something that is called a loader"), of=value)
    if isinstance(value, Array) and not isinstance(value, Table):
        return Iterator(complete=False, each=array(value.shape[1:], value.dtype, value.plain), of=value)
    kind = UnknownBatch if isinstance(value, UnknownBatch) else UnknownItem
    return Iterator(complete=False, each=kind("an item of something unknown", (value,)), of=value)


def _items_of_own(m: Machine, value: Instance, node: ast.AST | None) -> Iterator:
    """What an object of one of the script's classes gives, which may be the batches of a loader that it holds."""
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    at = node or value.node or ast.Pass()
    given = call(m, read(m, value, "__iter__", at), Arguments(()), at)
    if given is value or not isinstance(given, Iterator):
        return Iterator(complete=False, each=Unknown("an item of an object", (value,)))
    loaders = loaders_of([*given.values, given.each])
    return replace(given, of=next(iter(loaders)) if len(loaders) == 1 else value)


def _items_on_each_way(m: Machine, value: Value) -> tuple[Value, ...] | None:
    """The items of lists or tuples of one length, whichever of them it is; None for all else.

    ``optimizer.param_groups`` of one of several optimizers; ``named_parameters()`` of a model or a ``DataParallel``
    around it.
    """
    if are_of_same(ways := options(value)):
        given = [take(m, way) for way in ways if isinstance(way, Parameters)]
        return _named_on_each_way(value) if all(given) else ()
    if isinstance(value, Choice):
        first = _items_on_each_way(m, m.store.resolve(value.if_true))
        second = _items_on_each_way(m, m.store.resolve(value.if_false)) if first is not None else None
        if first is None or second is None or len(first) != len(second):
            return None
        return tuple(_either(value.condition, a, b) for a, b in zip(first, second, strict=True))
    match value:
        case Iterator(values, complete=True, once=False):
            return values
        case Dict(entries) if value.complete:
            return tuple(map(Constant, entries))
    found = items_of(m, value)
    return found.values if found is not None and found.complete else None


def _either(condition: Value, first: Value, second: Value) -> Value:
    """One of two items, side by side where both are pairs: ``for name, loss in losses.items()``."""
    match first, second:
        case Tuple(ours, True), Tuple(theirs, True) if len(ours) == len(theirs):
            return Tuple(tuple(gate(condition, a, b) for a, b in zip(ours, theirs, strict=True)))
    return gate(condition, first, second)


def _named_on_each_way(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Choice):
        ways = zip(_named_on_each_way(value.if_true), _named_on_each_way(value.if_false), strict=True)
        return tuple(gate(value.condition, a, b) for a, b in ways)
    return parameter_items(value).values if isinstance(value, Parameters) else ()


def _is_called_loader(m: Machine, value: Value, node: ast.AST | None) -> bool:
    """Whether something unknown goes by the name of a loader, here or where it came from."""
    written = (dotted_name(node) if node is not None else None) or ""
    return isinstance(value, Unknown) and (is_of_loader(m.facts.names.get(id(value), "")) or is_of_loader(written))


def take(m: Machine, value: Parameters) -> bool:
    """Go through a set of parameters: whether it still gives any, since a generator does so once."""
    if is_spent(m, value):
        return False
    if value.once:
        m.store.write(value.fields, "spent", TRUE)
    return True


def is_spent(m: Machine, value: Value) -> bool:
    """Whether a value is a generator of parameters that has surely been gone through."""
    return isinstance(value, Parameters) and m.store.resolve(value.fields.get("spent", NONE)) is TRUE


def _name_as_value(name: str | UnknownText | None) -> Value:
    if name is None:
        return Unknown("the name of a parameter that we do not see")
    return Constant(name) if isinstance(name, str) else name


def parameter_items(value: Parameters) -> Iterator:
    """The items of a set of parameters, whether or not it has been gone through."""
    items: list[Value] = []
    for name, parameter in value.named:
        if not value.with_names:
            items.append(parameter)
            continue
        items.append(Tuple((_name_as_value(name), parameter)))
    return Iterator(tuple(items), complete=value.complete, of=value, once=True)


def _range_items(over: Range) -> Iterator:
    start, stop, step = over.start, over.stop, over.step
    bounds = integer(start), integer(stop), integer(step)
    each = UnknownNumber("the index of a loop")
    if None in bounds or any(isinstance(v, Constant) and v.default for v in (start, stop, step)):
        return Iterator(complete=False, each=each, of=over)
    numbers = range(bounds[0] or 0, bounds[1] or 0, bounds[2] or 1)
    if numbers[MAX_RANGE:]:  # `len` refuses what does not fit a machine word
        return Iterator(complete=False, each=each, of=over)
    return Iterator(tuple(Constant(number) for number in numbers), of=over)


def batch(m: Machine, loader: Loader, node: ast.AST | None) -> Value:
    """What one batch of a loader looks like."""
    from ft_lint.library.torch.utils.data.collate import batch as collated

    return collated(m, loader, node or _NOWHERE)


def _item(m: Machine, dataset: Dataset, node: ast.AST | None) -> Value:
    """What one item of a dataset looks like."""
    from ft_lint.library.torch.utils.data.collate import item

    return item(m, dataset, node or _NOWHERE)


_NOWHERE = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
