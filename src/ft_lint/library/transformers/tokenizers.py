"""Tokenizers of transformers: what their special tokens are, and what they were asked to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ft_lint.facts.hub import PaddingAsked, TokenizerLoaded, TokensAdded
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.tokens import SPECIAL, set_labels, set_on_tokenizer
from ft_lint.library.builtins import dict_
from ft_lint.library.site import Site
from ft_lint.library.tracing import loaders_of
from ft_lint.library.transformers.checkpoints import model_type
from ft_lint.library.transformers.vocabularies import vocabulary
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Repeated, Value, is_none, text, truth
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.hub import Encoding, SpecialToken, TokenIds, Tokenizer, mentions
from ft_lint.values.tensor import Tensor

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine

_LOADING = r"transformers\.(Auto|PreTrained|[A-Z]\w*?)Tokenizer(Fast)?\.from_pretrained"


def build(at: Site, path: str, arguments: Any) -> Value | None:
    """The tokenizer that ``path``, a class's ``from_pretrained``, gives; None where it gives something else."""
    if not re.fullmatch(_LOADING, path):
        return None
    given = arguments.keywords.get("pretrained_model_name_or_path", NONE)
    checkpoint = arguments.positional[0] if arguments.positional else given
    settings = {name: value for name, value in arguments.keywords.items() if value is not given}
    made = Tokenizer(checkpoint, model_type(text(checkpoint) or ""), settings, arguments.complete, node=at.node)
    known = vocabulary(text(checkpoint) or "")
    if known is not None and known.pads is False and arguments.complete and "pad_token" not in settings:
        made.fields["pad_token"] = NONE
    at.emit(TokenizerLoaded, tokenizer=made)
    return made


def can_pad(tokenizer: Tokenizer) -> bool | None:
    """Whether a tokenizer has a token to pad with now; None where that is not known."""
    given = tokenizer.given("pad_token")
    if is_none(given):
        return False
    return True if isinstance(given, Constant | SpecialToken) else None


def masks(tokenizer: Tokenizer) -> bool | None:
    """Whether a tokenizer has a token to mask with; None where that is not known."""
    known = vocabulary(text(tokenizer.checkpoint) or "")
    touched = not tokenizer.complete or tokenizer.given("mask_token") is not None or "escaped" in tokenizer.fields
    return None if known is None or touched else known.masks


def attribute(m: Machine, tokenizer: Tokenizer, name: str) -> Value | None:
    """An attribute of a tokenizer, where it is a special token or was set; None for its methods."""
    token = re.fullmatch(SPECIAL, name)
    held = tokenizer.given(f"{token[1]}_token" if token is not None else name)
    if token is None:
        return m.store.resolve(held) if held is not None else None
    as_id = token[2] is not None
    value = m.store.resolve(held) if held is not None else None
    if isinstance(value, SpecialToken):
        return SpecialToken(value.tokenizer, value.name, as_id)
    if value is None and token[1] in ("pad", "mask"):
        version = m.versions.get(id(tokenizer), 0)
        return m.same_unknown(("attribute", tokenizer, name, version), f"`.{name}` of a tokenizer", tokenizer)
    if value is None or (as_id and text(value) is not None):
        return SpecialToken(tokenizer, token[1], as_id)
    return value


def _asks_to_pad(padding: Value) -> bool | None:
    if not isinstance(padding, Constant):
        return None
    return padding.value in (True, "longest", "max_length")


def _is_batch(at: Site, given: Value) -> bool | None:
    """Whether a tokenizer got several texts; what ``map`` hands over is several where it is ``batched``."""
    if isinstance(given, List | Tuple):
        return True
    if isinstance(given, Constant | SpecialToken):
        return False
    examples = [one for one in getattr(given, "touched", ()) if isinstance(one, Dict) and "batched" in one.flags]
    return truth(at.m.store.resolve(examples[0].flags["batched"])) if examples else None


def _pads(at: Site, padding: Value, given: Value) -> bool | None:
    """Whether the numbers surely end with padding, for texts whose lengths differ."""
    asked = _asks_to_pad(padding)
    if asked is not True or text(padding) == "max_length":
        return asked
    return _is_batch(at, given)


class PreTrainedTokenizerBase:
    """The methods of a tokenizer."""

    @staticmethod
    def __call__(
        at: Site,
        self: Tokenizer,
        text: Value = NONE,
        text_pair: Value = NONE,
        text_target: Value = NONE,
        text_pair_target: Value = NONE,
        add_special_tokens: Value = TRUE,
        padding: Value = FALSE,
        truncation: Value = NONE,
        **settings: Value,
    ) -> Value:
        """``tokenizer(texts, padding=True)``: numbers of texts, and where they are padding."""
        if _asks_to_pad(padding):
            at.emit(PaddingAsked, tokenizer=self, can=can_pad(self))
        ends = truth(self.settings.get("add_eos_token")) is True

        def numbers(given: Value) -> TokenIds:
            loaders = loaders_of([given])
            batch = Tensor(batch_of=next(iter(loaders))) if len(loaders) == 1 else None
            return TokenIds(self, _pads(at, padding, given), ends or mentions(given, "eos"), batch=batch)

        made = Encoding({}, {"incomplete": TRUE})
        made.entries["input_ids"] = numbers(text if not is_none(text) else text_target)
        if not is_none(text) and not is_none(text_target):
            made.entries["labels"] = numbers(text_target)
            set_labels(at.m, made.entries["labels"], at.node)
        return made

    @staticmethod
    def pad(at: Site, self: Tokenizer, encoded_inputs: Value = NONE, padding: Value = TRUE, **settings: Value) -> Value:
        """``tokenizer.pad(rows)``."""
        if _asks_to_pad(padding):
            at.emit(PaddingAsked, tokenizer=self, can=can_pad(self))
        return at.unknown("padded rows", encoded_inputs)

    @staticmethod
    def encode(at: Site, self: Tokenizer, text: Value = NONE, *args: Value, **settings: Value) -> Value:
        """``tokenizer.encode(text)``: the numbers alone."""
        made = PreTrainedTokenizerBase.__call__(at, self, text, **settings)
        assert isinstance(made, Encoding)
        return made.entries["input_ids"]

    @staticmethod
    def encode_plus(at: Site, self: Tokenizer, *args: Value, **settings: Value) -> Value:
        """``encode_plus`` and ``batch_encode_plus``: what calling a tokenizer was before transformers 3."""
        if truth(settings.pop("pad_to_max_length", FALSE)) is True:
            settings["padding"] = Constant("max_length")
        return PreTrainedTokenizerBase.__call__(at, self, *args, **settings)

    batch_encode_plus = encode_plus

    @staticmethod
    def add_tokens(at: Site, self: Tokenizer, new_tokens: Value, special_tokens: Value = FALSE) -> Value:
        """``add_tokens(["[E1]"])``: gives how many were new."""
        items = items_of(at.m, new_tokens)
        _note_added(at, self, list(items.values) if items is not None else [new_tokens])
        return at.unknown("a number of tokens")

    @staticmethod
    def add_special_tokens(
        at: Site, self: Tokenizer, special_tokens_dict: Value, *args: Value, **kwargs: Value
    ) -> Value:
        """``add_special_tokens({"pad_token": "[PAD]"})``."""
        from ft_lint.interpreter.escaping import escape

        if not isinstance(special_tokens_dict, Dict) or not special_tokens_dict.complete:
            escape(at.m, [self])
            return at.unknown("a number of tokens")
        tokens: list[Value] = []
        for name, given in special_tokens_dict.entries.items():
            value = at.m.store.resolve(given)
            items = items_of(at.m, value)
            tokens += items.values if items is not None else [value]
            if items is None:
                set_on_tokenizer(at.m, self, str(name), value, at.node)
        _note_added(at, self, tokens)
        return at.unknown("a number of tokens")

    @staticmethod
    def save_pretrained(at: Site, self: Tokenizer, *args: Value, **kwargs: Value) -> Value:
        """Writes files."""
        return NONE

    push_to_hub = save_pretrained

    @staticmethod
    def decode(at: Site, self: Tokenizer, *args: Value, **kwargs: Value) -> Value:
        """Reads what the tokenizer knows, and changes nothing."""
        return at.unknown("what a tokenizer says")

    batch_decode = tokenize = convert_tokens_to_ids = convert_ids_to_tokens = convert_tokens_to_string = decode
    get_vocab = get_added_vocab = num_special_tokens_to_add = get_special_tokens_mask = apply_chat_template = decode


def _note_added(at: Site, tokenizer: Tokenizer, tokens: list[Value]) -> None:
    known = vocabulary(text(tokenizer.checkpoint) or "")
    names = [text(at.m.store.resolve(token)) for token in tokens]
    new = tuple(name for name in names if name is not None and known is not None and known.has(name) is False)
    at.m.store.write(tokenizer.fields, "added", TRUE)
    at.emit(TokensAdded, tokenizer=tokenizer, new=new)


class BatchEncoding(dict_):
    """The methods of what a tokenizer gives."""

    @staticmethod
    def to(at: Site, self: Encoding, *args: Value, **kwargs: Value) -> Value:
        """Itself, on a device."""
        return self

    convert_to_tensors = to


class TokenIds_:
    """The methods of the numbers, a list or a tensor."""

    @staticmethod
    def copy(at: Site, self: TokenIds, *args: Value, **kwargs: Value) -> Value:
        """The same numbers in an object of their own."""
        return self.copy()

    clone = tolist = copy

    @staticmethod
    def view(at: Site, self: TokenIds, *args: Value, **kwargs: Value) -> Value:
        """The same numbers: what is written into one is in the other, or may be."""
        return self.view()

    detach = to = cpu = cuda = squeeze = unsqueeze = long = contiguous = numpy = reshape = flatten = type = view

    @staticmethod
    def append(at: Site, self: TokenIds, value: Value) -> Value:
        """One number behind the others."""
        if mentions(value, "eos"):
            object.__setattr__(self, "ends", True)
        return NONE

    @staticmethod
    def extend(at: Site, self: TokenIds, values: Value) -> Value:
        """Several numbers behind the others."""
        longer = self.beside((at.m.store.resolve(values.of),), repeated=True) if isinstance(values, Repeated) else None
        if longer is None:
            self.changes.append("others behind")
        else:
            object.__setattr__(self, "padded", longer.padded)
            self.changes[:] = longer.changes
        return NONE

    @staticmethod
    def size(at: Site, self: TokenIds, *args: Value) -> Value:
        """Numbers of rows and columns."""
        return at.unknown("the size of a batch")

    dim = numel = size
