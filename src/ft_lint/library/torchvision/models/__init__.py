"""``torchvision.models``: models with their whole trees, from the harvested table."""

from __future__ import annotations

import dataclasses
from typing import Any

from ft_lint.facts.models import ModelBuilt
from ft_lint.library._zoo.building import assemble, resize
from ft_lint.library.site import Site
from ft_lint.library.torchvision.models.table import TorchvisionArchitecture, WeightsMember, architecture, factory_of
from ft_lint.light import replace
from ft_lint.values.base import NONE, Constant, Unknown, Value, constant, integer, is_none, options, text, truth
from ft_lint.values.callables import Reference
from ft_lint.values.module import Module, modules_of, parameters_of
from ft_lint.values.tensor import new_parameter

_PREFIX = "torchvision.models."


def is_model(path: str) -> bool:
    """Whether a path is a builder of one of torchvision's models."""
    return path.startswith(_PREFIX) and factory_of(path) is not None


def get_model(at: Site, name: Value, **config: Value) -> Value:
    """``get_model("resnet18", weights=...)``."""
    found = get_model_of(at, text(name) or "", config)
    return at.unknown("a model whose name we do not know") if found is None else found


def get_model_of(at: Site, name: str, config: dict[str, Value]) -> Value | None:
    """The model of that name; None where there is none."""
    found = architecture(name)
    if found is None:
        return None
    package = found.module.rpartition(".")[0]
    return build(at, f"{package}.{found.name}", replace(at.arguments, positional=(), keywords=config))


def build(at: Site, path: str, arguments: Any) -> Value:
    """Build a model: its tree, its parameters, whether its weights are pretrained."""
    found = architecture(factory_of(path) or "")
    assert found is not None
    given = _by_name(found, arguments)
    pretrained = _pretrained(given, ("weights", "pretrained"), arguments.complete)
    backbone = _backbone(found, given, pretrained, arguments.complete)
    sized = _at_size(found, given)
    model = assemble(at, _as_trained(sized, pretrained, backbone), path, pretrained)
    _load_backbone(model, pretrained, backbone)
    _drop_auxiliary(model, found, given, pretrained)
    if sized is not found or not given.keys().isdisjoint(_RESHAPING):
        for part in modules_of(model):
            object.__setattr__(part, "flow", None)
            if "pos_embedding" in part.parameters:
                part.parameters["pos_embedding"] = new_parameter(None, pretrained=pretrained)
    if "num_classes" in given and found.num_classes is not None and not is_none(given["num_classes"]):
        resize(model, found, (*found.heads, *found.auxiliary_heads), given["num_classes"], pretrained)
    places = {str(key): place for key, place in arguments.places.items() if isinstance(key, str)}
    built = at.emit(ModelBuilt, model=model, path=path, arguments=given, places=places)
    if refused_classes(built) is not None or refused_weights(built) is not None:
        return at.unknown("torchvision refuses these weights, or this number of classes for them")
    at.m.models.append(model)
    return model


_RESHAPING = frozenset("replace_stride_with_dilation groups width_per_group width_mult image_size patch_size".split())
"""Arguments by which the parts of a model give other shapes than those that were seen."""


def _by_name(found: TorchvisionArchitecture, arguments: Any) -> dict[str, Value]:
    """What a call passes, by name: the first one was ``pretrained`` once, and is still where it is a bool."""
    given = dict(arguments.keywords)
    for name, value in zip(found.arguments, arguments.positional, strict=False):
        is_bool = isinstance(value, Constant) and isinstance(value.value, bool)
        given.setdefault("pretrained" if name == "weights" and is_bool else name, value)
    return given


def _pretrained(given: dict[str, Value], names: tuple[str, ...], complete: bool) -> bool | None:
    for name in names:
        value = given.get(name)
        if value is None or is_none(value):
            continue
        if isinstance(value, Reference):
            return True
        ways = {_is_given(option) for option in options(value)}
        return ways.pop() if len(ways) == 1 else None
    return False if complete else None


def weights_name(value: Value) -> tuple[str, str] | None:
    """The enum ("" where it is not told) and the member that ``weights=`` names; None where it names none."""
    match value:
        case Reference(path) if path.count(".") > 1:
            enum, name = path.split(".")[-2:]
            return (enum, name) if enum.endswith("_Weights") else None
        case Constant(str() as name):
            enum, _, member = name.rpartition(".")
            return enum, member
    return None


def loaded_weights(built: ModelBuilt) -> WeightsMember | None:
    """The weights that a call surely loads into the whole model; None where it loads none, or we cannot tell."""
    found = built.model.architecture
    if not isinstance(found, TorchvisionArchitecture) or built.model.pretrained is not True:
        return None
    given = built.arguments.get("weights", NONE)
    named = weights_name(given)
    if is_none(given) or isinstance(constant(given), bool):
        return found.weight(found.legacy_weights or "")
    return found.weight(named[1]) if named is not None and named[0] in ("", found.weights_enum) else None


def refused_classes(built: ModelBuilt) -> tuple[int, int] | None:
    """The classes of the weights and those that are asked for, where torchvision refuses both together."""
    weights, wanted = loaded_weights(built), integer(built.arguments.get("num_classes"))
    if weights is None or weights.num_classes is None or wanted is None or wanted == weights.num_classes:
        return None
    return weights.num_classes, wanted


def refused_weights(built: ModelBuilt) -> str | None:
    """What is passed for `weights=`, where torchvision surely refuses it for this model."""
    found, given = built.model.architecture, built.arguments.get("weights")
    if not isinstance(found, TorchvisionArchitecture) or given is None or "quantiz" in found.module:
        return None
    named = weights_name(given)
    if named is None or text(given) == "legacy":
        return None
    enum, member = named
    if enum in ("", found.weights_enum) and (found.weight(member) is not None or isinstance(given, Reference)):
        return None
    return f'"{text(given)}"' if isinstance(given, Constant) else f"`{enum}.{member}`"


def _is_given(value: Value) -> bool | None:
    if isinstance(value, Reference):
        return True
    return bool(value.value) if isinstance(value, Constant) else None


def _backbone(
    found: TorchvisionArchitecture, given: dict[str, Value], pretrained: bool | None, complete: bool
) -> bool | None:
    """Whether the backbone has weights: its own, unless the whole has."""
    names = ("weights_backbone", "pretrained_backbone")
    if pretrained is True or "weights_backbone" not in found.arguments:
        return pretrained
    if complete and not any(name in given for name in names):
        loaded: bool | None = found.backbone_weights is not None
    else:
        loaded = _pretrained(given, names, complete)
    return None if pretrained is None and loaded is not True else loaded


def _at_size(found: TorchvisionArchitecture, given: dict[str, Value]) -> TorchvisionArchitecture:
    """The entry for images of the size that is asked for, or that the weights are for: 384 of ViT's from SWAG."""
    if not found.fixed_size or found.input is None:
        return found
    named = weights_name(given.get("weights", NONE))
    member = found.weight(named[1]) if named is not None else None
    usual = member.sets.get("image_size", found.input[-1]) if member is not None else found.input[-1]
    side = integer(given.get("image_size", Constant(usual)))
    if side == found.input[-1]:
        return found
    flat = {path: flow for path, flow in found.shapes.items() if len(flow.input) == len(flow.output) == 1}
    return replace(found, input=None if side is None else (found.input[0], side, side), shapes=flat)


def _as_trained(
    found: TorchvisionArchitecture, pretrained: bool | None, backbone: bool | None
) -> TorchvisionArchitecture:
    """The entry with the tree that is built without any weights, where that is so."""
    if found.untrained is None or pretrained is not False or backbone is not False:
        return found
    return replace(found, root=found.untrained)


def _load_backbone(model: Module, pretrained: bool | None, backbone: bool | None) -> None:
    body = model.children.get("backbone")
    if backbone is pretrained or not isinstance(body, Module):
        return
    for parameter in parameters_of(body):
        object.__setattr__(parameter, "pretrained", backbone)


def _drop_auxiliary(
    model: Module, found: TorchvisionArchitecture, given: dict[str, Value], pretrained: bool | None
) -> None:
    """Take away the auxiliary heads that are not asked for; where that is not known, they may be there or not."""
    for auxiliary in found.auxiliary:
        asked = given.get(auxiliary.argument, NONE)
        wanted = truth(asked)
        if is_none(asked):
            ways = {auxiliary.kept_with_weights, auxiliary.kept_without_weights}
            by_weights = auxiliary.kept_with_weights if pretrained else auxiliary.kept_without_weights
            wanted = by_weights if pretrained is not None else ways.pop() if len(ways) == 1 else None
        if wanted is False:
            del model.children[auxiliary.path]
        elif wanted is None:
            model.children[auxiliary.path] = Unknown("an auxiliary head that may be there or not")
