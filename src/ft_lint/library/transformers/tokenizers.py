"""Tokenizers of transformers: what their special tokens are, and what they were asked to do."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.library.transformers.checkpoints import model_type
from ft_lint.values.base import NONE, Value, text
from ft_lint.values.hub import SpecialToken, Tokenizer


class AutoTokenizer:
    """``AutoTokenizer``."""

    @staticmethod
    def from_pretrained(at: Site, pretrained_model_name_or_path: Value, *args: Value, **settings: Value) -> Value:
        """The tokenizer of a checkpoint."""
        kind = model_type(text(pretrained_model_name_or_path) or "")
        made = Tokenizer(pretrained_model_name_or_path, kind, settings, at.arguments.complete, node=at.node)
        for name in ("bos", "eos", "unk", "sep", "cls", "mask"):
            if f"{name}_token" not in settings:
                made.fields[f"{name}_token"] = SpecialToken(made, name)
        return made


class PreTrainedTokenizerBase:
    """The methods of a tokenizer."""

    @staticmethod
    def save_pretrained(at: Site, self: Tokenizer, *args: Value, **kwargs: Value) -> Value:
        """Writes files."""
        return NONE

    push_to_hub = save_pretrained
