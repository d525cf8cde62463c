"""transformers' architectures, without torch or transformers.

``of_class("BertForSequenceClassification")`` answers from ``architectures.z``, which
``python -m ft_lint.verify.harvest transformers`` reads off transformers and peft.

>>> bert = architecture("bert")
>>> bert.hidden_size, bert.lora_targets, bert.autos["AutoModelForMaskedLM"]
(768, ('query', 'value'), ('BertForMaskedLM',))
>>> of_class("BertForSequenceClassification").label_heads[0].path
'classifier'
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ft_lint.library._packed import line, pack, unpack
from ft_lint.light import dataclass

PATH = Path(__file__).with_name("architectures.z")


@dataclass(frozen=True, slots=True)
class Head:
    """A layer of a class that its base model does not have.

    ``kind``: ``labels`` where its size follows ``num_labels``, ``vocabulary`` where it makes words, else ``inner``.
    The widths are None where it is no linear layer.
    """

    path: str
    kind: str
    in_features: int | None
    out_features: int | None

    @property
    def name(self) -> str:
        """The attribute that holds it, e.g. ``classifier`` of ``classifier.out_proj``."""
        return self.path.partition(".")[0]


@dataclass(frozen=True, slots=True)
class ModelClass:
    """One class, as it is built from its config's defaults.

    ``native``: it is this model type's own; others borrow it.
    ``base``: the attribute that holds the base model; None where the class has none (``BertModel`` itself).
    ``linears``: paths of linear layers (transformers' ``Conv1D`` included), a star for every number.
    ``embedding``: the path of the words' embedding; None where there are no words.
    ``loss``: the loss that it computes from ``labels``, by transformers' name; None where it has its own or none.
    ``drops``: it has a dropout above 0, None where only its config has a rate; ``normalises``: it has batch norm.
    ``forward``: the parameters of its ``forward``.
    ``words``: what the names of its parameters are put together from, numbers apart, by the attribute that holds them;
    a bare body has all of them under "".  Only for models whose names are the same in all versions.
    """

    name: str
    model_type: str
    native: bool
    base: str | None
    heads: tuple[Head, ...]
    linears: tuple[str, ...]
    embedding: str | None
    loss: str | None
    drops: bool | None
    normalises: bool
    forward: tuple[str, ...]
    words: Mapping[str, frozenset[str]]

    @property
    def label_heads(self) -> tuple[Head, ...]:
        """The layers whose size follows ``num_labels``."""
        return tuple(head for head in self.heads if head.kind == "labels")

    @property
    def linear_names(self) -> frozenset[str]:
        """The last parts of the linear layers' paths: what peft's ``target_modules`` names."""
        return frozenset(path.rpartition(".")[2] for path in self.linears)


@dataclass(frozen=True, slots=True)
class Architecture:
    """One model type, with the defaults of its config.

    ``config``: the config's class.
    ``causal_language``, ``masked_language``: whether AutoModelForCausalLM, AutoModelForMaskedLM know it.
    ``settings``: numbers of the config or of its text part: ``vocab_size``, ``hidden_size``, ``pad_token_id``,
    ``max_position_embeddings``, ``image_size``, ``num_channels``; only those that it has.
    ``dropouts``: rates above 0 by their name in the config.
    ``dtype``: None where the config leaves it open.
    ``lora_targets``: what peft adapts where ``target_modules`` is not given: names, or one regular expression; None
    where peft wants to be told.
    ``autos``: classes by auto class; ``unseen``: those of them that could not be built, so that ``classes`` lacks them.
    """

    model_type: str
    config: str
    is_encoder_decoder: bool
    causal_language: bool
    masked_language: bool
    settings: Mapping[str, int]
    dropouts: Mapping[str, float]
    dtype: str | None
    lora_targets: tuple[str, ...] | str | None
    autos: Mapping[str, tuple[str, ...]]
    classes: Mapping[str, ModelClass]
    unseen: tuple[str, ...]

    @property
    def is_decoder_only(self) -> bool:
        """Whether it is a language model that reads from left to right alone: transformers has no masked one of it."""
        return self.causal_language and not self.masked_language and not self.is_encoder_decoder

    @property
    def vocab_size(self) -> int | None:
        """Words in the default config."""
        return self.settings.get("vocab_size")

    @property
    def hidden_size(self) -> int | None:
        """Width of the default config."""
        return self.settings.get("hidden_size")

    @property
    def has_pad_token(self) -> bool:
        """Whether the default config names a token to pad with."""
        return "pad_token_id" in self.settings


@functools.cache
def architecture(model_type: str) -> Architecture | None:
    """The architecture of a model type, e.g. ``bert``; None where the table has none."""
    number = _header()["model_types"].get(model_type)
    return None if number is None else decoded(json.loads(_lines()[number]))


@functools.cache
def of_class(name: str) -> ModelClass | None:
    """A class by its name, e.g. ``BertForSequenceClassification``; None where the table has none."""
    model_type = _header()["classes"].get(name)
    found = architecture(model_type) if model_type is not None else None
    return found.classes.get(name) if found is not None else None


def names() -> tuple[str, ...]:
    """Every model type in the table, sorted."""
    return tuple(_header()["model_types"])


def version() -> str:
    """The transformers that the table was read from."""
    return str(_header()["transformers"])


def write(path: Path, version: str, records: Iterable[Mapping[str, Any]]) -> int:
    """Write records as the harvest gives them, by model type; gives the file's size in bytes."""
    kept = list(records)
    header = {
        "transformers": version,
        "model_types": {record["model_type"]: number for number, record in enumerate(kept, 1)},
        "classes": dict(_owners(kept)),
    }
    return path.write_bytes(pack([line(header), *map(line, kept)]))


def _owners(records: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each class with a model type that it is built for, its own one last."""
    for native in (False, True):
        for record in records:
            yield from ((one["name"], record["model_type"]) for one in record["classes"] if one["native"] is native)


@functools.cache
def _lines() -> list[bytes]:
    return unpack(PATH.read_bytes())


@functools.cache
def _header() -> dict[str, Any]:
    header: dict[str, Any] = json.loads(_lines()[0])
    return header


def decoded(record: dict[str, Any]) -> Architecture:
    """A record as the harvest gives it, through JSON, as what readers ask."""
    targets = record["lora_targets"]
    return Architecture(
        **record
        | {
            "lora_targets": tuple(targets) if isinstance(targets, list) else targets,
            "autos": {auto: tuple(members) for auto, members in record["autos"].items()},
            "classes": {one["name"]: _class(record["model_type"], one) for one in record["classes"]},
            "unseen": tuple(record["unseen"]),
        }
    )


def _class(model_type: str, record: dict[str, Any]) -> ModelClass:
    return ModelClass(
        **record
        | {
            "model_type": model_type,
            "heads": tuple(Head(*head) for head in record["heads"]),
            "linears": tuple(record["linears"]),
            "forward": tuple(record["forward"]),
            "words": {top: frozenset(words) for top, words in record["words"].items()},
        }
    )
