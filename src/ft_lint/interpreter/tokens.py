"""What is written about tokens: special tokens of a tokenizer, and the numbers of texts that become labels."""

from __future__ import annotations

import ast
import re

from ft_lint.facts.hub import LabelsSet, TokenizerSet
from ft_lint.interpreter.machine import Machine
from ft_lint.values.base import Value
from ft_lint.values.hub import TokenIds, Tokenizer

SPECIAL = r"(bos|eos|unk|sep|cls|mask|pad)_token(_id)?"
"""The attributes of a tokenizer that are special tokens, or their numbers."""


def set_on_tokenizer(m: Machine, tokenizer: Tokenizer, name: str, value: Value, node: ast.AST) -> None:
    """``tokenizer.pad_token = token``, or its number under ``pad_token_id``."""
    token = re.fullmatch(SPECIAL, name)
    m.store.write(tokenizer.fields, f"{token[1]}_token" if token is not None else name, value)
    m.emit(TokenizerSet, node, tokenizer=tokenizer, name=name, value=value)


def set_labels(m: Machine, value: Value, node: ast.AST) -> None:
    """Something was put under ``labels``: noted where it is what a tokenizer gave."""
    if isinstance(value, TokenIds):
        m.emit(LabelsSet, node, labels=value)
