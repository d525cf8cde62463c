"""timm's models: what each is made of, where its classifiers are, what its pretrained weights expect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import _registry
from timm.models._pretrained import PretrainedCfg
from torch import nn

from ft_lint.library._zoo import table as zoo_table
from ft_lint.library.timm import table
from ft_lint.verify.harvest import calls, trees
from ft_lint.verify.harvest.meta import build

_BATCH = 2
_CLASSES = 7
"""A number of classes that no weights have."""


def names() -> list[str]:
    """Every model of timm, sorted."""
    return sorted(timm.list_models())


def create(name: str, **arguments: Any) -> Any:
    """``timm.create_model(name, ...)`` on ``meta``."""
    return build(timm.create_model, name, **arguments)


def harvest(name: str) -> dict[str, Any]:
    """The record of one model, e.g. ``harvest("resnet50")``."""
    default = create(name)
    model = default if default.num_classes else create(name, num_classes=1000)
    config = default.pretrained_cfg
    size = tuple(config["input_size"])
    with _noting_features(model) as noted:
        evaluated = calls.watch(model, _images(size))
        larger = calls.watch_larger(model, _images(size))
    features = noted or [()]
    other = create(name, num_classes=_CLASSES)
    classifier = _classifier(model)
    heads = sorted(_resized(model, other), key=lambda path: not path.startswith(tuple(classifier)))
    return {
        "name": name,
        "module": _registry.model_entrypoint(name).__module__,
        "family": "classification",
        "trees": {"root": trees.encode(model)},
        "input": size,
        "fixed_size": larger is None and config["fixed_input_size"],
        "first": _paths(config.get("first_conv")),
        "called_in_training": calls.children(evaluated),
        "called_in_evaluation": calls.children(evaluated),
        "shapes": calls.flows(model, heads, evaluated, larger or evaluated),
        "forward_features": [features[0], features[0] != features[-1]],
        "heads": [{"path": path, **calls.widths(model.get_submodule(path))} for path in heads],
        "num_classes": model.num_classes,
        "auxiliary": [],
        "classifier": classifier,
        "shared": trees.shared(model),
        "attributes": trees.attributes(model),
        "default_classes": default.num_classes,
        "num_features": model.num_features,
        "head_hidden_size": getattr(model, "head_hidden_size", None),
        **_without_classes(name, model, other),
        "weights": _weights(name),
    }


@contextlib.contextmanager
def _noting_features(model: Any) -> Iterator[list[tuple[int, ...]]]:
    """Within it, the shape of each result of ``forward_features`` is added to the list."""
    noted: list[tuple[int, ...]] = []
    own = model.forward_features

    def forward_features(*given: Any, **named: Any) -> Any:
        output = own(*given, **named)
        noted.append(calls.shape_of(output))
        return output

    model.forward_features = forward_features
    try:
        yield noted
    finally:
        del model.forward_features


def _images(size: tuple[int, ...]) -> torch.Tensor:
    return torch.empty(_BATCH, *size, device="meta")


def _classifier(model: Any) -> list[str]:
    """Where what ``get_classifier()`` gives is in the tree; several for distilled models, none where it is not said."""
    if not hasattr(model, "get_classifier"):
        return []
    found = model.get_classifier()
    wanted = list(found) if isinstance(found, tuple | list | nn.ModuleList) else [found]
    paths = {id(module): path for path, module in model.named_modules()}
    return [paths[id(module)] for module in wanted]


def _resized(model: Any, other: Any) -> list[str]:
    """Modules whose own parameters have other shapes with another number of classes."""
    before, after = _shapes(model), _shapes(other)
    changed = (name for name in {**before, **after} if before.get(name) != after.get(name))
    return list(dict.fromkeys(name.rpartition(".")[0] for name in changed))


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


def _without_classes(name: str, model: Any, other: Any) -> dict[str, Any]:
    """What ``num_classes=0`` changes.

    ``bare``: paths that hold an Identity, None where more changes; ``features``: the output.
    ``reset_is_build``: whether ``reset_classifier`` makes of ``other`` what ``create_model`` gives; changes it.
    """
    bare = create(name, num_classes=0)
    return {
        "bare": _emptied(_kinds(model), _kinds(bare)),
        "features": calls.watch(bare, _images(tuple(model.pretrained_cfg["input_size"])))[""][1],
        "reset_is_build": _reset_is_build(other, bare),
    }


def _emptied(kinds: dict[str, str], bare: dict[str, str]) -> list[str] | None:
    changed = [path for path, kind in bare.items() if kinds.get(path) != kind]
    inside = tuple(f"{path}." for path in changed)
    only_heads = all(bare[path] == "torch.nn.Identity" and path in kinds for path in changed)
    return changed if only_heads and all(path.startswith(inside) for path in kinds if path not in bare) else None


def _paths(declared: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [declared] if isinstance(declared, str) else list(declared or ())


def _kinds(model: Any) -> dict[str, str]:
    return {path: trees.public_name(type(module)) for path, module in model.named_modules()}


def _reset_is_build(model: Any, bare: Any) -> bool:
    """Whether resetting to no classes and back gives what was built so; changes ``model``."""
    if not hasattr(model, "reset_classifier"):
        return False
    built = trees.encode(model)
    model.reset_classifier(0)
    emptied = trees.encode(model)
    model.reset_classifier(_CLASSES)
    return emptied == trees.encode(bare) and trees.encode(model) == built


def _weights(name: str) -> list[dict[str, Any]]:
    """The pretrained configurations, the default one first; each further one as what differs from that."""
    found: dict[str, PretrainedCfg] = _registry.get_arch_pretrained_cfgs(name)
    default = _registry.get_pretrained_cfg(name)
    tags = {key.partition(".")[2]: _about(config) for key, config in found.items()}
    first = default.tag or "" if default is not None else ""
    whole = [{"tag": tag, **tags[tag]} for tag in sorted(tags, key=lambda tag: tag != first)]
    return [whole[0], *({key: one[key] for key in one if one[key] != whole[0][key]} for one in whole[1:])]


def _about(config: PretrainedCfg) -> dict[str, Any]:
    fields = ("num_classes", "input_size", "fixed_input_size", "mean", "std", "interpolation", "crop_pct")
    return {"has_weights": config.has_weights, **{field: getattr(config, field) for field in fields}}


def version() -> str:
    """timm's version."""
    return str(timm.__version__)


def write(records: Iterable[dict[str, Any]], path: Path = table.PATH) -> int:
    """Write the table; gives its size in bytes."""
    return zoo_table.write(path, {"timm": version(), "renamed": renamed()}, records)


def renamed() -> dict[str, str]:
    """What today's timm builds for the names that its models had before they had tags."""
    from timm.models import _registry

    return {old: new for old, new in _registry._deprecated_models.items() if new}


def rewrite() -> Path:
    """Harvest every model and write the table that wheels carry; gives its path."""
    write(harvest(name) for name in names())
    return table.PATH
