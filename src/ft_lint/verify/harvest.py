"""Reads torchvision's classifiers off torch itself and writes the table that wheels carry.

``python -m ft_lint.verify.harvest`` builds every classification model of ``torchvision.models`` with
weights on the ``meta`` device, runs it once in train and once in eval mode, and writes down what it
saw: the tree of modules, what ``forward`` calls, the head, the shapes around it, the weights and the
arguments.  Nothing is typed by hand and nothing is guessed from names; ``ft_lint.library.torchvision.models.table``
reads the result without torch, and ``tests/test_zoo.py`` compares both.

The file is zlib over lines of JSON: a header, then one line for each model in the header's order, so
that a reader decodes only the models it is asked for.  Within a line equal subtrees are stored once.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn
from torchvision.models._api import Weights, WeightsEnum

from ft_lint.library.torchvision.models import table

_BATCH = 2
"""Images in the run that shapes are read from; two, since batch norm refuses one in train mode."""

_OTHER_SIZE = 64
"""Pixels added to each side of the image to see which shapes follow the input's size."""


class _Reached(Exception):
    """Raised in place of a model's construction, when only the arguments that reach it are wanted."""


@contextlib.contextmanager
def _replaced(owner: type, name: str, value: object) -> Iterator[None]:
    """Within it, the class has ``value`` under ``name``."""
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _register_on_meta(self: nn.Module, name: str, param: nn.Parameter | None) -> None:
    """Stands in for ``register_parameter``: the parameter has a shape and no memory.

    ``torch.device("meta")`` would do so with every tensor, and regnet and swin compute with tensors in ``__init__``.
    """
    _register(self, name, None if param is None else nn.Parameter(param.to("meta"), param.requires_grad))


_register = nn.Module.register_parameter


def build(factory: Callable[..., nn.Module], **arguments: Any) -> nn.Module:
    """The model that ``factory`` gives, wholly on ``meta``; weights that are asked for are not fetched."""
    with (
        _replaced(nn.Module, "register_parameter", _register_on_meta),
        _replaced(nn.Module, "load_state_dict", lambda *_, **__: None),
        _replaced(WeightsEnum, "get_state_dict", lambda *_, **__: {}),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        return factory(**arguments).to("meta")


def harvest(name: str) -> dict[str, Any]:
    """The record of one model, e.g. ``harvest("resnet18")``, as ``table`` reads it."""
    factory = torchvision.models.get_model_builder(name)
    enum = torchvision.models.get_model_weights(name)
    model = build(factory)
    size = _input_size(enum, model)
    trained, evaluated = _watch(model, size, training=True), _watch(model, size, training=False)
    larger = _watch_larger(model, size + _OTHER_SIZE)
    head = _head(evaluated, model)
    return {
        "name": name,
        "module": factory.__module__,
        "tree": _Tree().encode(model),
        "input_size": size,
        "fixed_size": larger is None,
        "called_in_training": _calls(trained),
        "called_in_evaluation": _calls(evaluated),
        "uncalled": [path for path, _ in model.named_modules() if path not in {**trained, **evaluated}],
        "shapes": _shapes(model, head["path"], evaluated, larger or evaluated),
        "head": head,
        "auxiliary": _auxiliary(factory, enum, model, trained, evaluated),
        "weights_enum": enum.__name__,
        "weights": [_member(factory, type(model), key, member) for key, member in enum.__members__.items()],
        "legacy_weights": _legacy(factory, type(model)),
        **_arguments(factory, model),
    }


def _input_size(enum: type[WeightsEnum], model: nn.Module) -> int:
    """Pixels of each side of the image that the model is meant for.

    Transformers say so themselves; the rest take the crop of their first weights.
    """
    own = getattr(model, "image_size", None)
    return int(own if own is not None else next(iter(enum.__members__.values())).transforms().crop_size[0])


_Calls = dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
"""Each module's path and the shapes (without batch) of its input and output, in the order of the calls.

A shape is ``()`` where the module does not take or give one tensor.
"""


def _watch(model: nn.Module, size: int, *, training: bool) -> _Calls:
    """What happens in the model on images of ``size`` by ``size`` pixels."""
    seen: _Calls = {}

    def enter(path: str) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        return lambda _, inputs: seen.update({path: seen.get(path, (_shape(inputs[0] if inputs else None), ()))})

    def leave(path: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
        return lambda _, __, output: seen.update({path: (seen[path][0], _shape(output))})

    hooks = [module.register_forward_pre_hook(enter(path)) for path, module in model.named_modules()]
    hooks += [module.register_forward_hook(leave(path)) for path, module in model.named_modules()]
    try:
        with torch.no_grad():
            model.train(training)(torch.empty(_BATCH, 3, size, size, device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _watch_larger(model: nn.Module, size: int) -> _Calls | None:
    """The same in eval mode; None where the model refuses the size, as vision transformers do."""
    try:
        return _watch(model, size, training=False)
    except (RuntimeError, ValueError, AssertionError):
        return None


def _shape(value: object) -> tuple[int, ...]:
    return tuple(value.shape[1:]) if isinstance(value, torch.Tensor) else ()


def _calls(seen: _Calls) -> list[str]:
    """Top-level children that are called or that something is called in, in the order of the calls."""
    return [child for child in dict.fromkeys(path.split(".")[0] for path in seen) if child]


def _head(evaluated: _Calls, model: nn.Module) -> dict[str, Any]:
    """The last layer with weights that forward calls: it makes the classes."""
    modules = dict(model.named_modules())
    path = [path for path in evaluated if isinstance(modules[path], nn.Linear | nn.Conv2d)][-1]
    return {"path": path, **_widths(modules[path])}


def _widths(layer: nn.Module) -> dict[str, int]:
    if isinstance(layer, nn.Linear):
        return {"in_features": layer.in_features, "out_features": layer.out_features}
    assert isinstance(layer, nn.Conv2d)
    return {"in_features": layer.in_channels, "out_features": layer.out_channels}


def _shapes(model: nn.Module, head: str, seen: _Calls, larger: _Calls) -> dict[str, list[Any]]:
    """Input and output of each top-level child and of all in the head, and which of the two follow the image."""
    inside = head.split(".")[0] + "."
    wanted = [path for path in seen if path in dict(model.named_children()) or path.startswith(inside)]
    return {path: [*seen[path], *(a != b for a, b in zip(seen[path], larger[path], strict=True))] for path in wanted}


def _auxiliary(
    factory: Callable[..., nn.Module], enum: type[WeightsEnum], model: nn.Module, trained: _Calls, evaluated: _Calls
) -> list[dict[str, Any]]:
    """Children that forward calls in train mode only, each with its last linear layer."""
    only = [path for path in _calls(trained) if path not in _calls(evaluated)]
    if not only:
        return []
    kept = dict(build(factory, weights=enum["DEFAULT"]).named_children())
    linear = {path: module for path, module in model.named_modules() if isinstance(module, nn.Linear)}
    lasts = {path: [p for p in trained if p in linear and p.startswith(path + ".")][-1] for path in only}
    return [
        {"path": path, "head": last, **_widths(linear[last]), "kept_with_weights": path in kept}
        for path, last in lasts.items()
    ]


def _reach(factory: Callable[..., nn.Module], owner: type[nn.Module], **arguments: Any) -> dict[str, Any] | None:
    """What the factory hands to the model's class when called so; None when it refuses the call."""
    received: dict[str, Any] = {}
    signature = inspect.signature(owner.__init__)

    def stop(self: nn.Module, *positional: Any, **keywords: Any) -> None:
        received.update(signature.bind(self, *positional, **keywords).arguments)
        raise _Reached

    with _replaced(owner, "__init__", stop), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            factory(**arguments)
        except _Reached:
            return received
        except (TypeError, ValueError):
            return None
    return None


def _arguments(factory: Callable[..., nn.Module], model: nn.Module) -> dict[str, Any]:
    """Keyword arguments that the factory takes, found by passing each one."""
    signature = inspect.signature(type(model).__init__)
    own = [p.name for p in inspect.signature(factory).parameters.values() if p.kind is not p.VAR_KEYWORD]
    further = [
        p.name
        for p in list(signature.parameters.values())[1:]
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and _reach(factory, type(model), **{p.name: getattr(model, p.name, p.default)}) is not None
    ]
    anything = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    return {"arguments": own + further, "takes_anything": anything}


def _legacy(factory: Callable[..., nn.Module], owner: type[nn.Module]) -> str | None:
    """The member of the weights that ``pretrained=True`` stands for; None where it is refused."""
    asked: list[WeightsEnum] = []

    def note(_: type[WeightsEnum], obj: WeightsEnum) -> WeightsEnum:
        asked.append(obj)
        return obj

    with _replaced(WeightsEnum, "verify", classmethod(note)):
        _reach(factory, owner, pretrained=True)
    return asked[0].name if asked else None


def _member(factory: Callable[..., nn.Module], owner: type[nn.Module], key: str, member: WeightsEnum) -> dict[str, Any]:
    weights: Weights = member.value
    preset = weights.transforms()
    plain = _reach(factory, owner) or {}
    given = _reach(factory, owner, weights=member) or {}
    changed = {k: v for k, v in given.items() if _is_plain(v) and (k not in plain or plain[k] != v)}
    return {
        "name": key,
        "same_as": member.name,
        "crop_size": preset.crop_size[0],
        "resize_size": preset.resize_size[0],
        "mean": preset.mean,
        "std": preset.std,
        "interpolation": preset.interpolation.value,
        "min_size": list(weights.meta["min_size"]),
        "sets": changed,
    }


def _is_plain(value: object) -> bool:
    """Whether JSON can hold the value."""
    if isinstance(value, list | tuple):
        return all(_is_plain(v) for v in value)
    return value is None or type(value) in (bool, int, float, str)


class _Tree:
    """Modules as nodes in a list, children before parents, equal ones once; the last is the root."""

    def __init__(self) -> None:
        self._nodes: dict[str, int] = {}
        self._kinds: dict[tuple[str, str, str], int] = {}

    def encode(self, model: nn.Module) -> dict[str, Any]:
        self._add(model)
        return {"kinds": list(self._kinds), "nodes": [json.loads(text) for text in self._nodes]}

    def _add(self, module: nn.Module) -> int:
        children = [[name, self._add(child)] for name, child in module.named_children()]
        kind = self._kinds.setdefault(_kind(type(module)), len(self._kinds))
        parameters = [[k, list(p.shape)] for k, p in module._parameters.items() if p is not None]
        buffers = [[k, list(b.shape)] for k, b in module._buffers.items() if b is not None]
        text = _dumps([kind, _configuration(module), parameters, buffers, children])
        return self._nodes.setdefault(text, len(self._nodes))


def _is_public(cls: type) -> bool:
    return getattr(nn, cls.__name__, None) is cls


def _public(cls: type) -> str:
    """The name that people write: ``torch.nn.Conv2d``, and in full for everything outside torch.nn."""
    return f"torch.nn.{cls.__name__}" if _is_public(cls) else f"{cls.__module__}.{cls.__qualname__}"


def _kind(cls: type[nn.Module]) -> tuple[str, str, str]:
    """The class, its nearest ancestor in torch.nn, and the class whose ``forward`` it runs."""
    base = next(c for c in cls.__mro__ if _is_public(c))
    runs = next(c for c in cls.__mro__ if "forward" in vars(c))
    return _public(cls), _public(base), _public(base if issubclass(base, runs) else runs)


def _configuration(module: nn.Module) -> dict[str, Any]:
    """Constructor arguments that the module keeps under their own name, as plain values.

    ``bias`` is kept as a parameter or None, which says whether there is one.
    """
    found: dict[str, Any] = {}
    for name in list(inspect.signature(type(module).__init__).parameters)[1:]:
        value = getattr(module, name, module)
        if name == "bias" and (value is None or isinstance(value, torch.Tensor)):
            value = value is not None
        if value is not module and _is_plain(value):
            found[name] = value
    return found


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def names() -> list[str]:
    """The classification models of torchvision, sorted."""
    return list(torchvision.models.list_models(module=torchvision.models))


def write(path: Path) -> int:
    """Harvests every model into ``path`` and returns the file's size in bytes."""
    records = [harvest(name) for name in names()]
    header = {
        "torchvision": torchvision.__version__.split("+")[0],
        "models": [[record["name"], record["weights_enum"]] for record in records],
    }
    text = "\n".join(_dumps(line) for line in [header, *records])
    return path.write_bytes(zlib.compress(text.encode(), 9))


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(f"{table.PATH}: {write(table.PATH)} bytes, {len(names())} models")
