"""Tokenizers of the hub: one token for each byte, with the family's special tokens and vocabulary size.

Each vocabulary numbers the bytes in an order of its own, as published ones number their words, so that the numbers of
one mean something else in another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ft_lint.library.transformers.vocabularies import vocabulary
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.standins.transformers_models import family


@dataclass(frozen=True)
class Markers:
    """The special tokens of a family by their roles, in the order of their numbers, and what stands around a text."""

    roles: Mapping[str, str]
    around: str = "$A"
    pair: str = "$A $B:1"
    others: tuple[str, ...] = field(default=())

    @property
    def tokens(self) -> list[str]:
        """Each token once."""
        return list(dict.fromkeys((*self.roles.values(), *self.others)))


BERT = Markers(
    {f"{part}_token": f"[{part.upper()}]" for part in ("pad", "unk", "cls", "sep", "mask")},
    "[CLS] $A [SEP]",
    "[CLS] $A [SEP] $B:1 [SEP]:1",
)
ROBERTA = Markers(
    {
        "bos_token": "<s>",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
        "cls_token": "<s>",
        "sep_token": "</s>",
    },
    "<s> $A </s>",
    "<s> $A </s> </s> $B </s>",
)
GPT2 = Markers({f"{part}_token": "<|endoftext|>" for part in ("bos", "eos", "unk")})
LLAMA = Markers({"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}, "<s> $A", "<s> $A <s> $B:1")
LLAMA_3 = Markers({"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}, "<|begin_of_text|> $A")
T5 = Markers({"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}, "$A </s>", "$A </s> $B </s>")
OPT = Markers({"bos_token": "</s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "</s>"}, "</s> $A")

FAMILIES = {
    **dict.fromkeys(("roberta", "xlm-roberta", "bart", "camembert", "longformer"), ROBERTA),
    **dict.fromkeys(("gpt2", "gpt_neo", "gptj", "gpt_neox", "phi"), GPT2),
    **dict.fromkeys(("llama", "mistral", "mixtral"), LLAMA),
    **dict.fromkeys(("t5", "mt5", "pegasus", "marian"), T5),
    "opt": OPT,
}
"""Model types whose markers are not those of BERT."""

ACCEPTED = (*BERT.roles, "bos_token", "eos_token", "padding_side", "truncation_side", "model_max_length")
"""Keywords of ``from_pretrained`` that are settings of the tokenizer."""


@contextmanager
def stand_in(_recorder: Recorder) -> Iterator[None]:
    """Answer ``from_pretrained`` of tokenizers for hub names; folders on disk stay real."""
    with (
        replaced(transformers.AutoTokenizer, "from_pretrained", _answer),
        replaced(transformers.PreTrainedTokenizerBase, "from_pretrained", _answer),
    ):
        yield


def _answer(original: Any) -> Any:
    def from_pretrained(cls: Any, /, name: Any, *args: Any, **kwargs: Any) -> Any:
        if Path(name).is_dir():
            return original.__func__(cls, name, *args, **kwargs)
        return tokenizer_of(str(name), kwargs)

    return classmethod(from_pretrained)


def tokenizer_of(name: str, settings: Mapping[str, Any] | None = None) -> Any:
    """A byte-level tokenizer with the special tokens and the number of words that a checkpoint has."""
    given = dict(settings or {})
    kind = family(name)
    markers = LLAMA_3 if kind == "llama" and "llama-3" in name.lower() else FAMILIES.get(kind, BERT)
    numbers = _numbers(name, kind, markers)
    tokenizer = Tokenizer(models.BPE(vocab=numbers, merges=[]))
    if "uncased" in name:
        tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    around = markers.around + (f" {markers.roles['eos_token']}" if given.get("add_eos_token") else "")
    if around != "$A":
        special = [(token, numbers[token]) for token in markers.tokens]
        pair = markers.pair
        tokenizer.post_processor = processors.TemplateProcessing(single=around, pair=pair, special_tokens=special)
    chosen = {"model_max_length": 512, **markers.roles, **{k: v for k, v in given.items() if k in ACCEPTED}}
    fast = transformers.PreTrainedTokenizerFast
    return fast(tokenizer_object=tokenizer, name_or_path=name, **chosen)  # type: ignore[no-untyped-call]


def _numbers(name: str, kind: str, markers: Markers) -> dict[str, int]:
    """A number for each special token and byte, and for the words that no text here has."""
    known = vocabulary(name)
    special, letters = markers.tokens, sorted(pre_tokenizers.ByteLevel.alphabet())
    size = known.size if known is not None else len(special) + len(letters)
    places = list(range(len(special), size))
    chosen = random.Random(known.name if known is not None else kind).sample(places, len(letters))
    numbers = {token: number for number, token in enumerate(special)} | dict(zip(letters, chosen, strict=True))
    rest = sorted(set(places) - set(chosen))
    return numbers | {f"<|word {number}|>": number for number in rest}
