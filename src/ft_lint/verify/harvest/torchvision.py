"""torchvision's models: classifiers, segmentation, detection, video and optical flow.

Every model with weights is built on the ``meta`` device and run once in train and once in eval mode.  Detection
models choose boxes by their scores, which ``meta`` has not: they run on random weights.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn
from torchvision.models._api import Weights, WeightsEnum

from ft_lint.library._zoo import table as zoo_table
from ft_lint.library.torchvision.models import table
from ft_lint.verify.harvest import calls, meta, trees

_BATCH = 2
"""Images in the run that shapes are read from; two, since batch norm refuses one in train mode."""

_FRAMES = 16
"""Frames of a clip."""

_CLASSES = 7
"""A number of classes that no weights have."""

_Factory = Callable[..., nn.Module]


class _Reached(Exception):
    """Raised in place of a model's construction, when only the arguments that reach it are wanted."""


def names() -> list[str]:
    """The models of torchvision that have weights, sorted; quantized ones, which cannot be trained, left out."""
    return [name for name in torchvision.models.list_models() if not name.startswith("quantized_")]


def version() -> str:
    """torchvision's version without its build."""
    return str(torchvision.__version__).split("+")[0]


def build(factory: _Factory, **arguments: Any) -> nn.Module:
    """The model on ``meta``; weights that are asked for are not fetched, those of the backbone neither."""
    with _not_fetching():
        return meta.build(factory, **arguments)


def _not_fetching() -> contextlib.AbstractContextManager[None]:
    return meta.replaced(WeightsEnum, "get_state_dict", lambda *_, **__: {})


def harvest(name: str) -> dict[str, Any]:
    """The record of one model, e.g. ``harvest("resnet18")``."""
    factory = torchvision.models.get_model_builder(name)
    enum = torchvision.models.get_model_weights(name)
    family = family_of(factory)
    plain = build(factory)
    model = build(factory, aux_loss=True) if _has_auxiliary_loss(factory, family) else plain
    size = _input(enum, model, family)
    trained, evaluated, larger = _watch(name, model, family, size)
    auxiliary = _auxiliary(factory, enum, model, plain, trained)
    extra = tuple(one["path"] + "." for one in auxiliary)
    paths = [path for path in _resized(factory, model) if not path.startswith(extra)]
    heads = [{"path": path, **calls.widths(model.get_submodule(path))} for path in paths]
    return {
        "name": name,
        "module": factory.__module__,
        "family": family,
        "trees": {"root": trees.encode(model)} | _untrained(factory, family),
        "input": size,
        "fixed_size": larger is None,
        "first": calls.first_layers(evaluated, model),
        "called_in_training": calls.children(trained),
        "called_in_evaluation": calls.children(evaluated),
        "shapes": {} if family == "detection" else calls.flows(model, paths, evaluated, larger or evaluated),
        "heads": heads,
        "num_classes": _num_classes(factory, type(model), heads),
        "auxiliary": auxiliary,
        "attributes": trees.attributes(model),
        "shared": trees.shared(model),
        "weights_enum": enum.__name__,
        "weights": [_member(factory, type(model), key, member) for key, member in enum.__members__.items()],
        "legacy_weights": _legacy(factory, type(model)),
        "backbone_weights": _default_backbone(factory),
        **_arguments(factory, model),
    }


def family_of(factory: _Factory) -> str:
    """``segmentation``, ``detection``, ``video``, ``optical_flow``, or ``classification`` for all else."""
    package = factory.__module__.split(".")[2]
    return package if package in ("segmentation", "detection", "video", "optical_flow") else "classification"


def _has_auxiliary_loss(factory: _Factory, family: str) -> bool:
    return family == "segmentation" and "aux_loss" in inspect.signature(factory).parameters


def _untrained(factory: _Factory, family: str) -> dict[str, Any]:
    """The tree without any weights, where it is another one: detection trains batch norm only then."""
    if family != "detection":
        return {}
    return {"untrained": trees.encode(build(factory, weights=None, weights_backbone=None))}


def _input(enum: type[WeightsEnum], model: nn.Module, family: str) -> list[int] | None:
    """The image or clip, without batch, that the model is meant for; None where any will do.

    Transformers say so themselves; the rest take what their first weights are given.
    """
    if family in ("detection", "optical_flow"):
        return None
    preset = next(iter(enum.__members__.values())).transforms()
    if family == "segmentation":
        return [3, preset.resize_size[0], preset.resize_size[0]]
    own = getattr(model, "image_size", None)
    side = int(own if own is not None else preset.crop_size[0])
    return [3, _FRAMES, side, side] if family == "video" else [3, side, side]


def _watch(
    name: str, model: nn.Module, family: str, size: list[int] | None
) -> tuple[calls.Calls, calls.Calls, calls.Calls | None]:
    """Calls in training and in evaluation, and on larger images; None for those where they are refused."""
    if family == "detection":
        seen = _watch_detection(name)
        return seen, seen, seen
    if size is None:
        pair = torch.empty(_BATCH, 3, 128, 128, device="meta")
        seen = calls.watch(model, pair, pair)
        return seen, seen, seen
    image = torch.empty(_BATCH, *size, device="meta")
    trained, evaluated = calls.watch(model, image, training=True), calls.watch(model, image)
    return trained, evaluated, calls.watch_larger(model, image)


def _watch_detection(name: str) -> calls.Calls:
    """Calls on an image of noise, with weights of noise."""
    model = torchvision.models.get_model(name, weights=None, weights_backbone=None)
    return calls.watch(model, [torch.rand(3, 320, 320)])


def _resized(factory: _Factory, model: nn.Module) -> list[str]:
    """Modules whose own parameters have other shapes with another number of classes: the heads."""
    given: dict[str, Any] = {"aux_loss": True} if getattr(model, "aux_classifier", None) is not None else {}
    if not _takes_classes(factory, type(model)):
        return []
    other = dict(build(factory, num_classes=_CLASSES, **given).named_parameters())
    changed = (key for key, parameter in model.named_parameters() if parameter.shape != other[key].shape)
    return list(dict.fromkeys(key.rpartition(".")[0] for key in changed))


def _takes_classes(factory: _Factory, owner: type[nn.Module]) -> bool:
    return any("num_classes" in inspect.signature(call).parameters for call in (factory, owner.__init__))


def _num_classes(factory: _Factory, owner: type[nn.Module], heads: list[dict[str, Any]]) -> int | None:
    """Classes of the model as the factory builds it without arguments; None where it has none."""
    if not heads:
        return None
    given = _reach(factory, owner) or {}
    return int(given.get("num_classes") or heads[0]["out_features"])


def _auxiliary(
    factory: _Factory, enum: type[WeightsEnum], model: nn.Module, plain: nn.Module, seen: calls.Calls
) -> list[dict[str, Any]]:
    """Children that an argument takes away, each with its last layer with weights.

    ``kept_with_weights`` and ``kept_without_weights``: whether it is there where the argument is not given.
    """
    argument = next((name for name in _AUXILIARY if name in _arguments(factory, model)["arguments"]), None)
    if argument is None:
        return []
    with_weights = dict(build(factory, weights=enum["DEFAULT"]).named_children())
    off = dict(build(factory, **{argument: False}).named_children())
    layers = {path: module for path, module in model.named_modules() if isinstance(module, nn.Linear | nn.Conv2d)}
    lasts = {
        child: [path for path in seen if path in layers and path.startswith(child + ".")][-1]
        for child, module in model.named_children()
        if off.get(child) is None
    }
    return [
        {
            "path": child,
            "head": last,
            **calls.widths(layers[last]),
            "argument": argument,
            "kept_with_weights": with_weights.get(child) is not None,
            "kept_without_weights": dict(plain.named_children()).get(child) is not None,
        }
        for child, last in lasts.items()
    ]


_AUXILIARY = ("aux_logits", "aux_loss")
"""Arguments by which auxiliary heads are asked for."""


def _reach(factory: _Factory, owner: type[nn.Module], **arguments: Any) -> dict[str, Any] | None:
    """What the factory hands to the model's class when called so; None when it refuses the call."""
    received: dict[str, Any] = {}
    signature = inspect.signature(owner.__init__)

    def stop(self: nn.Module, *positional: Any, **keywords: Any) -> None:
        received.update(signature.bind(self, *positional, **keywords).arguments)
        raise _Reached

    with _not_fetching(), meta.without_memory(), meta.replaced(owner, "__init__", stop):
        try:
            factory(**arguments)
        except _Reached:
            return received
        except (TypeError, ValueError):
            return None
    return None


def _arguments(factory: _Factory, model: nn.Module) -> dict[str, Any]:
    """Keyword arguments that the factory takes, found by passing each one."""
    signature = inspect.signature(type(model).__init__)
    own = [p.name for p in inspect.signature(factory).parameters.values() if p.kind is not p.VAR_KEYWORD]
    further = [
        p.name
        for p in list(signature.parameters.values())[1:]
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and p.name not in own
        and _reach(factory, type(model), **{p.name: getattr(model, p.name, p.default)}) is not None
    ]
    anything = _reach(factory, type(model), no_such_argument=None) is not None
    return {"arguments": own + further, "takes_anything": anything}


def _legacy(factory: _Factory, owner: type[nn.Module]) -> str | None:
    """The member of the weights that ``pretrained=True`` stands for; None where it is refused."""
    asked: list[WeightsEnum] = []

    def note(_: type[WeightsEnum], obj: WeightsEnum | None) -> WeightsEnum | None:
        asked.extend([] if obj is None else [obj])
        return obj

    with meta.replaced(WeightsEnum, "verify", classmethod(note)):
        _reach(factory, owner, pretrained=True)
    return asked[0].name if asked else None


def _default_backbone(factory: _Factory) -> str | None:
    """The weights that the backbone gets where nothing is said, e.g. ``ResNet50_Weights.IMAGENET1K_V1``."""
    parameter = inspect.signature(factory).parameters.get("weights_backbone")
    default = parameter.default if parameter is not None else None
    return f"{type(default).__name__}.{default.name}" if isinstance(default, WeightsEnum) else None


def _member(factory: _Factory, owner: type[nn.Module], key: str, member: WeightsEnum) -> dict[str, Any]:
    """One member of the weights: what its transforms do and what it makes the factory do."""
    weights: Weights = member.value
    preset = weights.transforms()
    plain = _reach(factory, owner) or {}
    given = _reach(factory, owner, weights=member) or {}
    changed = {k: v for k, v in given.items() if trees.is_plain(v) and (k not in plain or plain[k] != v)}
    categories = weights.meta.get("categories")
    interpolation = getattr(preset, "interpolation", None)
    return {
        "name": key,
        "same_as": member.name,
        "num_classes": None if categories is None else len(categories),
        "crop_size": _one_side(getattr(preset, "crop_size", None)),
        "resize_size": _one_side(getattr(preset, "resize_size", None)),
        "mean": getattr(preset, "mean", None),
        "std": getattr(preset, "std", None),
        "interpolation": None if interpolation is None else interpolation.value,
        "min_size": list(weights.meta["min_size"]),
        "sets": changed,
    }


def _one_side(size: list[int] | None) -> int | list[int] | None:
    """A size as people write it: one number where both sides are equal."""
    return size[0] if size is not None and len(set(size)) == 1 else size


def write(records: Iterable[dict[str, Any]], path: Path = table.PATH) -> int:
    """Write the table; gives its size in bytes."""
    kept = list(records)
    enums = {record["weights_enum"]: record["name"] for record in kept}
    return zoo_table.write(path, {"torchvision": version(), "weights_enums": enums}, kept)


def rewrite() -> Path:
    """Harvest every model and write the table that wheels carry; gives its path."""
    write(harvest(name) for name in names())
    return table.PATH
