"""A model's tree of modules as plain values, equal subtrees once."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ft_lint.library._zoo.architecture import RATES


def encode(model: nn.Module) -> dict[str, Any]:
    """Modules as nodes in a list, children before parents; the last is the root."""
    nodes: dict[str, int] = {}
    kinds: dict[tuple[str, str, str], int] = {}

    def add(module: nn.Module) -> int:
        children = [[name, add(child)] for name, child in module.named_children()]
        kind = kinds.setdefault(_kind(type(module)), len(kinds))
        parameters = [[k, list(p.shape)] for k, p in module._parameters.items() if p is not None]
        buffers = [[k, list(b.shape)] for k, b in module._buffers.items() if b is not None]
        text = dumps([kind, _configuration(module), parameters, buffers, children])
        return nodes.setdefault(text, len(nodes))

    add(model)
    return {"kinds": [list(kind) for kind in kinds], "nodes": [json.loads(text) for text in nodes]}


def attributes(model: nn.Module) -> list[str]:
    """Public names on the model that ``nn.Module`` does not have: methods and plain attributes, no children."""
    inside = {*model._modules, *model._parameters, *model._buffers, *dir(nn.Module)}
    return sorted(name for name in dir(model) if not name.startswith("_") and name not in inside)


def shared(model: nn.Module) -> dict[str, str]:
    """Paths of modules with parameters that stand at an earlier path too, with that path."""
    first: dict[int, str] = {}
    paths = (
        (path, module)
        for path, module in model.named_modules(remove_duplicate=False)
        if next(module.parameters(), None) is not None
    )
    found = {path: first.setdefault(id(module), path) for path, module in paths}
    again = {path: at for path, at in found.items() if path != at}
    return {path: at for path, at in again.items() if path.rpartition(".")[0] not in again}


def public_name(cls: type) -> str:
    """The name that people write: ``torch.nn.Conv2d``, and in full for everything outside torch.nn."""
    return f"torch.nn.{cls.__name__}" if _is_public(cls) else f"{cls.__module__}.{cls.__qualname__}"


def _is_public(cls: type) -> bool:
    return getattr(nn, cls.__name__, None) is cls


def _kind(cls: type[nn.Module]) -> tuple[str, str, str]:
    """The class, its nearest ancestor in torch.nn, and the class whose ``forward`` it runs."""
    base = next(c for c in cls.__mro__ if _is_public(c))
    runs = next(c for c in cls.__mro__ if "forward" in vars(c))
    return public_name(cls), public_name(base), public_name(base if issubclass(base, runs) else runs)


def _configuration(module: nn.Module) -> dict[str, Any]:
    """Constructor arguments that the module keeps under their own name and that are not at their default.

    Only of what extends a layer of torch.nn, or drops units in training; nobody asks the rest.  ``bias`` is kept as a
    parameter or None, which says whether there is one.
    """
    found: dict[str, Any] = {}
    for name in _arguments(type(module)):
        value = getattr(module, name, module)
        if name == "bias" and (value is None or isinstance(value, torch.Tensor)):
            value = value is not None
        if value is not module and is_plain(value):
            found[name] = value
    return wanted(type(module), found)


def wanted(cls: type[nn.Module], configuration: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a module's configuration; rates are kept at their default too."""
    base = next(c for c in cls.__mro__ if _is_public(c))
    if base is nn.Module and cls.__name__ not in RATES:
        return {}
    defaults, rates = _arguments(cls), ("p", *RATES.values())
    return {k: v for k, v in configuration.items() if k in rates or not _is_default(v, defaults[k].default)}


def _is_default(value: Any, default: Any) -> bool:
    """Whether a value is the default, perhaps written out for each axis."""
    if isinstance(default, list | tuple):
        return isinstance(value, list | tuple) and list(value) == list(default)
    return all(one == default for one in value) if isinstance(value, list | tuple) and value else value == default


def _arguments(cls: type[nn.Module]) -> Mapping[str, inspect.Parameter]:
    """Parameters of the constructor; ``inspect`` is slow, and models have thousands of modules."""
    if cls not in _SIGNATURES:
        _SIGNATURES[cls] = dict(list(inspect.signature(cls.__init__).parameters.items())[1:])
    return _SIGNATURES[cls]


_SIGNATURES: dict[type, Mapping[str, inspect.Parameter]] = {}


def is_plain(value: object) -> bool:
    """Whether JSON can hold the value."""
    if isinstance(value, list | tuple):
        return all(is_plain(v) for v in value)
    return value is None or type(value) in (bool, int, float, str)


def dumps(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))
