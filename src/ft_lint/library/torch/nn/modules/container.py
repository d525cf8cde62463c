"""``Sequential``, ``ModuleList``, ``ModuleDict`` and wrappers such as ``DataParallel``."""

from __future__ import annotations

import ast
from typing import Any

from ft_lint.facts.models import ChildRefused
from ft_lint.interpreter.items import items_of
from ft_lint.library import is_module_class
from ft_lint.library.layer import Layer
from ft_lint.library.site import Site, passed
from ft_lint.syntax.written import source_of
from ft_lint.values.base import NONE, Value, options
from ft_lint.values.callables import Class, Reference
from ft_lint.values.containers import Dict, Iterator
from ft_lint.values.module import AS_BUILT, Module, further_children
from ft_lint.values.shape import Shape
from ft_lint.values.tensor import new_parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterList", "Sequential"]


class _Container(Layer):
    container = True

    @staticmethod
    def build(*args: Any, **kwargs: Any) -> dict[str, Shape | None]:
        return {}


def _put(at: Site, module: Module, name: str, value: Value) -> None:
    if any(isinstance(option, Module) for option in options(value)):
        at.m.store.write(module.children, name, value)
        return
    refuse_class(at, module, value)
    at.m.store.write(module.children, name, _unseen(at))


def _put_all(at: Site, module: Module, modules: Value) -> None:
    items = items_of(at.m, modules)
    if items is None and isinstance(modules, Iterator):
        values, complete = modules.values, modules.complete
    else:
        values, complete = (items.values, items.complete) if items is not None else ((), False)
    for value in values:
        _put(at, module, str(len(module.children)), value)
    if not complete:
        further_children(module)


def _unseen(at: Site) -> Module:
    """A child of which nothing is known: it keeps its place in the order, and what it gives is unknown."""
    child = Module(kind="?", rest=new_parameter(rest=True, pretrained=None), pretrained=None, node=at.node)
    child.fields["mode"] = AS_BUILT
    return child


def refuse_class(at: Site, module: Module, value: Value) -> None:
    """Write down that a class was to be a child, which torch refuses."""
    if _is_class_of_modules(value):
        place = _place(at, value)
        target, written = source_of(at.node), source_of(place)
        at.emit(ChildRefused, module=module, value=value, target=target, place=place, written=written)


def _place(at: Site, value: Value) -> ast.AST | None:
    """The node of an argument that stands for itself; one of several in a list is not told apart."""
    argument = next((at.arguments.places.get(i) for i, v in enumerate(at.arguments.positional) if v is value), None)
    return passed(argument)


def _is_class_of_modules(value: Value) -> bool:
    """Whether a value is a class of modules, of a library or of the script, and not an object of it."""
    match value:
        case Reference(path):
            return is_module_class(path)
        case Class():
            return any(is_module_class(path) for path in value.library_bases())
    return False


class Sequential(_Container):
    """``nn.Sequential``: one after the other."""

    @staticmethod
    def fill(at: Site, module: Module) -> None:
        first = at.arguments.positional[0] if at.arguments.positional else None
        if isinstance(first, Dict):
            for name, value in first.entries.items():
                _put(at, module, str(name), value)
            if not first.complete:
                further_children(module)
            return
        for index, value in enumerate(at.arguments.positional):
            _put(at, module, str(index), value)
        if not at.arguments.complete:
            further_children(module)

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        from ft_lint.interpreter.calls import call
        from ft_lint.interpreter.signature import Arguments

        value = input
        for child in list(module.children.values()):
            if module.rest is not None:  # a child that we do not see may stand before it
                value = at.result(None, value)
            value = call(at.m, child, Arguments((value,)), at.node)
        return at.result(None, value) if module.rest is not None else value

    @staticmethod
    def append(at: Site, self: Module, module: Value) -> Value:
        """``append(module)``."""
        _put(at, self, str(len(self.children)), module)
        at.m.appended.append(self)
        return self


class ModuleList(_Container):
    """``nn.ModuleList``."""

    @staticmethod
    def fill(at: Site, module: Module) -> None:
        if at.arguments.positional:
            _put_all(at, module, at.arguments.positional[0])

    @staticmethod
    def append(at: Site, self: Module, module: Value) -> Value:
        """``append(module)``."""
        _put(at, self, str(len(self.children)), module)
        at.m.appended.append(self)
        return self

    @staticmethod
    def extend(at: Site, self: Module, modules: Value) -> Value:
        """``extend(modules)``."""
        _put_all(at, self, modules)
        at.m.appended.append(self)
        return self


class ModuleDict(_Container):
    """``nn.ModuleDict``."""

    @staticmethod
    def fill(at: Site, module: Module) -> None:
        given = at.arguments.positional[0] if at.arguments.positional else None
        if isinstance(given, Dict):
            for name, value in given.entries.items():
                _put(at, module, str(name), value)
        if given is not None and not (isinstance(given, Dict) and given.complete):
            further_children(module)

    @staticmethod
    def items(at: Site, self: Module) -> Value:
        """Names and children."""
        from ft_lint.library.torch.nn.modules.module import Module as Methods

        return Methods.named_children(at, self)

    @staticmethod
    def values(at: Site, self: Module) -> Value:
        """The children."""
        from ft_lint.library.torch.nn.modules.module import Module as Methods

        return Methods.children(at, self)


class ParameterList(Layer):
    """``nn.ParameterList``: its parameters are not followed one by one."""


class Wrapper(Layer):
    """``DataParallel`` and kin: call the one child ``module``."""

    container = True

    @staticmethod
    def build(*args: Any, **kwargs: Any) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, *args: Value, **kwargs: Value) -> Value:
        from ft_lint.interpreter.calls import call
        from ft_lint.interpreter.signature import Arguments

        held = module.children.get("module") or at.unknown("a subclass of a wrapper")
        return call(at.m, held, Arguments(args, kwargs), at.node)


def wrapped(at: Site, module: Value, kind: str = "torch.nn.modules.container.Wrapper") -> Value:
    """A wrapper around a module, with the child ``module``."""
    if not isinstance(module, Module):
        return at.unknown("a wrapper around something unknown", module)
    made = Module(kind=kind, arguments={"wraps": NONE}, node=at.node)
    made.fields["mode"] = module.mode
    made.children["module"] = module
    return made
