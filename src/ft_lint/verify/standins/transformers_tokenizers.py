"""Tokenizers of the hub: one token for each byte, with the special tokens of the family."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.standins.transformers_models import family

WITHOUT_PADDING = ("gpt2", "llama", "mistral", "gptj", "gpt_neo", "gpt_neox")
"""Model types whose published tokenizers have no padding token."""


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
        return tokenizer_of(family(str(name)))

    return classmethod(from_pretrained)


def tokenizer_of(kind: str) -> Any:
    """A byte-level tokenizer with the special tokens of a model type."""
    causal = kind in WITHOUT_PADDING
    special = ["<s>", "</s>", "<unk>"] if causal else ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {token: i for i, token in enumerate(special + sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if causal:
        named = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    else:
        cls, sep = ("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[cls, sep]
        )
        named = {f"{part}_token": f"[{part.upper()}]" for part in ("pad", "unk", "cls", "sep", "mask")}
    fast = transformers.PreTrainedTokenizerFast
    return fast(tokenizer_object=tokenizer, model_max_length=512, **named)  # type: ignore[no-untyped-call]
