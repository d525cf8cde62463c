"""``timm``: models with their whole trees, from the harvested table."""

from __future__ import annotations

import dataclasses
from typing import Any

from ft_lint.facts.models import ModelBuilt
from ft_lint.library._zoo.architecture import Architecture
from ft_lint.library._zoo.building import assemble, descend, resize
from ft_lint.library.site import Site, dim_of
from ft_lint.library.timm.models import settings_of, take_classifier_away
from ft_lint.library.timm.table import TimmArchitecture, Weights, architecture, current_name
from ft_lint.library.torch._arguments import shape_of
from ft_lint.light import replace
from ft_lint.values.base import FALSE, TRUE, Constant, Unknown, Value, integer, is_none, number, text, truth
from ft_lint.values.module import AS_BUILT, Module
from ft_lint.values.tensor import new_parameter

_ASIDE = frozenset("pretrained checkpoint_path cache_dir scriptable exportable no_jit device dtype".split())
"""Arguments that leave the layout alone."""

_RATES = frozenset("drop_rate drop_path_rate drop_block_rate attn_drop_rate proj_drop_rate pos_drop_rate".split())
"""Arguments that make the model drop something in training."""

_SHAPING = frozenset("num_classes in_chans img_size".split())


def create_model(at: Site, model_name: Value, pretrained: Value = FALSE, *args: Value, **kwargs: Value) -> Value:
    """``create_model(name, pretrained=..., num_classes=...)``: the head is made anew for other classes.

    Arguments that may change the layout in ways that the table does not tell give a model that we do not see into.
    """
    name, _, tag = current_name(text(model_name) or "").partition(".")
    found = architecture(name)
    weights = found.weights_of(tag) if found is not None else None
    given = {key: value for key, value in kwargs.items() if not is_none(value)}
    loaded = truth(pretrained)
    model = None
    if found is not None and weights is not None and not args and at.arguments.complete:
        model = _assemble(at, found, weights, given, loaded)
    if model is None:
        model = _unseen(at, {"model_name": model_name} | kwargs, loaded)
    at.emit(ModelBuilt, model=model, path="timm.create_model", arguments=kwargs, places=at.places())
    at.m.models.append(model)
    return model


def build(at: Site, name: str, arguments: Any) -> Value:
    """``timm.models.resnet50(pretrained, num_classes=...)``."""
    return create_model(at, Constant(name), *arguments.positional, **arguments.keywords)


def _unseen(at: Site, arguments: dict[str, Value], loaded: bool | None) -> Module:
    """A model whose inside we do not know."""
    rest = new_parameter(rest=True, pretrained=loaded)
    model = Module(kind="timm.models.Model", arguments=arguments, rest=rest, pretrained=loaded, node=at.node)
    model.fields["mode"] = AS_BUILT
    return model


def _assemble(
    at: Site, found: TimmArchitecture, weights: Weights, given: dict[str, Value], loaded: bool | None
) -> Module | None:
    """The model with its head, its first layer and its rates as they are asked for; None where we cannot tell."""
    if not given.keys() <= _ASIDE | _RATES | _SHAPING:
        return None
    channels = given.get("in_chans", Constant(weights.input_size[0]))
    sized = _at_size(found, weights, given)
    model = assemble(at, sized, f"timm.models.{found.name}", loaded)
    if not _set_channels(model, found, channels):
        return None
    if sized is not found:
        _forget_own_shapes(model, loaded)
    classes = given.get("num_classes", Constant(_default_classes(found, weights)))
    if not _set_classes(at, model, found, classes, weights, loaded):
        return None
    model.fields.update(settings_of(found, weights, classes))
    _set_rates(model, given)
    return model


def _default_classes(found: TimmArchitecture, weights: Weights) -> int:
    return weights.num_classes if weights.tag != found.weights[0].tag else found.default_classes


def _set_classes(
    at: Site, model: Module, found: TimmArchitecture, classes: Value, weights: Weights, loaded: bool | None
) -> bool:
    """A head for these classes, new where the weights have others; false where there is no telling."""
    if not found.heads:
        return True
    if integer(classes) == 0:
        return take_classifier_away(at, model, found)
    kept = loaded if integer(classes) == weights.num_classes else False
    if integer(classes) != found.num_classes or kept is not loaded:
        resize(model, found, found.heads, classes, kept)
    return True


def _at_size(found: TimmArchitecture, weights: Weights, given: dict[str, Value]) -> TimmArchitecture:
    """The entry for images of another size: what follows the size is not known, single vectors stay."""
    if "img_size" not in given and (not found.fixed_size or weights.input_size == found.input):
        return found
    flat = {path: flow for path, flow in found.shapes.items() if len(flow.input) == len(flow.output) == 1}
    return replace(
        found,
        input=None if "img_size" in given else weights.input_size,
        shapes=flat,
        forward_features=((), False),
    )


def _forget_own_shapes(model: Module, loaded: bool | None) -> None:
    """Tables of positions are as long as the image is large."""
    for name in model.parameters:
        model.parameters[name] = new_parameter(None, pretrained=loaded)


def _set_channels(model: Module, found: Architecture, channels: Value) -> bool:
    """Give the first layers that many channels; false where they are no convolutions over the whole image."""
    wanted, known = dim_of(channels), found.root.named_parameters()
    shapes = dict(known)
    if found.input is not None and wanted == found.input[0]:
        return True
    for path in found.first:
        layer, shape = descend(model, path), shapes.get(f"{path}.weight")
        if layer is None or shape is None or len(shape) != 4 or found.input is None or shape[1] != found.input[0]:
            return False
        weight = layer.parameters["weight"]
        now = shape_of(weight) or shape
        layer.parameters["weight"] = new_parameter((now[0], wanted, *now[2:]), pretrained=model.pretrained)
        layer.arguments["in_channels"] = channels
    return bool(found.first)


def _set_rates(model: Module, given: dict[str, Value]) -> None:
    """A rate above 0 makes training mode matter, wherever the model drops."""
    for name in _RATES & given.keys():
        rate = number(given[name])
        if rate is None:
            model.fields["stochastic"] = Unknown("a rate of dropout that we do not know")
        elif rate > 0:
            model.fields["stochastic"] = TRUE
            return
