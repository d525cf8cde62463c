"""Python's built-in functions and the methods of its containers and strings; ``list_`` is Python's ``list``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeGuard

from ft_lint.facts import StateDictKept
from ft_lint.facts.optimization import TensorKept
from ft_lint.interpreter.attributes import read
from ft_lint.interpreter.branches import decide_or_split, on_each_way, truth_of
from ft_lint.interpreter.items import items_of, iterate, parameter_items
from ft_lint.interpreter.records import overruled
from ft_lint.interpreter.tokens import set_labels
from ft_lint.interpreter.writing import set_attribute
from ft_lint.library import canonical, find
from ft_lint.library.iteration import enumerate_ as enumerate_
from ft_lint.library.iteration import next_ as next_
from ft_lint.library.iteration import zip_ as zip_
from ft_lint.library.site import Site, passed
from ft_lint.library.torch._arguments import shape_of
from ft_lint.syntax.names import is_of_loader
from ft_lint.syntax.written import source_of
from ft_lint.values.base import (
    FALSE,
    MAX_ITEMS,
    MAX_TEXT,
    MISSING,
    NONE,
    TRUE,
    Choice,
    Constant,
    Identity,
    Items,
    NoReturn,
    Overruled,
    Unknown,
    UnknownNumber,
    UnknownText,
    Value,
    boolean,
    constant,
    integer,
    is_none,
    number,
    options,
    text,
)
from ft_lint.values.callables import Class, Function, Instance, Reference, Super
from ft_lint.values.containers import Dict, Iterator, List, Range, Tuple, distinct, new_list, new_set, stands_for_many
from ft_lint.values.count import Count, combined
from ft_lint.values.either import under_any
from ft_lint.values.hub import Encoding, TokenIds
from ft_lint.values.module import Module
from ft_lint.values.store import gate
from ft_lint.values.tensor import Dimension, Parameter, Tensor, TensorShape
from ft_lint.values.training import Dataset, Loader, Optimizer, Parameters, StateDict, states_in


def print_(at: Site, *args: Value, **kwargs: Value) -> Value:
    """Changes nothing."""
    return NONE


def exit_(at: Site, code: Value = NONE) -> Value:
    """``exit()`` and ``quit()``: the program ends."""
    return NoReturn("the program ends")


quit_ = exit_


def len_(at: Site, obj: Value) -> Value:
    """``len(x)``."""
    match obj:
        case Tensor(shape=shape) if shape:
            return Constant(shape[0]) if isinstance(shape[0], int) else Dimension(shape[0])
        case TensorShape(shape):
            return Constant(len(shape))
        case Constant(str() as found):
            return Constant(len(found))
        case Parameters():
            return Unknown("the number of parameters")
        case Module() if obj.rest is None:
            return Constant(len(obj.children))
        case Dict() if obj.complete:
            return Constant(len(obj.entries))
        case List() | Tuple():
            items = items_of(at.m, obj)
            if items is not None and items.complete:
                return Constant(len(items.values))
        case Loader() | Dataset():
            return at.m.count("batches" if isinstance(obj, Loader) else "samples", obj)
        case Instance() if obj.cls is not None and obj.library.startswith(_DATASETS):
            return at.m.count("samples", obj)
        case Instance(cls=Class() as cls) if cls.defines("__len__"):
            from ft_lint.interpreter.attributes import read
            from ft_lint.interpreter.calls import call
            from ft_lint.interpreter.signature import Arguments

            return call(at.m, read(at.m, obj, "__len__", at.node), Arguments(()), at.node)
        case Unknown() if is_of_loader(at.m.facts.names.get(id(obj), "")):
            return at.m.count("batches", obj)
    return at.m.same_unknown(("len", obj), "a length that we do not know")


_DATASETS = ("torch.utils.data.Dataset", "torchvision.datasets.")


def range_(at: Site, *bounds: Value) -> Value:
    """``range(...)``."""
    match bounds:
        case (only,):
            return Range(Constant(0), only, Constant(1))
        case (first, last):
            return Range(first, last, Constant(1), _last(at))
        case (first, last, by):
            return Range(first, last, by)
    return at.unknown("a range")


def _last(at: Site) -> Value | None:
    from ft_lint.interpreter.expressions import evaluate

    match at.node:
        case ast.Call(args=[_, ast.BinOp((ast.Name() | ast.Attribute()) as last, ast.Add(), ast.Constant(1))]):
            return at.m.store.resolve(evaluate(at.m, last))
    return None


def reversed_(at: Site, sequence: Value) -> Value:
    """The items, last first."""
    found = iterate(at.m, sequence, at.node)
    return Iterator(found.values[::-1], found.complete, found.each)


def iter_(at: Site, iterable: Value) -> Value:
    """``iter(x)``."""
    return iterate(at.m, iterable, at.node)


def filter_(at: Site, function: Value, iterable: Value) -> Value:
    """Items that pass; where one may or may not, the rest is not all."""
    return on_each_way(at.m, lambda: _filtered(at, function, iterable))


def _filtered(at: Site, function: Value, iterable: Value) -> Value:
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    found = iterate(at.m, iterable, at.node)
    kept: list[Value] = []
    complete = found.complete
    for value in found.values:
        passed = truth_of(value) if is_none(function) else None
        if not is_none(function):
            passed = decide_or_split(at.m, call(at.m, function, Arguments((value,)), at.node))
        if passed is not False:
            kept.append(value)
        complete = complete and passed is not None
    if isinstance(iterable, Parameters):
        members = [value for value in kept if isinstance(value, Parameter | Tuple)]
        named = tuple((None, m) if isinstance(m, Parameter) else _pair(m) for m in members)
        about, names = iterable.members, iterable.with_names
        return Parameters(named, complete and iterable.complete, names, about, once=True, node=at.node)
    return Iterator(tuple(kept), complete, found.each, once=True)


def _pair(value: Tuple) -> tuple[str | None, Parameter]:
    name, parameter = value.values
    assert isinstance(parameter, Parameter)
    return text(name), parameter


def map_(at: Site, function: Value, *iterables: Value) -> Value:
    """Each item through ``function``."""
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    if len(iterables) != 1:
        return Iterator(complete=False, each=at.unknown("map over several"))
    found = iterate(at.m, iterables[0], at.node)
    values = tuple(call(at.m, function, Arguments((value,)), at.node) for value in found.values)
    each = call(at.m, function, Arguments((found.each,)), at.node) if found.each is not None else None
    return Iterator(values, found.complete, each, once=True)


class list_:
    """Lists."""

    @staticmethod
    def construct(at: Site, iterable: Value = NONE) -> Value:
        """``list(x)``."""
        if is_none(iterable):
            return new_list()
        if isinstance(iterable, TokenIds):
            return iterable.copy()
        found = iterate(at.m, iterable, at.node)
        values = found.values if found.complete or found.each is None else (*found.values, found.each)
        return new_list(values, found.complete)

    @staticmethod
    def append(at: Site, self: List, value: Value) -> Value:
        """``append(x)``."""
        for state in states_in(value):
            at.emit(StateDictKept, state=state, in_record=True)
        if isinstance(value, Tensor) and value.graph:
            items = items_of(at.m, self)
            held = items.values if items is not None else ()
            had = tuple(one for one in held if isinstance(one, Tensor) and one.graph)
            name = at.m.facts.names.get(id(self), "the list")
            place = at.arguments.places.get(1, at.node)
            at.emit(TensorKept, tensor=value, before=had, held=None, holder=name, place=place)
        return list_._change(at, self, lambda items: Items((*items.values, value), items.complete))

    add = append

    @staticmethod
    def extend(at: Site, self: List, values: Value) -> Value:
        """``extend(xs)``."""
        found = iterate(at.m, values, at.node)

        def extended(items: Items) -> Items:
            values = items.values + found.values
            return Items(values[:MAX_ITEMS], items.complete and found.complete and len(values) <= MAX_ITEMS)

        return list_._change(at, self, extended)

    update = extend

    @staticmethod
    def insert(at: Site, self: List, index: Value, value: Value) -> Value:
        """``insert(i, x)``."""
        at_index = integer(index)
        if at_index is None:
            return list_._change(at, self, lambda items: Items((*items.values, value), complete=False))

        def inserted(items: Items) -> Items:
            before, after = items.values[:at_index], items.values[at_index:]
            return Items((*before, value, *after), items.complete)

        return list_._change(at, self, inserted)

    @staticmethod
    def pop(at: Site, self: List, index: Value = NONE) -> Value:
        """``pop(i)``."""
        position = -1 if is_none(index) else integer(index)
        items = items_of(at.m, self)
        if items is None or position is None or not items.complete or not items.values:
            return list_._change(at, self, lambda found: Items(found.values, complete=False))
        kept = [*items.values]
        value = kept.pop(position if -len(kept) <= position < len(kept) else -1)
        at.m.store.write(self.fields, "items", Items(tuple(kept)))
        return value

    @staticmethod
    def clear(at: Site, self: List) -> Value:
        """``clear()``."""
        return list_._change(at, self, lambda items: Items(()))

    @staticmethod
    def copy(at: Site, self: List) -> Value:
        """``copy()``."""
        items = items_of(at.m, self)
        return new_list(items.values, items.complete) if items is not None else at.unknown("a copy", self)

    @staticmethod
    def remove(at: Site, self: List, value: Value) -> Value:
        """``remove(x)``."""
        return list_._change(at, self, lambda items: Items(items.values, complete=False))

    discard = remove

    @staticmethod
    def reverse(at: Site, self: List) -> Value:
        """``reverse()``."""
        return list_._change(at, self, lambda items: Items(items.values[::-1], items.complete))

    @staticmethod
    def sort(at: Site, self: List, **settings: Value) -> Value:
        """``sort()``, into an order that we do not know."""
        return list_._change(at, self, lambda items: Items(items.values, complete=False))

    @staticmethod
    def _change(at: Site, self: List, change: Callable[[Items], Items]) -> Value:
        items = at.m.store.resolve(self.items)
        if isinstance(items, Items):
            changed = change(items)
            at.m.store.write(self.fields, "items", distinct(changed) if self.distinct else changed)
        else:
            at.m.store.write(self.fields, "items", gate(Unknown("one of several lists"), items, Items((), False)))
        return NONE


class set_(list_):
    """Sets: their methods are those of lists."""

    @staticmethod
    def construct(at: Site, iterable: Value = NONE) -> Value:
        """``set(x)``."""
        if is_none(iterable):
            return new_set()
        found = iterate(at.m, iterable, at.node)
        values = found.values if found.complete or found.each is None else (*found.values, found.each)
        return new_set(values, found.complete)


frozenset_ = set_


class tuple_:
    """Tuples."""

    @staticmethod
    def construct(at: Site, iterable: Value = NONE) -> Value:
        """``tuple(x)``."""
        if is_none(iterable):
            return Tuple(())
        found = iterate(at.m, iterable, at.node)
        values = found.values if found.complete or found.each is None else (*found.values, found.each)
        return Tuple(values, found.complete)


class dict_:
    """Dicts."""

    @staticmethod
    def construct(at: Site, mapping: Value = NONE, **entries: Value) -> Value:
        """``dict(...)``; of a state dict, one of the same tensors."""
        if isinstance(mapping, StateDict) and not entries:
            return mapping
        made = Dict()
        if isinstance(mapping, Dict):
            made.entries.update(mapping.entries)
            made.flags.update(mapping.flags)
            made.places.update(mapping.places)
        elif not is_none(mapping):
            pairs = iterate(at.m, mapping, at.node)
            for pair in pairs.values:
                match pair:
                    case Tuple((Constant(str() | int() as key), value)):
                        made.entries[key] = value
                    case _:
                        made.flags["incomplete"] = TRUE
            if not pairs.complete:
                made.flags["incomplete"] = TRUE
        if not at.arguments.complete:
            made.entries.update(under_any(made.entries, Unknown("what `**` may pass")))
        made.entries.update(entries)
        set_labels(at.m, entries.get("labels", NONE), at.node)
        for name, place in at.arguments.places.items():
            made.places[name] = place
        if not at.arguments.complete:
            made.flags["incomplete"] = TRUE
        return made

    @staticmethod
    def get(at: Site, self: Dict, key: Value, default: Value = NONE) -> Value:
        """``get(key, default)``."""
        if isinstance(key, Constant) and key.value in self.entries:
            return at.m.store.resolve(self.entries[key.value])
        if isinstance(key, Constant) and self.complete:
            return default
        return at.unknown("an entry under an unknown key", *self.entries.values())

    @staticmethod
    def pop(at: Site, self: Dict, key: Value, default: Value = NONE) -> Value:
        """``pop(key)``."""
        value = dict_.get(at, self, key, default)
        if isinstance(key, Constant) and key.value in self.entries:
            at.m.store.write(self.entries, key.value, MISSING)
        elif not (isinstance(key, Constant) and self.complete):
            at.m.store.write(self.flags, "incomplete", TRUE)
        return value

    @staticmethod
    def items(at: Site, self: Dict) -> Value:
        """Keys and values."""
        pairs = tuple(Tuple((Constant(key), at.m.store.resolve(value))) for key, value in self.entries.items())
        further = Tuple((Unknown("a key"), self.each)) if self.each is not None else None
        return Iterator(pairs, self.complete, each=further)

    @staticmethod
    def keys(at: Site, self: Dict) -> Value:
        """The keys."""
        return Iterator(tuple(map(Constant, self.entries)), self.complete)

    @staticmethod
    def values(at: Site, self: Dict) -> Value:
        """The values."""
        values = tuple(map(at.m.store.resolve, self.entries.values()))
        return Iterator(values, self.complete, each=self.each)

    @staticmethod
    def update(at: Site, self: Dict, other: Value = NONE, **entries: Value) -> Value:
        """``update(...)``."""
        if isinstance(other, Dict):
            further = under_any(self.entries, other.each) if other.each is not None else []
            for key, value in (*further, *other.entries.items()):
                at.m.store.write(self.entries, key, value)
        if not (is_none(other) or (isinstance(other, Dict) and other.complete)):
            at.m.store.write(self.flags, "incomplete", TRUE)
        for name, value in entries.items():
            at.m.store.write(self.entries, name, value)
        set_labels(at.m, entries.get("labels", NONE), at.node)
        return NONE

    @staticmethod
    def setdefault(at: Site, self: Dict, key: Value, default: Value = NONE) -> Value:
        """``setdefault(key, default)``."""
        if isinstance(key, Constant) and key.value not in self.entries and self.complete:
            at.m.store.write(self.entries, key.value, default)
        return dict_.get(at, self, key, default)

    @staticmethod
    def copy(at: Site, self: Dict) -> Value:
        """A shallow copy."""
        return dict_.construct(at, self)


def isinstance_(at: Site, obj: Value, classinfo: Value) -> Value:
    """``isinstance``: decided for modules and constants of known class."""
    kinds = [classinfo]
    items = items_of(at.m, classinfo)
    if items is not None:
        kinds = [*items.values]
    found = [_is_a(at, obj, kind) for kind in kinds]
    if True in found:
        return TRUE
    if None in found:
        return at.m.same_unknown(("isinstance", obj, classinfo), "an isinstance of something unknown")
    return FALSE


_BATCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm")


_PLAIN = frozenset(("torch.utils.data.Dataset", "builtins.object", "abc.ABC"))
"""Bases by which a class is of no other class of torch's."""
_NO_MODULES = ("torch.nn.Parameter", "torch.Tensor", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.str")
"""Classes of which no module is, whatever is not seen of it."""


def _is_a(at: Site, obj: Value, kind: Value) -> bool | None:
    match obj, kind:
        case Module(kind="?"), Reference(path):
            return path == "torch.nn.Module" or (False if path in _NO_MODULES else None)
        case Module(kind="?"), _:
            return None
        case Module(), Reference(path):
            return _module_is(obj, path)
        case Module() | Instance(), Class():
            lineage = obj.cls.lineage() if obj.cls is not None else []
            return kind in lineage
        case Dataset(), Reference(path) if path.startswith(("torch.utils.data.", "torchvision.datasets.")):
            return _dataset_is(obj, path)
        case Instance(cls=Class() as cls), Reference(path) if path.startswith("torch."):
            bases = cls.library_bases()
            plain = _PLAIN.issuperset(bases) and not cls.is_open
            return path in bases or (False if plain else None)
        case Parameter(), Reference("torch.nn.Parameter"):
            return True
        case Tensor(assumed=True), _:
            return None
        case Tensor(), Reference("torch.Tensor"):
            return True
        case Tensor(), Reference(path):
            return False if path.startswith("builtins.") else None
        case ((Tuple() | TensorShape()), Reference("builtins.tuple")):
            return True
        case Encoding(), Reference(path):  # a `UserDict`, which is no `dict`
            if path in ("transformers.BatchEncoding", "collections.UserDict"):
                return True
            return False if path.startswith("builtins.") else _is_abstract(obj, path)
        case ((Tuple() | List() | Dict()), Reference(path)):
            wanted = {Tuple: "builtins.tuple", List: "builtins.list", Dict: "builtins.dict"}[type(obj)]
            if isinstance(obj, List) and obj.distinct:
                wanted = "builtins.set"
            return path == wanted if path.startswith("builtins.") else _is_abstract(obj, path)
        case Constant(value), Reference(path) if path.startswith("builtins."):
            return type(value).__name__ == path.removeprefix("builtins.") or (
                path == "builtins.int" and isinstance(value, bool)
            )
        case UnknownText(), Reference(path):
            return path == "builtins.str" if path.startswith("builtins.") else None
        case Instance(kind="pathlib.Path"), Reference(path):
            return path in ("pathlib.Path", "pathlib.PurePath", "os.PathLike")
        case Optimizer(), Reference(path) if path.endswith("Optimizer"):
            return True
        case Loader(), Reference(path) if path.endswith("DataLoader"):
            return True
    return None


def _dataset_is(dataset: Dataset, path: str) -> bool | None:
    """Whether a dataset is of a class of torch's or torchvision's; a part is a ``Subset``, whatever it is a part of."""
    of_torch = dataset.kind.startswith(("torch.utils.data.", "torchvision.datasets."))
    if path == "torch.utils.data.Dataset":
        return True if of_torch or dataset.parent is not None else None
    if dataset.parent is not None or path == "torch.utils.data.Subset":
        return (dataset.parent is not None) is (path == "torch.utils.data.Subset")
    return True if path == dataset.kind else None  # which may extend the other


def _is_abstract(obj: Value, path: str) -> bool | None:
    """Whether a container is of an abstract class of ``collections.abc`` or ``typing``: of torch's it is not."""
    package, _, name = path.rpartition(".")
    if package not in ("collections.abc", "typing", "collections"):
        return False if package.startswith("torch") else None
    if name in ("Iterable", "Collection", "Sized", "Container"):
        return True
    return isinstance(obj, Dict) if "Mapping" in name else not isinstance(obj, Dict) if name == "Sequence" else None


def _module_is(module: Module, path: str) -> bool | None:
    if path == "torch.nn.Module":
        return True
    name = path.rpartition(".")[2]
    own = module.kind.rpartition(".")[2]
    if name == "_BatchNorm":
        return own in _BATCH_NORMS
    if name == "_ConvNd":
        return own.startswith("Conv")
    if module.cls is not None and path in module.cls.library_bases():
        return True
    if module.cls is not None:
        family = path.startswith("transformers.") and path.endswith("PreTrainedModel")
        return None if module.rest is not None or family else False
    if module.kind.startswith("torchvision.") and path.startswith("torch.nn."):
        return False
    if not module.kind.startswith("torch.nn."):
        return None
    return own == name


def getattr_(at: Site, obj: Value, name: Value, default: Value = MISSING) -> Value:
    """``getattr`` with a constant name is an attribute."""
    key = text(name)
    if key is None:
        return at.unknown("getattr with an unknown name", obj)
    if default is not MISSING and isinstance(obj, Reference):
        return at.unknown("getattr of a library with a default")
    if default is not MISSING and isinstance(obj, Instance) and key not in obj.fields and obj.cls is None:
        return at.unknown("getattr with a default", obj)
    if default is not MISSING and key == "module" and _is_unwrapped(obj):
        return default
    return read(at.m, obj, key, at.node)


def setattr_(at: Site, obj: Value, name: Value, value: Value) -> Value:
    """``setattr`` with a constant name is an assignment."""
    from ft_lint.interpreter.escaping import escape

    key = text(name)
    if key is None and _is_of_settings(obj):  # ``for k, v in settings.items(): setattr(...)``
        for name_, held in obj.fields.items():
            at.m.store.write(obj.fields, name_, overruled(held, f"`{name_}` may be set by another name"))
        return NONE
    if key is None:
        escape(at.m, [obj])
        return NONE
    place = at.arguments.places.get(0)
    owner = source_of(passed(place)) or "it"
    set_attribute(at.m, obj, key, value, at.node, f"{owner}.{key}")
    return NONE


def _is_of_settings(obj: Value) -> TypeGuard[Instance]:
    """Whether an object of the script's own holds nothing but plain settings."""
    own = type(obj) is Instance and obj.cls is not None
    return own and all(isinstance(value, Constant | Overruled) for value in obj.fields.values())  # type: ignore[attr-defined]


def hasattr_(at: Site, obj: Value, name: Value) -> Value:
    """``hasattr``: decided where the object is wholly known."""
    key = text(name)
    match obj:
        case Module() if key is not None:
            if key in obj.children or key in obj.parameters or key in obj.fields:
                return TRUE
            if key == "reset_parameters" and (drawn := _resets(obj)) is not None:
                return boolean(drawn)
            if obj.cls is None and obj.architecture is not None:
                return boolean(key in obj.architecture.attributes or find(f"torch.nn.Module.{key}") is not None)
            if key == "module" and _is_unwrapped(obj):
                return FALSE
            if obj.cls is not None and obj.cls.defines(key):
                return TRUE
        case Instance(cls=Class() as cls) if key is not None and (cls.defines(key) or _is_there(at, obj, key)):
            return TRUE
    return at.m.same_unknown(("hasattr", obj, key), "hasattr of something unknown")


def _is_there(at: Site, obj: Instance, name: str) -> bool:
    """Whether an attribute was set on every way."""
    return name in obj.fields and MISSING not in options(at.m.store.resolve(obj.fields[name]))


def _is_unwrapped(value: Value) -> bool:
    """Whether a value is a model, and no ``DataParallel`` or the like, which hold theirs as ``module``."""
    if not isinstance(value, Module) or value.kind == "?" or "module" in (value.children | value.fields):
        return False
    if value.cls is None:
        return value.rest is None or value.architecture is not None
    seen = all(isinstance(base, Class | Reference) for base in value.cls.lineage())
    return seen and not value.cls.defines("module")


def _resets(module: Module) -> bool | None:
    """Whether a module has ``reset_parameters``: torch's layers with weights of their own do; None: not known."""
    if module.cls is not None:
        own = any(isinstance(b, Class) and "reset_parameters" in b.scope.names for b in module.cls.lineage())
        return own or (None if module.cls.library_bases() != ["torch.nn.Module"] else False)
    if module.kind.startswith("torch.nn."):
        return bool(module.parameters)
    return None if module.parameters or module.rest is not None else False


def super_(at: Site, *args: Value) -> Value:
    """``super()``: the next class behind the one whose method runs."""
    if not at.m.frames:
        return at.unknown("super outside a method")
    frame = at.m.frame
    scope = at.m.scope
    receiver = args[1] if len(args) == 2 else next(iter(scope.names.values()), Unknown("no receiver"))
    cls = receiver.cls if isinstance(receiver, Module | Instance) else receiver
    if isinstance(cls, Class):
        for base in cls.lineage():
            if isinstance(base, Class) and frame.function in base.scope.names.values():
                return Super(receiver, base)
    return at.unknown("super of something unknown", receiver)


def _convert(kind: Callable[[Any], Any]) -> Callable[..., Value]:
    def run(at: Site, value: Value = NONE, *args: Value) -> Value:
        match value:
            case Constant(found, default=default) if not args and not is_none(value):
                try:
                    return Constant(kind(found), default)
                except (TypeError, ValueError, OverflowError):
                    return at.unknown("a conversion that Python refuses")
            case Dimension() if kind is int:
                return value
            case Count():
                return value
            case Tensor(counts=Count(what="hits") as hits):
                return hits
        made = UnknownText if kind is str else UnknownNumber
        return at.m.same_unknown((kind, value), "a conversion of something unknown", value, kind=made)

    return run


int_, float_ = _convert(int), _convert(float)


def bool_(at: Site, value: Value = FALSE) -> Value:
    """``bool(x)``."""
    known = truth_of(value)
    return boolean(known) if known is not None else value


def _extreme(best: Callable[..., Any]) -> Callable[..., Value]:
    def run(at: Site, *args: Value, key: Value = NONE, default: Value = NONE) -> Value:
        if not args or not at.arguments.complete:
            return at.unknown("an extreme of what `*` hides", *args)
        values = args if args[1:] else iterate(at.m, args[0], at.node).values
        numbers = [number(value) for value in values]
        if args[1:] and None not in numbers and is_none(key):
            return Constant(best(numbers))
        if values and all(isinstance(value, Tuple | Dict | StateDict) for value in values):
            return _one_of(at, values)
        return at.unknown("an extreme of something unknown")

    return run


def _one_of(at: Site, values: Sequence[Value]) -> Value:
    """One of a few records, we do not know which: in loops, the first ones stand for all."""
    found = values[0]
    for value in values[1:3]:
        found = gate(at.unknown("which record is the best"), value, found)
    return found


max_, min_ = _extreme(max), _extreme(min)


def sum_(at: Site, iterable: Value, start: Value = NONE) -> Value:
    """``sum(xs)``: of tensors, a tensor that depends on all; of lists, all their items in one."""
    found = iterate(at.m, iterable, at.node)
    if isinstance(start, List) and found.complete and all(isinstance(one, List) for one in found.values):
        parts = [iterate(at.m, one, at.node) for one in (start, *found.values)]
        return new_list(tuple(v for part in parts for v in part.values), all(part.complete for part in parts))
    values = [*found.values, *([found.each] if found.each is not None else [])]
    numbers = [number(value) for value in values]
    known = [one for one in numbers if one is not None]
    if found.complete and len(known) == len(numbers):
        return Constant(sum(known))
    if values and isinstance(values[0], Count) and all(combined("Add", values[0], one) for one in values):
        return values[0]
    if [value for value in values if isinstance(value, Tensor)]:
        return at.result(shape_of(values[0]), *values)
    return at.unknown("a sum", *values)


def vars_(at: Site, obj: Value = NONE) -> Value:
    """``vars(obj)``: all that an object holds, for whoever changes it."""
    from ft_lint.interpreter.escaping import escape

    escape(at.m, [obj])
    return at.unknown("the attributes of an object", obj)


def abs_(at: Site, x: Value) -> Value:
    """``abs(x)``."""
    found = number(x)
    if found is not None:
        return Constant(found if found >= 0 else -found)
    return at.result(shape_of(x), x) if isinstance(x, Tensor) else at.unknown("abs")


def round_(at: Site, x: Value, ndigits: Value = NONE) -> Value:
    """``round(x)``."""
    found, digits = number(x), constant(ndigits)
    if found is None or not (is_none(ndigits) or isinstance(digits, int)):
        return at.unknown("round of something unknown")
    try:
        return Constant(round(found, digits), default=isinstance(x, Constant) and x.default)
    except (OverflowError, ValueError):
        return at.unknown("a number that Python cannot round")


def any_(at: Site, iterable: Value) -> Value:
    """``any(xs)``."""
    found = iterate(at.m, iterable, at.node)
    known = [truth_of(value) for value in found.values]
    if True in known:
        return TRUE
    if found.complete and None not in known:
        return FALSE
    return at.unknown("any of something unknown")


def all_(at: Site, iterable: Value) -> Value:
    """``all(xs)``."""
    found = iterate(at.m, iterable, at.node)
    known = [truth_of(value) for value in found.values]
    if False in known:
        return FALSE
    if found.complete and None not in known:
        return TRUE
    return at.unknown("all of something unknown")


def id_(at: Site, obj: Value) -> Value:
    """``id(x)``: equal for the same object alone, so that ``id(p) in ids`` is decided."""
    match obj:
        case Choice(condition, if_true, if_false):
            return gate(condition, id_(at, if_true), id_(at, if_false))
        case Unknown():
            return obj
    return Identity(obj)


def callable_(at: Site, obj: Value) -> Value:
    """``callable(x)``."""
    return TRUE if isinstance(obj, Function | Module | Class | Reference) else at.unknown("callable")


def type_(at: Site, obj: Value, *args: Value) -> Value:
    """``type(x)``: the class of an object of the script, or of a module of a library."""
    if isinstance(obj, Module | Instance) and obj.cls is not None:
        return obj.cls
    path = obj.class_path if isinstance(obj, Module) else None
    return Reference(canonical(path)) if path is not None else at.unknown("a type")


def open_(at: Site, *args: Value, **kwargs: Value) -> Value:
    """Files are not followed."""
    return at.unknown("a file")


def sorted_(at: Site, iterable: Value, **kwargs: Value) -> Value:
    """The same items in an order that we do not know."""
    found = iterate(at.m, iterable, at.node)
    return new_list(found.values, complete=False)


_TEXT_METHODS = """lower upper strip lstrip rstrip startswith endswith replace title capitalize count find removeprefix
removesuffix isdigit zfill""".split()
_TEXT_PARTS = ("partition", "rpartition", "splitlines")


_EVERYWHERE = Constant(-1)


class str_:
    """Strings."""

    @staticmethod
    def split(at: Site, self: Constant, sep: Value = NONE, maxsplit: Value = _EVERYWHERE) -> Value:
        """``split(sep, maxsplit)``."""
        return _split(at, str.split, self.value, sep, maxsplit)

    @staticmethod
    def rsplit(at: Site, self: Constant, sep: Value = NONE, maxsplit: Value = _EVERYWHERE) -> Value:
        """``rsplit(sep, maxsplit)``."""
        return _split(at, str.rsplit, self.value, sep, maxsplit)

    @staticmethod
    def join(at: Site, self: Constant, iterable: Value) -> Value:
        """``join(parts)``."""
        found = iterate(at.m, iterable, at.node)
        parts = [part for value in found.values if (part := text(value)) is not None]
        size = sum(map(len, parts)) + len(self.value) * len(parts)
        if found.complete and len(parts) == len(found.values) and size <= MAX_TEXT:
            return Constant(self.value.join(parts))
        return _text_like(at, "a joined text")

    @staticmethod
    def format(at: Site, self: Constant, *args: Value, **kwargs: Value) -> Value:
        """``format(...)``: plain fields filled with texts and numbers."""
        from ft_lint.interpreter.operators import is_text_or_number

        given = [*args, *kwargs.values()]
        longest = max((len(text(value) or "") for value in given), default=0)
        plain = re.fullmatch(r"(?:[^{}]|\{\w*\})*", self.value) is not None
        plain = plain and self.value.count("{") * longest <= MAX_TEXT
        if not plain or not at.arguments.complete or not all(map(is_text_or_number, given)):
            return _text_like(at, "a formatted text")
        try:
            return Constant(self.value.format(*map(constant, args), **{k: constant(v) for k, v in kwargs.items()}))
        except (IndexError, KeyError, ValueError):
            return _text_like(at, "a formatted text")

    construct = staticmethod(_convert(str))


def _text_like(at: Site, why: str) -> Value:
    """A text of which no more is known."""
    at.unknown(why)
    return UnknownText(why)


def _split(at: Site, how: Callable[..., list[str]], whole: str, sep: Value, maxsplit: Value) -> Value:
    by, limit = text(sep), integer(maxsplit)
    if by == "" or limit is None or (by is None and not is_none(sep)):
        return at.unknown("a split text")
    return new_list(tuple(Constant(part) for part in how(whole, by, limit)))


def _text_method(name: Any) -> Callable[..., Value]:
    def run(at: Site, self: Constant, *args: Value) -> Value:
        plain: Any = []
        for value in args:
            items = items_of(at.m, value)
            if isinstance(value, Constant):
                plain.append(value.value)
            elif items is not None and items.complete and [v for v in items.values if text(v) is not None]:
                plain.append(tuple(text(v) for v in items.values))
            else:
                return at.m.same_unknown((name, self, *args), "a text method on something unknown")
        if _grows_long(name, self.value, plain):
            return at.unknown("a long text")
        try:
            found = getattr(self.value, name)(*plain)
            return Constant(found) if name not in _TEXT_PARTS else Tuple(tuple(Constant(part) for part in found))
        except (TypeError, ValueError):
            return at.unknown("a text method that Python refuses")

    return run


def _grows_long(name: str, value: str, arguments: list[Any]) -> bool:
    """Whether a method of a text may give a much longer one than we compute."""
    match name, arguments:
        case "zfill", [int(width)]:
            return width > MAX_TEXT
        case "replace", [str(), str(new), *_]:
            return (len(value) + 1) * len(new) > MAX_TEXT
    return False


for _name in (*_TEXT_METHODS, *_TEXT_PARTS):
    setattr(str_, _name, staticmethod(_text_method(_name)))
