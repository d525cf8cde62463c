"""Modules for models of a zoo: their trees with parameters, and heads for other numbers of classes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable
from typing import Any

from ft_lint.library import canonical
from ft_lint.library._zoo.architecture import BATCH_NORM, Architecture, Head, Node, drop_rate
from ft_lint.library.layer import Layer
from ft_lint.library.site import Site, dim_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.values.base import TRUE, Constant, Value
from ft_lint.values.containers import Tuple
from ft_lint.values.module import AS_BUILT, Module
from ft_lint.values.shape import scale
from ft_lint.values.tensor import Dimension, new_parameter


def assemble(at: Site, found: Architecture, kind: str, pretrained: bool | None) -> Module:
    """The whole tree of a model in train mode, every parameter with its shape; ``kind`` names the model itself."""
    made = instantiate(at, found.root, pretrained, kind)
    object.__setattr__(made, "architecture", found)
    for path, flow in found.shapes.items():
        part = descend(made, path)
        if part is not None:
            object.__setattr__(part, "flow", flow)
    for path, first in found.shared.items():
        owner, one = owner_of(made, path), descend(made, first)
        if owner is not None and one is not None:
            owner.children[path.rpartition(".")[2]] = one
    return made


def instantiate(at: Site, node: Node, pretrained: bool | None, kind: str | None = None) -> Module:
    """One module of a table with all below it."""
    sequential = node.forward == "torch.nn.Sequential"
    own = kind or ("torch.nn.Sequential" if sequential else canonical(node.kind))
    made = Module(kind=own, arguments=_settings(node), pretrained=pretrained, node=at.node)
    made.fields["mode"] = AS_BUILT
    if not own.startswith("torch.nn.") and (node.base.startswith(BATCH_NORM) or drop_rate(node) > 0):
        made.fields["stochastic"] = TRUE
    for name, shape in node.parameters:
        made.parameters[name] = new_parameter(shape, pretrained=pretrained)
    for name, child in node.children:
        made.children[name] = instantiate(at, child, pretrained)
    return made


def _settings(node: Node) -> dict[str, Value]:
    """A layer's constructor arguments, those that the table leaves out at torch's defaults."""
    given = {name: _value(value) for name, value in node.config.items()}
    defaults = _defaults(canonical(node.kind))
    if defaults is None:
        return given
    known = {name: value for name, value in given.items() if name in defaults}
    return {name: value for name, value in defaults.items() if value is not _NO_DEFAULT} | known


_NO_DEFAULT = inspect.Parameter.empty


@functools.cache
def _defaults(kind: str) -> dict[str, Any] | None:
    """The parameters of a layer's constructor with their defaults; None for what is no layer of ours."""
    from ft_lint.library import find

    found = find(kind)
    if not (isinstance(found, type) and issubclass(found, Layer)):
        return None
    return {name: parameter.default for name, parameter in inspect.signature(found.build).parameters.items()}


def _value(value: Any) -> Value:
    return Tuple(tuple(map(_value, value))) if isinstance(value, tuple) else Constant(value)


def resize(model: Module, found: Architecture, heads: Iterable[Head], classes: Value, pretrained: bool | None) -> None:
    """Give ``heads`` weights for another number of classes, as the factory does with ``num_classes=``.

    A head may have several rows for each class: the boxes of detection.
    """
    assert found.num_classes is not None
    for head in heads:
        layer = descend(model, head.path)
        if layer is None:
            continue
        for end in range(1, head.path.count(".") + 2):
            part = descend(model, ".".join(head.path.split(".")[:end]))
            if part is not None:
                object.__setattr__(part, "flow", None)
        rows = scale(dim_of(classes), head.out_features // found.num_classes)
        for name, parameter in list(layer.parameters.items()):
            shape = shape_of(parameter)
            if shape is not None:
                layer.parameters[name] = new_parameter((rows, *shape[1:]), pretrained=pretrained)
        key = "out_features" if "out_features" in layer.arguments else "out_channels"
        layer.arguments[key] = Constant(rows) if isinstance(rows, int) else Dimension(rows)


def owner_of(module: Module, path: str) -> Module | None:
    """The module whose child stands at a dotted path."""
    above = path.rpartition(".")[0]
    return descend(module, above) if above else module


def descend(module: Module, path: str) -> Module | None:
    """The module at a dotted path; None where there is none, or one of several."""
    here: Value | None = module
    for part in path.split("."):
        here = here.children.get(part) if isinstance(here, Module) else None
    return here if isinstance(here, Module) else None
