"""Padding."""

from __future__ import annotations

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dims_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.nn.signatures import Run, function, layer, layers
from ft_lint.library.torch.nn.spatial import same_rank
from ft_lint.values.base import Constant, Value, text
from ft_lint.values.shape import Dim, Shape, add, compare, show


def pad(at: Site, input: Value, pad: Value, mode: Value, value: Value = Constant(0)) -> Value:  # noqa: B008
    """``F.pad``: pairs of amounts, the last dimension first (torch.nn.functional.pad)."""
    known, amounts, kind = shape_of(input), dims_of(at, pad), text(mode)
    if known is None or amounts is None or kind is None:
        return at.result(same_rank(input), input)
    if len(amounts) % 2:
        raise Refused("pad", f"{len(amounts)} amounts are no pairs", input)
    if len(amounts) > 2 * len(known):
        raise Refused("pad", f"{len(amounts)} amounts for the {len(known)} dimensions of {show(known)}", input)
    if kind not in ("constant", "reflect", "replicate", "circular"):
        raise Refused("pad", f"there is no mode {kind!r}", input)
    if kind != "constant" and len(known) not in (len(amounts) // 2 + 1, len(amounts) // 2 + 2):
        raise Refused("pad", f"{kind} padding of {len(amounts) // 2} dimensions of {show(known)}", input)
    return at.result(_padded(input, known, amounts, kind), input)


def _padded(input: Value, known: Shape, amounts: list[Dim], kind: str) -> Shape:
    sizes = list(known)
    for index in range(len(amounts) // 2):
        axis = len(known) - 1 - index
        before, after = amounts[2 * index], amounts[2 * index + 1]
        limits = {"reflect": (0, "less than"), "circular": (1, "at most")}
        for amount in (before, after) if kind in limits else ():
            order = compare(amount, known[axis])
            if order is not None and order >= limits[kind][0] and isinstance(known[axis], int):
                raise Refused("pad", f"{kind} padding of {amount} must be {limits[kind][1]} {known[axis]}", input)
        sizes[axis] = add(known[axis], add(before, after))
        least = 0 if kind == "constant" else 1
        if compare(sizes[axis], least) == -1:
            raise Refused("pad", f"nothing is left of a dimension of {known[axis]}", input)
    return tuple(sizes)


_PADS = (
    ("ConstantPad", "constant"),
    ("ZeroPad", "constant"),
    ("ReflectionPad", "reflect"),
    ("ReplicationPad", "replicate"),
    ("CircularPad", "circular"),
)


def _layer(name: str, mode: str, rank: int) -> type[Layer]:
    signature = f"{name}{rank}d(padding, value)" if name == "ConstantPad" else f"{name}{rank}d(padding)"

    def run(at: Site, input: Value, padding: Value, value: Value | None = None) -> Value:
        amounts = dims_of(at, padding)
        if amounts is None:
            return at.result(same_rank(input), input)
        every = amounts * 2 * rank if isinstance(padding, Constant) else amounts
        from ft_lint.interpreter.items import dimension
        from ft_lint.values.containers import Tuple

        return pad(at, input, Tuple(tuple(map(dimension, every))), Constant(mode))

    return layer(signature, run)


LAYERS = layers(*(_layer(name, mode, rank) for name, mode in _PADS for rank in (1, 2, 3)))
FUNCTIONS: dict[str, Run] = {"pad": function("pad(input, pad, mode='constant', value=None)", pad)}
