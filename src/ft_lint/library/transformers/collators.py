"""Collators of transformers: what makes a batch of rows."""

from __future__ import annotations

import dataclasses

from ft_lint.facts.hub import CollatorBuilt, PaddingAsked
from ft_lint.interpreter.machine import Machine
from ft_lint.library.remembered import remembered
from ft_lint.library.site import Site
from ft_lint.library.transformers.tokenizers import can_pad
from ft_lint.light import replace
from ft_lint.values.base import TRUE, Value, is_none, truth
from ft_lint.values.callables import Instance, Reference
from ft_lint.values.containers import Dict
from ft_lint.values.hub import Tokenizer
from ft_lint.values.tensor import Tensor

LANGUAGE_MODELING = "transformers.DataCollatorForLanguageModeling"
_PADDING = (
    "transformers.DataCollatorWithPadding",
    "transformers.DataCollatorForSeq2Seq",
    "transformers.DataCollatorForTokenClassification",
    LANGUAGE_MODELING,
)
_KEEPING = ("transformers.default_data_collator", "transformers.DefaultDataCollator", *_PADDING[:3])


def _collator(name: str) -> type:
    """A class of collators: objects that remember what they were built with."""

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        made = remembered(at, f"transformers.{name}", args, kwargs)
        at.emit(CollatorBuilt, collator=made)
        return made

    def call(at: Site, self: Instance, features: Value, *args: Value) -> Value:
        note_padding(at.m, self, at.node)
        return at.unknown("a batch of a collator", features)

    return type(name, (), {"construct": staticmethod(construct), "__call__": staticmethod(call)})


DataCollatorWithPadding = _collator("DataCollatorWithPadding")
DataCollatorForSeq2Seq = _collator("DataCollatorForSeq2Seq")
DataCollatorForTokenClassification = _collator("DataCollatorForTokenClassification")
DataCollatorForLanguageModeling = _collator("DataCollatorForLanguageModeling")
DefaultDataCollator = _collator("DefaultDataCollator")


def path_of(collator: Value) -> str:
    """The path of a collator of transformers; "" for the script's own and others."""
    match collator:
        case Reference(path):
            return path
        case Instance(kind=kind, cls=None):
            return kind
    return ""


def tokenizer_of(collator: Value) -> Tokenizer | None:
    """The tokenizer that a collator was built with."""
    found = collator.given("tokenizer") if isinstance(collator, Instance) else None
    return found if isinstance(found, Tokenizer) else None


def masks_words(collator: Instance) -> bool | None:
    """Whether a ``DataCollatorForLanguageModeling`` masks words, as it does unless told not to; None: not known."""
    given = collator.given("mlm")
    return (True if collator.complete else None) if given is None else truth(given)


def note_padding(m: Machine, collator: Value, node: object) -> None:
    """A collator pads what it puts together, unless it is told not to."""
    tokenizer = tokenizer_of(collator)
    if tokenizer is None or not isinstance(collator, Instance) or path_of(collator) not in _PADDING:
        return
    if truth(collator.given("padding") or TRUE) is True:
        m.emit(PaddingAsked, collator.node or node, tokenizer=tokenizer, can=can_pad(tokenizer))  # type: ignore[arg-type]


def _stacked(value: Value) -> Value:
    """A tensor of one row, of which a batch has as many as it has rows."""
    return replace(value, shape=None) if isinstance(value, Tensor) else value


def collated(collator: Value, row: Value) -> Dict | None:
    """What the batch of a known collator holds, of rows that look like ``row``; None where that is not known."""
    if not isinstance(row, Dict):
        return None
    entries = {name: _stacked(value) for name, value in row.entries.items()}
    if path_of(collator) == LANGUAGE_MODELING:
        entries.pop("labels", None)
        return Dict(entries, {"incomplete": TRUE})
    if not is_none(collator) and path_of(collator) not in _KEEPING:
        return None
    for name in ("label", "label_ids"):
        if name in entries and "labels" not in entries:
            entries["labels"] = entries.pop(name)
    return Dict(entries, {"incomplete": TRUE})
