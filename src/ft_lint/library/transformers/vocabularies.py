"""The vocabularies of well-known checkpoints: which of them share one, and what it lacks.

Two checkpoints of one vocabulary give every piece of text the same number.  Sizes are those of the published tokenizers
and of the models' embeddings (``vocab_size`` of their ``config.json``); an embedding may have spare rows.

>>> vocabulary("gpt2").pads, vocabulary("google-bert/bert-base-cased").size, vocabulary("me/my-model")
(False, 28996, None)
"""

from __future__ import annotations

import functools
import re

from ft_lint.light import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words that numbers stand for: ``size`` of them, in embeddings of ``rows`` rows.

    ``pads``, ``masks``: whether the published tokenizer names a token to pad, to mask with; None where its checkpoints
    differ.  ``special``: the markers that it has, as patterns.
    """

    name: str
    size: int
    rows: int
    pads: bool | None
    masks: bool
    special: str

    @property
    def is_full(self) -> bool:
        """Whether the embedding has no row for one more token."""
        return self.size == self.rows

    def has(self, token: str) -> bool | None:
        """Whether a token is in the vocabulary; None where that is not known, as for plain words."""
        if re.fullmatch(self.special, token):
            return True
        return False if re.fullmatch(r"\[[A-Z][A-Z_0-9]*\]|</?[a-z_0-9]{2,}>", token) else None


_BERT = r"\[(PAD|UNK|CLS|SEP|MASK|unused\d+)\]"
_ROBERTA = r"</?s>|<(pad|unk|mask)>"
_GPT2 = r"<\|endoftext\|>"
_LLAMA = r"</?s>|<unk>|<0x..>"
_T5 = r"</s>|<(pad|unk)>|<extra_id_\d+>"

_TABLE: tuple[tuple[str, Vocabulary], ...] = (
    (
        r"(google-bert/)?bert-(base|large)-uncased(-whole-word-masking)?|(distilbert/)?distilbert-base-uncased"
        r"|google/electra-(small|base|large)-(discriminator|generator)",
        Vocabulary("bert-uncased", 30522, 30522, True, True, _BERT),
    ),
    (
        r"(google-bert/)?bert-(base|large)-cased(-whole-word-masking)?|(distilbert/)?distilbert-base-cased"
        r"|dmis-lab/biobert-(base-cased-)?v1\.[012]",
        Vocabulary("bert-cased", 28996, 28996, True, True, _BERT),
    ),
    (
        r"(google-bert/)?bert-base-multilingual-cased|(distilbert/)?distilbert-base-multilingual-cased",
        Vocabulary("bert-multilingual-cased", 119547, 119547, True, True, _BERT),
    ),
    (
        r"(google-bert/)?bert-base-multilingual-uncased",
        Vocabulary("bert-multilingual-uncased", 105879, 105879, True, True, _BERT),
    ),
    (r"(google-bert/)?bert-base-chinese", Vocabulary("bert-chinese", 21128, 21128, True, True, _BERT)),
    (
        r"(facebookai/)?roberta-(base|large)|(distilbert/)?distilroberta-base|facebook/bart-(base|large)",
        Vocabulary("roberta", 50265, 50265, True, True, _ROBERTA),
    ),
    (r"(facebookai/)?xlm-roberta-(base|large)", Vocabulary("xlm-roberta", 250002, 250002, True, True, _ROBERTA)),
    (
        r"(openai-community/)?gpt2(-medium|-large|-xl)?|(distilbert/)?distilgpt2"
        r"|eleutherai/gpt-neo-(125m|1\.3b|2\.7b)|microsoft/dialogpt-(small|medium|large)",
        Vocabulary("gpt2", 50257, 50257, False, False, _GPT2),
    ),
    (r"eleutherai/gpt-j-6b", Vocabulary("gpt2", 50257, 50400, False, False, _GPT2 + r"|<\|extratoken_\d+\|>")),
    (
        r"eleutherai/(pythia-[\d.]+[mb](-deduped)?|gpt-neox-20b)",
        Vocabulary("gpt-neox", 50277, 50304, False, False, r"<\|(endoftext|padding)\|>"),
    ),
    (r"meta-llama/llama-2-\d+b(-chat)?-hf", Vocabulary("llama-2", 32000, 32000, False, False, _LLAMA)),
    (r"tinyllama/tinyllama-1\.1b-.*", Vocabulary("llama-2", 32000, 32000, None, False, _LLAMA)),
    (
        r"meta-llama/(meta-)?llama-3(\.[12])?-\d+b(-instruct)?",
        Vocabulary("llama-3", 128256, 128256, False, False, r"<\|\w+\|>"),
    ),
    (
        r"mistralai/(mistral-7b-(instruct-)?v0\.1|mistral-7b-instruct-v0\.2|mixtral-8x7b-(instruct-)?v0\.1)",
        Vocabulary("mistral", 32000, 32000, False, False, _LLAMA + r"|\[/?INST\]"),
    ),
    (r"microsoft/phi-(1|1_5|2)", Vocabulary("phi", 50295, 51200, False, False, _GPT2)),
    (r"facebook/opt-[\d.]+[mb]", Vocabulary("opt", 50265, 50272, True, False, _ROBERTA)),
    (
        r"(google-t5/)?t5-(small|base|large|3b|11b)|google/(flan-t5|t5-v1_1)-(small|base|large|xl|xxl)",
        Vocabulary("t5", 32100, 32128, True, False, _T5),
    ),
    (r"google/mt5-(small|base|large|xl|xxl)", Vocabulary("mt5", 250100, 250112, True, False, _T5)),
    (r"(albert/)?albert-(base|large|xlarge|xxlarge)-v2", Vocabulary("albert", 30000, 30000, True, True, _BERT)),
    (
        r"microsoft/deberta-v3-(xsmall|small|base|large)",
        Vocabulary("deberta-v3", 128001, 128100, True, True, _BERT),
    ),
    (r"(almanach/)?camembert-base", Vocabulary("camembert", 32005, 32005, True, True, _ROBERTA)),
)
"""How ids are matched, in lower case, and what they hold.  Only checkpoints as they were first published: whoever
publishes one again may have added a token."""


@functools.cache
def vocabulary(checkpoint: str) -> Vocabulary | None:
    """The vocabulary of a checkpoint's id; None where it is not in the table."""
    name = checkpoint.lower()
    return next((found for pattern, found in _TABLE if re.fullmatch(pattern, name)), None)
