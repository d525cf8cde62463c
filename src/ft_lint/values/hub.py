"""What is known of models, tokenizers and configurations of Hugging Face's hub."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import field

from ft_lint.light import dataclass
from ft_lint.values.base import Fields, Items, Unknown, Value, integer
from ft_lint.values.containers import Dict, List, Tuple


@dataclass(frozen=True, slots=True, eq=False)
class HubModel(Value):
    """Where a model of transformers comes from.

    ``cls`` is the name of its class where that is known (``BertForSequenceClassification``, also behind an ``Auto``
    class), ``asked`` the one that the script names, ``model_type`` transformers' word for its architecture.
    ``checkpoint`` is the id or folder as passed (None for a model built from a config), ``config`` the settings of its
    configuration: those that were passed, and where they stand; ``complete`` whether these are all.
    """

    asked: str
    cls: str | None
    model_type: str | None
    checkpoint: Value
    settings: dict[str, Value] = field(default_factory=dict)
    places: dict[str, ast.AST] = field(default_factory=dict)
    complete: bool = True

    @property
    def is_headless(self) -> bool:
        """Whether the class is a bare body, e.g. ``AutoModel`` or ``BertModel``: no head, no loss."""
        name = self.cls or self.asked
        return name.endswith("Model") and not name.endswith(("LMHeadModel", "DoubleHeadsModel", "PreTrainedModel"))

    @property
    def is_causal(self) -> bool:
        """Whether it is a language model that predicts the next token."""
        names = (self.cls or "", self.asked)
        return any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in names)

    @property
    def is_masked(self) -> bool:
        """Whether it is a language model that fills in masked tokens."""
        return any(name.endswith("ForMaskedLM") for name in (self.cls or "", self.asked))

    @property
    def is_sequence_to_sequence(self) -> bool:
        """Whether it is a model that writes one text for another, e.g. T5 or BART."""
        name = self.cls or self.asked
        if name.startswith("Auto"):
            return name == "AutoModelForSeq2SeqLM"
        return name.endswith("ForConditionalGeneration") and self.model_type in _SEQUENCE_TO_SEQUENCE

    @property
    def labels(self) -> int | None:
        """The number of classes that the settings ask for; None where they do not tell."""
        return integer(self.settings.get("num_labels"))


_SEQUENCE_TO_SEQUENCE = ("t5", "mt5", "bart", "mbart", "pegasus", "marian")
"""Model types whose ``...ForConditionalGeneration`` reads and writes texts alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokenizer(Value):
    """A tokenizer: ``checkpoint`` as passed, ``model_type`` of that checkpoint.

    ``fields`` hold what the script set since (``pad_token``, ``padding_side`` ...) and, under ``added``, whether tokens
    were added.  ``settings`` are the keywords that it was loaded with.
    """

    checkpoint: Value
    model_type: str | None
    settings: dict[str, Value] = field(default_factory=dict)
    complete: bool = True
    fields: Fields = field(default_factory=dict)
    node: ast.AST | None = None

    def given(self, name: str) -> Value | None:
        """What an attribute was set to, when it was loaded or since."""
        return self.fields.get(name, self.settings.get(name))


@dataclass(frozen=True, slots=True, eq=False)
class SpecialToken(Value):
    """``tokenizer.eos_token`` and kin, or its number (``as_id``): ``name`` is ``eos``, ``pad``, ..."""

    tokenizer: Tokenizer
    name: str
    as_id: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TokenIds(Value):
    """The numbers that a tokenizer gave for texts, or a copy of them.

    ``padded``: whether some of them surely are padding; None where that is not known.  ``ends``: whether they hold the
    end-of-sequence token that the script itself put behind a text.  ``changes`` tell how something was written into
    them: on whichever way, they are then no longer what the tokenizer gave.  ``batch`` stands for the batch of a loader
    that they are part of.
    """

    tokenizer: Tokenizer
    padded: bool | None
    ends: bool = False
    changes: list[str] = field(default_factory=list)
    batch: Value | None = None

    def copy(self) -> TokenIds:
        """The same numbers in an object of its own."""
        return TokenIds(self.tokenizer, self.padded, self.ends, list(self.changes), self.batch)

    def view(self) -> TokenIds:
        """The same numbers, or a part of them: what is written into one is in the other."""
        return TokenIds(self.tokenizer, self.padded, self.ends, self.changes, self.batch)

    def shares(self, other: TokenIds) -> bool:
        """Whether what is written into one is in the other."""
        return other.changes is self.changes

    def beside(self, others: Sequence[Value], *, repeated: bool = False) -> TokenIds | None:
        """These numbers with others before or behind them, padding where one is ``repeated``; None where it is not
        known what they are.  -100 is no number of a token: with it they are labels already.
        """
        if not all(map(_is_number_of_token, others)):
            return None
        ends = self.ends or any(mentions(one, "eos") for one in others)
        ignored = ["-100"] if any(integer(one) == -100 for one in others) else []
        padded = True if repeated and not ignored else self.padded
        return TokenIds(self.tokenizer, padded, ends, [*self.changes, *ignored], self.batch)

    def in_batch(self, batch: Value) -> TokenIds:
        """The same numbers as a part of a batch."""
        return TokenIds(self.tokenizer, self.padded, self.ends, self.changes, batch)


def _is_number_of_token(value: Value) -> bool:
    """Whether a value surely is a number, written out or asked of a tokenizer: ``tokenizer.pad_token_id``."""
    asked = isinstance(value, Unknown) and any(isinstance(one, Tokenizer) for one in value.touched)
    return asked or isinstance(value, SpecialToken) or integer(value) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Encoding(Dict):
    """What a tokenizer gives when it is called: a dict whose entries are attributes, too."""


def mentions(value: Value | None, token: str, depth: int = 4) -> bool:
    """Whether a special token, or its number, surely went into a text or into the numbers of one."""
    if value is None or depth == 0:
        return False
    match value:
        case SpecialToken(name=name):
            return name == token
        case TokenIds(ends=ends):
            return ends and token == "eos"
        case Unknown(touched=touched) | Tuple(values=touched):
            return any(mentions(one, token, depth - 1) for one in touched)
        case List(fields={"items": Items(values)}):
            return any(mentions(one, token, depth - 1) for one in values)
    return False
