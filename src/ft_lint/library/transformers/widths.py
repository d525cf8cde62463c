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
    (
        r"google/vit-base-patch(16|32)-(224|384)(-in21k)?|google/vit-base-patch32-384|facebook/dinov2-base"
        r"|facebook/dino-vitb(8|16)|facebook/vit-mae-base|facebook/deit-base-(distilled-)?patch16-(224|384)"
        r"|microsoft/beit-base-patch16-(224|384)(-pt22k(-ft22k)?)?|microsoft/swin-(tiny|small)-patch4-window7-224"
        r"|facebook/wav2vec2-base(-960h|-100h)?|facebook/hubert-base-ls960|microsoft/wavlm-base(-plus)?"
        r"|openai/whisper-small(\.en)?",
        768,
    ),
    (
        r"google/vit-large-patch(16|32)-(224|384)(-in21k)?|facebook/dinov2-large|facebook/vit-mae-large"
        r"|microsoft/beit-large-patch16-(224|384|512)(-pt22k(-ft22k)?)?|microsoft/swin-base-patch4-window(7|12)-(224|384)"
        r"|facebook/wav2vec2-(large(-960h|-xlsr-53)?|xls-r-300m)|facebook/hubert-large-ls960-ft|microsoft/wavlm-large"
        r"|openai/whisper-medium(\.en)?",
        1024,
    ),
    (r"facebook/(dinov2-small|dino-vits(8|16)|deit-small-patch16-224)|openai/whisper-tiny(\.en)?", 384),
    (r"openai/whisper-base(\.en)?", 512),
    (r"openai/whisper-large(-v[23])?", 1280),
    (r"(openai-community/)?gpt2-large", 1280),
    (r"(openai-community/)?gpt2-xl", 1600),
)
"""How ids are matched, in lower case."""

_OF_PARTS: dict[str, tuple[tuple[str, int], ...]] = {
    "CLIPVisionModel": ((r"openai/clip-vit-base-patch(16|32)", 768), (r"openai/clip-vit-large-patch14(-336)?", 1024)),
    "CLIPTextModel": ((r"openai/clip-vit-base-patch(16|32)", 512), (r"openai/clip-vit-large-patch14(-336)?", 768)),
}
"""Of models that are one of several parts of a checkpoint, by their classes."""


@functools.cache
def hidden_size(checkpoint: str, cls: str = "") -> int | None:
    """The features of a checkpoint's body, or of the part that a class is; None where it is not in the table."""
    name = checkpoint.lower()
    return next((size for pattern, size in _OF_PARTS.get(cls, _TABLE) if re.fullmatch(pattern, name)), None)


_SETTINGS = ("hidden_size", "dim", "d_model", "n_embd")
"""What configurations call it."""


def width_of(m: Machine, model: HubModel) -> int | None:
    """The features that a model's body gives, where it is a known checkpoint's as published."""
    changed = not m.published or not model.complete or any(name in model.settings for name in _SETTINGS)
    return None if changed else hidden_size(text(model.checkpoint) or "", model.cls or "")
