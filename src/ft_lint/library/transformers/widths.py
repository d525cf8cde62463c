"""How many features well-known checkpoints have: ``hidden_size`` of their published ``config.json``.

>>> hidden_size("bert-base-uncased"), hidden_size("FacebookAI/roberta-large"), hidden_size("me/my-model")
(768, 1024, None)
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from ft_lint.values.base import text
from ft_lint.values.hub import HubModel

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine

_TABLE: tuple[tuple[str, int], ...] = (
    (
        r"(google-bert/)?bert-base-(un)?cased|(google-bert/)?bert-base-(chinese|multilingual-(un)?cased)"
        r"|(distilbert/)?distilbert-base-((un)?cased|multilingual-cased)(-distilled-squad)?"
        r"|(facebookai/)?(xlm-)?roberta-base|(distilbert/)?distilroberta-base|(almanach/)?camembert-base"
        r"|google/electra-base-discriminator|microsoft/(deberta-base|deberta-v3-(small|base)|mpnet-base)"
        r"|(albert/)?albert-base-v[12]|facebook/bart-base|(openai-community/)?gpt2|(distilbert/)?distilgpt2"
        r"|(google-t5/)?t5-base|google/(flan-t5|t5-v1_1|mt5)-base|dmis-lab/biobert-(base-cased-)?v1\.[012]"
        r"|allenai/(scibert_scivocab_(un)?cased|longformer-base-4096)|sentence-transformers/all-mpnet-base-v2"
        r"|(nlptown|prosusai)/(bert-base-multilingual-uncased-sentiment|finbert)|vinai/(phobert|bertweet)-base"
        r"|emilyalsentzer/bio_clinicalbert",
        768,
    ),
    (
        r"(google-bert/)?bert-large-(un)?cased(-whole-word-masking)?|(facebookai/)?(xlm-)?roberta-large"
        r"|google/electra-large-discriminator|microsoft/(deberta-large|deberta-v3-large)"
        r"|(albert/)?albert-large-v[12]|facebook/bart-large(-mnli|-cnn)?|(openai-community/)?gpt2-medium"
        r"|(google-t5/)?t5-large|google/(flan-t5|t5-v1_1|mt5)-large|vinai/phobert-large",
        1024,
    ),
    (r"microsoft/deberta-v3-xsmall|sentence-transformers/(all|paraphrase)-minilm-l(6|12|3)-v2", 384),
    (r"google/electra-small-discriminator", 256),
    (r"(google-t5/)?t5-small|google/(flan-t5|t5-v1_1|mt5)-small", 512),
    (r"(albert/)?albert-xlarge-v[12]", 2048),
    (r"(albert/)?albert-xxlarge-v[12]", 4096),
    (r"(openai-community/)?gpt2-large", 1280),
    (r"(openai-community/)?gpt2-xl", 1600),
)
"""How ids are matched, in lower case."""


@functools.cache
def hidden_size(checkpoint: str) -> int | None:
    """The features of a checkpoint's body; None where it is not in the table."""
    name = checkpoint.lower()
    return next((size for pattern, size in _TABLE if re.fullmatch(pattern, name)), None)


_SETTINGS = ("hidden_size", "dim", "d_model", "n_embd")
"""What configurations call it."""


def width_of(m: Machine, model: HubModel) -> int | None:
    """The features that a model's body gives, where it is a known checkpoint's as published."""
    changed = not m.published or not model.complete or any(name in model.settings for name in _SETTINGS)
    return None if changed else hidden_size(text(model.checkpoint) or "")
