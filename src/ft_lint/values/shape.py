"""Dimensions and shapes: integers, or linear expressions over symbols.

Two dimensions are equal, different, or we cannot tell; a wrong answer is worse than none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

_fresh = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Expression:
    """``constant + sum(factor * symbol)`` with at least one symbol; terms are sorted by symbol."""

    terms: tuple[tuple[str, int], ...]
    constant: int = 0

    def __str__(self) -> str:
        parts = [name if factor == 1 else f"{factor}*{name}" for name, factor in self.terms]
        if self.constant:
            parts.append(str(self.constant))
        return " + ".join(parts).replace("+ -", "- ")


Dim: TypeAlias = int | Expression
Shape: TypeAlias = tuple[Dim, ...]


def symbol(name: str) -> Expression:
    """A dimension that is only named, e.g. ``B`` for the batch."""
    return Expression(((name, 1),))


def unknown_dim() -> Expression:
    """A dimension of which nothing is known: equal to itself alone."""
    return symbol(f"?{next(_fresh)}")


def is_named(dim: Dim) -> bool:
    """Whether a dimension is known at all (an integer, or over named symbols)."""
    return isinstance(dim, int) or not any("?" in name for name, _ in dim.terms)


def _build(terms: Iterable[tuple[str, int]], constant: int) -> Dim:
    merged: dict[str, int] = {}
    for name, factor in terms:
        merged[name] = merged.get(name, 0) + factor
    kept = tuple(sorted((name, factor) for name, factor in merged.items() if factor))
    return Expression(kept, constant) if kept else constant


def _parts(dim: Dim) -> tuple[tuple[tuple[str, int], ...], int]:
    return ((), dim) if isinstance(dim, int) else (dim.terms, dim.constant)


def add(left: Dim, right: Dim) -> Dim:
    """``left + right``."""
    (a, p), (b, q) = _parts(left), _parts(right)
    return _build(a + b, p + q)


def scale(dim: Dim, factor: int) -> Dim:
    """``dim * factor`` for an integer factor."""
    terms, constant = _parts(dim)
    return _build(((name, value * factor) for name, value in terms), constant * factor)


def subtract(left: Dim, right: Dim) -> Dim:
    """``left - right``."""
    return add(left, scale(right, -1))


def multiply(left: Dim, right: Dim) -> Dim:
    """``left * right``; the product of two expressions is a symbol of its own."""
    if isinstance(right, int):
        return scale(left, right)
    if isinstance(left, int):
        return scale(right, left)
    first, second = sorted((str(left), str(right)))
    return symbol(f"({first})*({second})")


def floor_divide(left: Dim, right: Dim) -> Dim:
    """``left // right``; exact where every term divides, else a symbol of its own."""
    if isinstance(left, int) and isinstance(right, int):
        return left // right if right else unknown_dim()
    if isinstance(right, int) and right:
        terms, constant = _parts(left)
        if all(factor % right == 0 for _, factor in terms):
            return _build(((name, factor // right) for name, factor in terms), constant // right)
    return 1 if left == right else symbol(f"({left})//({right})")


def divide_exactly(left: Dim, right: Dim) -> Dim | None:
    """``left / right`` where that is certainly whole, else None."""
    if left == right:
        return 1
    if isinstance(right, int) and right:
        terms, constant = _parts(left)
        if constant % right == 0 and all(factor % right == 0 for _, factor in terms):
            return _build(((name, factor // right) for name, factor in terms), constant // right)
    if isinstance(left, Expression) and isinstance(right, Expression):
        (name, factor), *others = left.terms
        (divisor, by), *more = right.terms
        simple = not others and not more and not left.constant and not right.constant
        if simple and name == divisor and factor % by == 0:
            return factor // by
    return None


def equal(left: Dim, right: Dim) -> bool | None:
    """Whether two dimensions are equal; None where that depends on the symbols."""
    difference = subtract(left, right)
    return difference == 0 if isinstance(difference, int) else None


def product(dims: Iterable[Dim]) -> Dim:
    """The product of dimensions; 1 for none.  Integers are gathered first."""
    factor, rest = 1, []
    for dim in dims:
        if isinstance(dim, int):
            factor *= dim
        else:
            rest.append(dim)
    result: Dim = 1
    for dim in rest:
        result = multiply(result, dim)
    return multiply(result, factor)


def show(shape: Shape) -> str:
    """A shape as torch prints it, unknown dimensions as ``?``."""
    dims = [str(dim) if is_named(dim) else "?" for dim in shape]
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"
