"""transformers' architectures: what each of their classes is made of, and where its heads are.

Every class that an auto class gives for a type of config is built on the ``meta`` device from that config's defaults,
once with another number of labels.  What cannot be built so (packages that are not installed, configs without
defaults) is named in the table as not seen.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
from torch import nn
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.pytorch_utils import Conv1D

from ft_lint.library.transformers import architectures as table

_LABELS = 7
"""A number of labels that no config has by itself."""

_WORDS = 1000
"""Words for models whose config leaves their number open, such as ESM."""

_PLAIN = ("vocab_size", "hidden_size", "pad_token_id", "max_position_embeddings", "image_size", "num_channels")
"""Settings that are written down where a config has them as a number."""


def version() -> str:
    """transformers' version."""
    return str(transformers.__version__)


def names() -> list[str]:
    """Every model type with a config, sorted."""
    return sorted(CONFIG_MAPPING)


def auto_classes() -> dict[str, dict[str, tuple[str, ...]]]:
    """Names of model classes by model type, for every auto class."""
    found = {name: getattr(modeling_auto, name) for name in dir(modeling_auto) if name.startswith("Auto")}
    return {
        name: {kind: (given,) if isinstance(given, str) else tuple(given) for kind, given in names.items()}
        for name, auto in found.items()
        if (names := getattr(getattr(auto, "_model_mapping", None), "_model_mapping", None)) is not None
    }


def harvest(model_type: str) -> dict[str, Any] | None:
    """The record of one model type, e.g. ``harvest("bert")``; None where its config has no defaults."""
    try:
        config, labelled = _config(model_type), _config(model_type, num_labels=_LABELS)
    except _REFUSALS:
        return None
    autos = auto_classes()
    given = {auto: list(names[model_type]) for auto, names in sorted(autos.items()) if model_type in names}
    classes = sorted({name for members in given.values() for name in members})
    seen = {name: _class(name, model_type, config, labelled) for name in classes}
    lora = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING.get(model_type)
    return {
        "model_type": model_type,
        "config": type(config).__name__,
        "is_encoder_decoder": bool(getattr(config, "is_encoder_decoder", False)),
        "causal_language": model_type in autos["AutoModelForCausalLM"],
        "masked_language": model_type in autos["AutoModelForMaskedLM"],
        "settings": dict(_settings(config)),
        "dropouts": dict(_dropouts(config)),
        "dtype": None if config.dtype is None else str(config.dtype).removeprefix("torch."),
        "lora_targets": sorted(lora) if isinstance(lora, list | set | tuple) else lora,
        "autos": given,
        "classes": [one for one in seen.values() if one is not None],
        "unseen": [name for name, one in seen.items() if one is None],
    }


def _config(model_type: str, **settings: Any) -> Any:
    make: Any = CONFIG_MAPPING[model_type]
    return make(**settings)


_REFUSALS = (
    AssertionError,
    AttributeError,
    ImportError,
    KeyError,
    RuntimeError,
    StrictDataclassError,
    TypeError,
    ValueError,
)
"""What a config or a model raises that wants more than the defaults, or a package that is not there."""


def _settings(config: Any) -> Iterator[tuple[str, int]]:
    text = _text(config)
    for name in _PLAIN:
        value = getattr(config, name, getattr(text, name, None))
        if isinstance(value, int):
            yield name, value


def _text(config: Any) -> Any:
    """The part of a config that is about text; the whole where there are several such parts."""
    try:
        return config.get_text_config()
    except ValueError:
        return config


def _dropouts(config: Any) -> Iterator[tuple[str, float]]:
    yield from _rates(_text(config).to_dict())


def _rates(settings: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Rates of dropout above 0 by name, those of the parts of a config too."""
    for name, value in sorted(settings.items()):
        if isinstance(value, dict):
            yield from _rates({str(key): inner for key, inner in value.items()})
        elif "drop" in name and type(value) in (int, float) and value > 0:
            yield name, value


def _class(name: str, model_type: str, config: Any, labelled: Any) -> dict[str, Any] | None:
    """What one class is made of; None where it cannot be built from the defaults."""
    try:
        cls = getattr(transformers, name)
        model = _build(cls, config)
    except _REFUSALS:
        return None
    try:
        other = _build(cls, labelled)
    except _REFUSALS:  # DistilBERT's answers have a start and an end, and it says so
        other = model
    base = model.base_model_prefix
    has_base = bool(base) and base in dict(model.named_children())
    return {
        "name": name,
        "native": cls.config_class.model_type == model_type,
        "base": base if has_base else None,
        "heads": _heads(model, other, f"{base}." if has_base else None),
        "linears": _patterns(model, (nn.Linear, Conv1D)),
        "embedding": _place(model, _embedding(model)),
        "loss": getattr(model, "loss_type", None),
        "drops": _drops(model, config),
        "normalises": any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules()),
        "forward": _parameters(cls.forward),
        "words": _words(model, has_base) if model_type in _NAMES_STAY else {},
    }


_NAMES_STAY = frozenset("albert bert camembert distilbert electra gpt2 mpnet roberta xlm-roberta".split())
"""Models whose parameters go by the same names in all versions of transformers, and with the settings of all published
checkpoints: ViT's were renamed for version 5, DeBERTa's published ones have more than its config's defaults."""


def _words(model: Any, has_base: bool) -> dict[str, list[str]]:
    """What the names of parameters are put together from, numbers apart, by the attribute that holds them.

    A bare body has all of them under "".
    """
    found: dict[str, set[str]] = {}
    for name, _ in model.named_parameters():
        top, _, below = name.partition(".")
        words = (part for part in (below if has_base else name).split(".") if not part.isdigit())
        found.setdefault(top if has_base else "", set()).update(words)
    return {top: sorted(words) for top, words in found.items()}


def _parameters(function: Any) -> list[str]:
    """Names that can be passed, without ``self``, ``*args`` and ``**kwargs``."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [one.name for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]


def _drops(model: Any, config: Any) -> bool | None:
    """Whether training drops units; None where no module does and the config has rates, for functions perhaps."""
    if any(isinstance(module, _DROPS) and module.p > 0 for module in model.modules()):
        return True
    return None if any(_rates(config.to_dict())) else False


_DROPS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)


def _build(cls: Any, config: Any) -> Any:
    if not isinstance(config, cls.config_class):  # the part of a model of text and images that is about text
        config = _text(config)
    if getattr(config, "vocab_size", 0) is None:
        config = copy.deepcopy(config)
        config.vocab_size = _WORDS
    with torch.device("meta"):
        return cls(config)


def _heads(model: Any, other: Any, base: str | None) -> list[list[Any]]:
    """Layers that make labels or words, and further linear layers outside the base model."""
    shapes = {name: parameter.shape for name, parameter in other.named_parameters()}
    changed = [name for name, parameter in model.named_parameters() if parameter.shape != shapes.get(name)]
    kinds = dict.fromkeys((name.rpartition(".")[0] for name in changed), "labels")
    words = _place(model, model.get_output_embeddings())
    if words is not None:
        kinds.setdefault(words, "vocabulary")
    for path, module in model.named_modules():
        if base is not None and isinstance(module, nn.Linear) and not path.startswith(base):
            kinds.setdefault(path, "inner")
    return [[path, kind, *_widths(model.get_submodule(path))] for path, kind in kinds.items()]


def _widths(module: nn.Module) -> tuple[int | None, int | None]:
    return (module.in_features, module.out_features) if isinstance(module, nn.Linear) else (None, None)


def _embedding(model: Any) -> nn.Module | None:
    """The embedding of words; models of images give that of their patches under the same name."""
    try:
        found = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return None
    return found if isinstance(found, nn.Embedding) else None


def _place(model: nn.Module, part: nn.Module | None) -> str | None:
    return next((path for path, module in model.named_modules() if module is part), None) if part is not None else None


def _patterns(model: nn.Module, kinds: tuple[type[nn.Module], ...]) -> list[str]:
    """Paths of modules of these kinds, with a star for every number, each once."""
    paths = (path for path, module in model.named_modules() if isinstance(module, kinds))
    return list(dict.fromkeys(_NUMBER.sub("*", path) for path in paths))


_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")


def write(records: Iterable[dict[str, Any] | None], path: Path = table.PATH) -> int:
    """Write the table; gives its size in bytes."""
    return table.write(path, version(), [record for record in records if record is not None])


def rewrite() -> Path:
    """Harvest every model type and write the table that wheels carry; gives its path."""
    write(harvest(model_type) for model_type in names())
    return table.PATH
