"""``torch.nn.utils.rnn``: sequences of different lengths in one batch."""

from __future__ import annotations

from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Site
from ft_lint.light import replace
from ft_lint.values.base import FALSE, NONE, TRUE, Value, integer, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple
from ft_lint.values.hub import TokenIds
from ft_lint.values.shape import Shape, unknown_dim
from ft_lint.values.tensor import Tensor, shape_of

PACKED = "torch.nn.utils.rnn.PackedSequence"


def packed(padded: Tensor) -> Instance:
    """A ``PackedSequence`` of what is padded as (batch, steps, ...): its ``data`` has a row for each true step."""
    shape = padded.shape
    rows = (unknown_dim(), *shape[2:]) if shape is not None and len(shape) > 1 else None
    return Instance(PACKED, fields={"padded": padded, "data": replace(padded, shape=rows)})


def padded_of(value: Value) -> Tensor | None:
    """What a ``PackedSequence`` was packed from, as (batch, steps, ...); None for anything else."""
    match value:
        case Instance(kind="torch.nn.utils.rnn.PackedSequence", fields={"padded": Tensor() as padded}):
            return padded
    return None


class PackedSequence:
    """A named tuple: the rows of all sequences, how many sequences go on at each step, and their order."""

    @staticmethod
    def __getitem__(at: Site, self: Instance, index: Value) -> Value:
        """``packed[0]`` is ``packed.data``."""
        return self.fields["data"] if integer(index) == 0 else at.unknown("what a packed batch says of its sequences")


def pack_padded_sequence(
    at: Site, input: Value, lengths: Value, batch_first: Value = FALSE, enforce_sorted: Value = TRUE
) -> Value:
    """Leaves the padding out.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
    """
    shape, first = shape_of(input), truth(batch_first)
    known = shape if shape is not None and len(shape) > 1 and first is not None else None
    width = input.width if isinstance(input, Tensor) else None
    return packed(replace(at.result(known if first else _turned(known), input), width=width))


def pad_packed_sequence(
    at: Site,
    sequence: Value,
    batch_first: Value = FALSE,
    padding_value: Value = NONE,
    total_length: Value = NONE,
) -> Value:
    """The padded batch, as long as its longest sequence, and the lengths."""
    padded = padded_of(sequence)
    if padded is None:
        return Tuple((at.result(None, sequence), at.unknown("the lengths")))
    shape, first = padded.shape, truth(batch_first)
    if shape is None or len(shape) < 2 or first is None:
        return Tuple((replace(padded, shape=None), at.unknown("the lengths")))
    whole = (shape[0], unknown_dim(), *shape[2:])
    lengths = replace(at.result((shape[0],)), dtype="int64")
    return Tuple((replace(padded, shape=whole if first else _turned(whole)), lengths))


def pad_sequence(at: Site, sequences: Value, batch_first: Value = FALSE, *args: Value, **kwargs: Value) -> Value:
    """Sequences of (steps, ...) as one batch, as long as the longest."""
    items, first = items_of(at.m, sequences), truth(batch_first)
    parts = items.values if items is not None else ()
    if parts and isinstance(ids := parts[0], TokenIds):
        filling = args[0] if args else kwargs.get("padding_value", NONE)
        return TokenIds(ids.tokenizer, padded=integer(filling) != -100, ends=ids.ends)
    shape = shape_of(parts[0]) if parts else None
    if not shape or first is None:
        return at.result(None, *parts)
    batch = len(parts) if items is not None and items.complete else unknown_dim()
    whole = (batch, unknown_dim(), *shape[1:])
    joined = at.result(whole if first else _turned(whole), *parts)
    return replace(joined, dtype=parts[0].dtype if isinstance(parts[0], Tensor) else None)


def pack_sequence(at: Site, sequences: Value, enforce_sorted: Value = TRUE) -> Value:
    """A packed batch of a list of sequences."""
    whole = pad_sequence(at, sequences, TRUE)
    return packed(whole) if isinstance(whole, Tensor) else at.unknown("packed sequences")


def _turned(shape: Shape | None) -> Shape | None:
    """Steps and batch the other way round."""
    return None if shape is None else (shape[1], shape[0], *shape[2:])
