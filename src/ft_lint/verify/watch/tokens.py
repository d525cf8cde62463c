"""Tokens and labels, where a script has transformers loaded: which tokenizer gave them, and what models read."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch

from ft_lint.observe.hub import LabelsRead, TokenizerBuilt, TokensRead
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to tokenizers and to the calls of transformers' models."""
    if "transformers" not in sys.modules:
        yield
        return
    transformers = import_module("transformers")
    reading = _Reading(recorder)
    base = transformers.PreTrainedTokenizerBase
    with (
        replaced(base, "__init__", _recording_tokenizer(recorder)),
        replaced(base, "__call__", reading.remembering),
        replaced(transformers.PreTrainedModel, "__call__", reading.calling),
    ):
        yield


def _recording_tokenizer(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if recorder.listening:
                recorder.write(TokenizerBuilt, tokenizer=recorder.things(self))

        return init

    return wrap


class _Reading:
    """Remembers which tokenizer gave which numbers, and writes down what models read."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.given: dict[tuple[int, ...], Any] = {}

    def remembering(self, original: Any) -> Any:
        """Wrap a tokenizer's call."""

        def call(tokenizer: Any, *args: Any, **kwargs: Any) -> Any:
            made = original(tokenizer, *args, **kwargs)
            for row in _rows(made.get("input_ids")):
                self.given[_content(row, tokenizer.pad_token_id)] = tokenizer
            return made

        return call

    def calling(self, original: Any) -> Any:
        """Wrap the call of a model, also of one that raises."""

        def call(model: Any, *args: Any, **kwargs: Any) -> Any:
            output = None
            try:
                output = original(model, *args, **kwargs)
                return output
            finally:
                if self.recorder.listening:
                    self._read(model, args, kwargs, output)

        return call

    def _read(self, model: Any, args: Sequence[Any], kwargs: dict[str, Any], output: Any) -> None:
        ids = kwargs.get("input_ids", args[0] if args else None)
        labels = kwargs.get("labels")
        with self.recorder.quietly():
            if isinstance(ids, torch.Tensor) and not ids.is_floating_point():
                self._note_tokens(model, ids)
            if isinstance(labels, torch.Tensor) and labels.numel():
                self._note_labels(model, ids, labels, kwargs.get("attention_mask"), raised=output is None)

    def _note_tokens(self, model: Any, ids: torch.Tensor) -> None:
        rows = _rows(ids.tolist())
        tokenizer = next((found for row in rows if (found := self._giver(row)) is not None), None)
        embedding = model.get_input_embeddings()
        size = embedding.num_embeddings if hasattr(embedding, "num_embeddings") else sys.maxsize
        self.recorder.write(
            TokensRead,
            model=self.recorder.modules(model),
            tokenizer=self.recorder.things(tokenizer) if tokenizer is not None else -1,
            read=ids.numel(),
            foreign=_foreign(rows, tokenizer, str(model.config._name_or_path)) if tokenizer is not None else 0,
            beyond=int((ids >= size).sum()),
        )

    def _giver(self, row: Sequence[int]) -> Any:
        """The tokenizer that gave a row, whatever it was padded with since."""
        pads = {tokenizer.pad_token_id for tokenizer in self.given.values()}
        return next((self.given[key] for pad in pads if (key := _content(row, pad)) in self.given), None)

    def _note_labels(self, model: Any, ids: Any, labels: torch.Tensor, mask: Any, *, raised: bool) -> None:
        counted = labels != -100
        values = labels[counted] if counted.any() else labels.flatten()
        text = isinstance(ids, torch.Tensor) and ids.shape == labels.shape and not labels.is_floating_point()
        real = mask.bool() if text and isinstance(mask, torch.Tensor) and mask.shape == labels.shape else None
        pad, end = (getattr(model.config, f"{name}_token_id", None) for name in ("pad", "eos"))
        if getattr(model.config, "is_encoder_decoder", False) or real is None:
            real = labels != pad if pad is not None else torch.ones_like(counted)
        tokenizer = next((found for row in _rows(ids.tolist()) if (found := self._giver(row))), None) if text else None
        end = tokenizer.eos_token_id if tokenizer is not None else end
        ends = (ids == end) & real if text and isinstance(end, int) else torch.zeros_like(counted)
        self.recorder.write(
            LabelsRead,
            model=self.recorder.modules(model),
            classes=int(model.config.num_labels or 0),
            low=float(values.min()),
            high=float(values.max()),
            distinct=len(set(values.tolist())),
            floating=labels.is_floating_point(),
            counted=int(counted.sum()),
            padded=int((counted & ~real).sum()),
            copied=int((counted & (ids == labels)).sum()) if text else 0,
            ends=int(ends.sum()),
            ends_counted=int((ends & counted).sum()),
            raised=raised,
        )


def _rows(ids: Any) -> list[list[int]]:
    """Numbers as lists, one for each text."""
    if isinstance(ids, torch.Tensor):
        ids = ids.tolist()
    if not ids:
        return []
    return ids if isinstance(ids[0], list) else [ids]


def _content(row: Sequence[int], pad: int | None) -> tuple[int, ...]:
    """A row without padding at either end."""
    kept = list(row)
    while kept and kept[-1] == pad:
        kept.pop()
    while kept and kept[0] == pad:
        kept.pop(0)
    return tuple(kept)


@functools.cache
def _published(name: str) -> Any:
    from ft_lint.verify.standins.transformers_tokenizers import tokenizer_of

    return tokenizer_of(name)


def _foreign(rows: list[list[int]], tokenizer: Any, own: str) -> int:
    """How many numbers stand for another piece of text in the vocabulary of the checkpoint ``own``."""
    if not own:
        return 0
    added = set(tokenizer.get_added_vocab().values())
    numbers = [number for row in rows for number in row if number not in added]
    theirs = tokenizer.convert_ids_to_tokens(numbers)
    return sum(a != b for a, b in zip(theirs, _published(own).convert_ids_to_tokens(numbers), strict=True))
