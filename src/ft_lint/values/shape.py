"""Dimensions and shapes: integers, or linear expressions over symbols, quotients and products.

Two dimensions are equal, different, or we cannot tell; a wrong answer is worse than none.  A named symbol stands for a
size of at least 1, an unknown one for a size of at least 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from ft_lint.light import dataclass

_fresh = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Expression:
    """``constant + sum(factor * atom)`` with at least one atom; terms are sorted by how the atoms are written."""

    terms: tuple[tuple[Atom, int], ...]
    constant: int = 0

    def __str__(self) -> str:
        parts = [_written(atom) if factor == 1 else f"{factor}*{_written(atom)}" for atom, factor in self.terms]
        if self.constant:
            parts.append(str(self.constant))
        return " + ".join(parts).replace("+ -", "- ")


@dataclass(frozen=True, slots=True)
class Quotient:
    """``dividend // divisor``, which does not come out even as far as we know."""

    dividend: Dim
    divisor: Dim

    def __str__(self) -> str:
        return f"{_bracketed(self.dividend)}//{_bracketed(self.divisor)}"


@dataclass(frozen=True, slots=True)
class Product:
    """``left * right`` of two expressions, sorted by how they are written."""

    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{_bracketed(self.left)}*{_bracketed(self.right)}"


Atom: TypeAlias = "str | Quotient | Product"
Dim: TypeAlias = "int | Expression"
Shape: TypeAlias = tuple[Dim, ...]


def _written(atom: Atom) -> str:
    return atom if isinstance(atom, str) else f"({atom})"


def _bracketed(dim: Dim) -> str:
    single = isinstance(dim, int) or (len(dim.terms) == 1 and dim.terms[0][1] == 1 and not dim.constant)
    return str(dim) if single else f"({dim})"


def symbol(name: Atom) -> Expression:
    """A dimension that is only named, e.g. ``B`` for the batch."""
    return Expression(((name, 1),))


def unknown_dim() -> Expression:
    """A dimension of which nothing is known: equal to itself alone."""
    return symbol(f"?{next(_fresh)}")


def symbols_of(dim: Dim) -> Iterator[str]:
    """The names of all symbols in a dimension."""
    pending: list[Dim | Atom] = [dim]
    while pending:
        match pending.pop():
            case str() as name:
                yield name
            case Expression(terms=terms):
                pending += [atom for atom, _ in terms]
            case Quotient(dividend, divisor):
                pending += [dividend, divisor]
            case Product(left, right):
                pending += [left, right]


def is_named(dim: Dim) -> bool:
    """Whether a dimension is known at all (an integer, or over named symbols)."""
    return isinstance(dim, int) or not any(name.startswith("?") for name in symbols_of(dim))


def evaluate(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The integer that a dimension is where its symbols have these sizes; raises KeyError for other symbols."""
    if isinstance(dim, int):
        return dim
    return dim.constant + sum(factor * _evaluated(atom, sizes) for atom, factor in dim.terms)


def _evaluated(atom: Atom, sizes: Mapping[str, int]) -> int:
    match atom:
        case Quotient(dividend, divisor):
            return evaluate(dividend, sizes) // evaluate(divisor, sizes)
        case Product(left, right):
            return evaluate(left, sizes) * evaluate(right, sizes)
    return sizes[atom]


def _build(terms: Iterable[tuple[Atom, int]], constant: int) -> Dim:
    merged: dict[Atom, int] = {}
    for name, factor in terms:
        merged[name] = merged.get(name, 0) + factor
    kept = sorted(((name, factor) for name, factor in merged.items() if factor), key=lambda term: str(term[0]))
    return Expression(tuple(kept), constant) if kept else constant


def _parts(dim: Dim) -> tuple[tuple[tuple[Atom, int], ...], int]:
    return ((), dim) if isinstance(dim, int) else (dim.terms, dim.constant)


def add(left: Dim, right: Dim) -> Dim:
    """``left + right``."""
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    (a, p), (b, q) = _parts(left), _parts(right)
    return _build(a + b, p + q)


def scale(dim: Dim, factor: int) -> Dim:
    """``dim * factor`` for an integer factor."""
    if isinstance(dim, int):
        return dim * factor
    return _build(((name, value * factor) for name, value in dim.terms), dim.constant * factor)


def subtract(left: Dim, right: Dim) -> Dim:
    """``left - right``."""
    return add(left, scale(right, -1))


def multiply(left: Dim, right: Dim) -> Dim:
    """``left * right``; the product of two expressions is an atom of its own."""
    if isinstance(right, int):
        return left if right == 1 else scale(left, right)
    if isinstance(left, int):
        return right if left == 1 else scale(right, left)
    first, second = sorted((left, right), key=str)
    return symbol(Product(first, second))


def floor_divide(left: Dim, right: Dim) -> Dim:
    """``left // right``; exact where every term divides, else an atom of its own."""
    if isinstance(left, int) and isinstance(right, int):
        return left // right if right else unknown_dim()
    if isinstance(right, int) and right:
        terms, constant = _parts(left)
        if all(factor % right == 0 for _, factor in terms):
            return _build(((name, factor // right) for name, factor in terms), constant // right)
    exact = divide_exactly(left, right)
    return symbol(Quotient(left, right)) if exact is None else exact


def modulo(left: Dim, right: Dim) -> Dim:
    """``left % right``."""
    return subtract(left, multiply(floor_divide(left, right), right))


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
        if simple and by == 1 and isinstance(name, Product):
            if name.left == right:
                return scale(name.right, factor)
            if name.right == right:
                return scale(name.left, factor)
    return None


def equal(left: Dim, right: Dim) -> bool | None:
    """Whether two dimensions are equal; None where that depends on the symbols."""
    if left == right:
        return True
    difference = subtract(left, right)
    if isinstance(difference, int):
        return difference == 0
    return False if _sign(difference) is not None or _never_zero(difference) else None


def differ_in_general(left: Dim, right: Dim) -> bool:
    """Whether two dimensions differ for all sizes but exceptions, such as a batch of one; not where one is unknown.

    Decided for two sets of primes.
    """
    names = sorted({*symbols_of(left), *symbols_of(right)})
    if len(names) > len(_PRIMES[0]) or any(name.startswith("?") for name in names):
        return False
    sets = [dict(zip(names, primes, strict=False)) for primes in _PRIMES]
    return all(evaluate(left, sizes) != evaluate(right, sizes) for sizes in sets)


_PRIMES = ((101, 103, 107, 109, 113), (127, 131, 137, 139, 149))


def _never_zero(difference: Expression) -> bool:
    """Whether no whole numbers make it zero: all factors share a divisor that the constant does not have."""
    factors = [factor for _, factor in difference.terms]
    common = 0
    for factor in factors:
        common = _gcd(common, abs(factor))
    return common > 1 and difference.constant % common != 0


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def compare(left: Dim, right: Dim) -> int | None:
    """-1, 0 or 1 as ``left`` is below, equal to or above ``right`` for all sizes; None where that depends on them."""
    difference = subtract(left, right)
    if isinstance(difference, int):
        return (difference > 0) - (difference < 0)
    return _sign(difference)


def _sign(dim: Expression) -> int | None:
    """1 where it is surely above zero, -1 where it is surely below."""
    if not all(isinstance(atom, str) for atom, _ in dim.terms):
        return None
    least = dim.constant + sum(factor for atom, factor in dim.terms if not str(atom).startswith("?"))
    if all(factor > 0 for _, factor in dim.terms) and least > 0:
        return 1
    if all(factor < 0 for _, factor in dim.terms) and least < 0:
        return -1
    return None


def product(dims: Iterable[Dim]) -> Dim:
    """The product of dimensions; 1 for none.  Integers are gathered first."""
    factor, rest = 1, []
    for dim in dims:
        if isinstance(dim, int):
            factor *= dim
        else:
            rest.append(dim)
    result: Dim = 1
    for dim in sorted(rest, key=str):
        result = multiply(result, dim)
    return multiply(result, factor)


def show(shape: Shape) -> str:
    """A shape as torch prints it, unknown dimensions as ``?``."""
    dims = [str(dim) if is_named(dim) else "?" for dim in shape]
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


def pairs_up(left: Shape, right: Shape) -> bool:
    """Whether one is ``(N, 1, ...)`` and the other ``(N, ...)``, which broadcast to ``(N, N, ...)``.

    Not for one sample, where nothing is paired.
    """
    if not left or not right or len(left) == len(right):
        return False
    longer, shorter = (left, right) if len(left) > len(right) else (right, left)
    return (longer[0], *longer[2:]) == shorter and longer[1] == 1 and shorter[0] != 1
