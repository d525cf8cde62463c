"""Random arguments: shapes, positions, dtypes, and calls written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from operations.example import Example, Input

Draw = Callable[[st.SearchStrategy[Any]], Any]

SIZES = st.integers(1, 5)
FLOATS = st.sampled_from(["float32", "float32", "float32", "float64", "float16"])
DTYPES = st.sampled_from(["float32", "float32", "float64", "int64", "int32", "bool", "uint8", "float16"])
BOOLS = st.booleans()


def shape(draw: Draw, least: int = 0, most: int = 4, *, empty: bool = False) -> tuple[int, ...]:
    """Some sizes; with ``empty``, 0 may be among them."""
    sizes = st.integers(0 if empty else 1, 5)
    return tuple(draw(st.lists(sizes, min_size=least, max_size=most)))


def dim(draw: Draw, rank: int, *, wrong: bool = True) -> int:
    """A position of a dimension; now and then one that does not exist."""
    rank = max(rank, 1)
    if wrong and draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([rank, -rank - 1, rank + 2]))
    return draw(st.integers(-rank, rank - 1))


def dims(draw: Draw, rank: int) -> str:
    """One position, several, or none."""
    match draw(st.integers(0, 3)):
        case 0 | 1:
            return str(dim(draw, rank))
        case 2:
            count = draw(st.integers(1, max(rank, 1)))
            return str(tuple(dim(draw, rank, wrong=False) for _ in range(count)))
    return "None"


def broadcastable(draw: Draw, base: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that mostly broadcasts with another."""
    start = draw(st.integers(0, len(base)))
    found = [draw(st.sampled_from([size, size, size, 1])) for size in base[start:]]
    if found and draw(st.integers(0, 5)) == 0:
        found[draw(st.integers(0, len(found) - 1))] = draw(SIZES)
    return tuple(found)


def call(draw: Draw, name: str, first: str, *rest: str) -> str:
    """A call of a function, or where the name is a method's, of the first argument's method.

    A function that is a method too is called either way.
    """
    if name.startswith("."):
        return f"{first}{name}({', '.join(rest)})"
    return f"{name}({', '.join((first, *rest))})"


def either(draw: Draw, name: str) -> str:
    """``torch.sum`` or ``.sum``."""
    return draw(st.sampled_from([name, "." + name.rpartition(".")[2]]))


def one(expression: str, shape: tuple[int, ...], dtype: str = "float32", **settings: Any) -> Example:
    """An example with the one input ``x``."""
    return Example(expression, {"x": Input(shape, dtype)}, **settings)


def literal(value: object) -> str:
    """How Python writes it."""
    return repr(value)
