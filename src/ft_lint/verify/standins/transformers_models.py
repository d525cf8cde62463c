"""Models of the hub: the right class, built tiny from a config of the right family."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers.models.auto import auto_factory, modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from ft_lint.library.transformers.vocabularies import vocabulary
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.standins.seeded import drawn_for

TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "intermediate_size": 64,
    "embedding_size": 32,
    "head_dim": 8,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "dim": 32,
    "n_layers": 2,
    "n_heads": 4,
    "hidden_dim": 64,
    "d_model": 32,
    "d_ff": 64,
    "d_kv": 8,
    "num_layers": 2,
    "num_heads": 4,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "word_embed_proj_dim": 32,
    "ffn_dim": 64,
    "attention_types": [[["global", "local"], 1]],
}
"""Sizes of every tiny model, under the names that configs give them."""

FAMILIES = {
    "llama": "llama",
    "mistral": "mistral",
    "qwen2": "qwen2",
    "deberta-v3": "deberta-v2",
    "mdeberta": "deberta-v2",
    "pythia": "gpt_neox",
    "dialogpt": "gpt2",
}
"""Parts of hub names that do not hold the model type as transformers spells it."""


@contextmanager
def stand_in(recorder: Recorder) -> Iterator[None]:
    """Answer ``from_pretrained`` of configs and models for hub names; folders on disk stay real."""
    base = transformers.PreTrainedConfig
    with ExitStack() as stack:
        stack.enter_context(replaced(base, "get_config_dict", _tiny_config))
        stack.enter_context(replaced(transformers.PreTrainedModel, "from_pretrained", _built(recorder)))
        for kind in vars(modeling_auto).values():
            if isinstance(kind, type) and issubclass(kind, auto_factory._BaseAutoModelClass):
                stack.enter_context(replaced(kind, "from_pretrained", _chosen))
        yield


def family(name: str) -> str:
    """The model type that a hub name tells, e.g. ``bert`` for ``google-bert/bert-base-cased``."""
    last = re.sub(r"[_.]", "-", name.lower().rsplit("/", 1)[-1])
    for part, kind in FAMILIES.items():
        if part in last:
            return kind
    told = [kind for kind in CONFIG_MAPPING if re.search(rf"(^|-){re.escape(kind.replace('_', '-'))}", last)]
    inside = [kind for kind in CONFIG_MAPPING if kind in last]
    return str(max(told or inside or ["bert"], key=len))


def tiny(kind: str) -> dict[str, Any]:
    """The settings of a tiny model of this type; vocabulary and image size stay the family's own."""
    usual = CONFIG_MAPPING[kind]()
    known = set(dir(usual)) | set(getattr(CONFIG_MAPPING[kind], "attribute_map", {}))
    begins = usual.is_encoder_decoder and "decoder_start_token_id" not in known  # published configs name it
    first = {"decoder_start_token_id": 0} if begins else {}
    return {"model_type": kind, **first, **{key: size for key, size in TINY.items() if key in known}}


def _tiny_config(original: Any) -> Any:
    def get_config_dict(cls: Any, /, name: Any, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        if Path(name).is_dir():
            return original.__func__(cls, name, **kwargs)  # type: ignore[no-any-return]
        own = getattr(cls, "model_type", "")
        known = vocabulary(str(name))
        rows = {"vocab_size": known.rows} if known is not None else {}
        return tiny(own if own in CONFIG_MAPPING else family(str(name))) | rows, kwargs

    return classmethod(get_config_dict)


NOT_FOR_CONFIG = (
    "dtype",
    "torch_dtype",
    "device_map",
    "ignore_mismatched_sizes",
    "low_cpu_mem_usage",
    "use_safetensors",
)


DTYPE = ("dtype", "torch_dtype")


def asked_dtype(settings: dict[str, Any]) -> torch.dtype | None:
    """The dtype that weights are to be loaded in; None for the checkpoint's own."""
    given = next((settings[key] for key in DTYPE if settings.get(key) not in (None, "auto")), None)
    return vars(torch)[given.removeprefix("torch.")] if isinstance(given, str) else given


def _built(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def from_pretrained(cls: Any, /, name: Any, *args: Any, config: Any = None, **kwargs: Any) -> Any:
            if Path(name).is_dir():
                return original.__func__(cls, name, *args, config=config, **kwargs)
            if config is None:
                settings = {key: value for key, value in kwargs.items() if key not in NOT_FOR_CONFIG}
                config = cls.config_class.from_pretrained(name, **settings)
            config._name_or_path = str(name)
            with drawn_for(str(name)):
                model = cls(config)
            body = getattr(model, model.base_model_prefix, model) if model.base_model_prefix else model
            for parameter in model.parameters():
                parameter.requires_grad_(True)
            recorder.mark_pretrained(body.parameters(), f"{config.model_type}")
            dtype = asked_dtype(kwargs)
            return model.eval() if dtype is None else model.to(dtype).eval()

        return classmethod(from_pretrained)

    return wrap


def _chosen(original: Any) -> Any:
    """What an ``AutoModelFor...`` class does: find the class by the config, then load."""

    def from_pretrained(cls: Any, /, name: Any, *args: Any, config: Any = None, **kwargs: Any) -> Any:
        if Path(name).is_dir():
            return original.__func__(cls, name, *args, config=config, **kwargs)
        if config is None:
            settings = {key: value for key, value in kwargs.items() if key not in NOT_FOR_CONFIG}
            config = transformers.AutoConfig.from_pretrained(name, **settings)
        chosen = auto_factory._get_model_class(config, cls._model_mapping)  # type: ignore[no-untyped-call]
        return chosen.from_pretrained(name, config=config, **{key: kwargs[key] for key in DTYPE if key in kwargs})

    return classmethod(from_pretrained)
