"""Loops over the names of a model's parts: what their tests let through, and what would have happened otherwise."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ft_lint.facts import Fact, LoopPass
from ft_lint.facts.models import Frozen, NamesFiltered, Unfrozen
from ft_lint.interpreter.machine import Frame, Machine
from ft_lint.values.base import Constant, UnknownText, Value
from ft_lint.values.containers import Iterator as Items
from ft_lint.values.containers import Tuple
from ft_lint.values.module import Module
from ft_lint.values.names import NameBelow
from ft_lint.values.tensor import Parameter
from ft_lint.values.training import Parameters


def names_in(iterator: Items) -> list[str]:
    """The names that a loop over ``named_parameters()`` and kin goes through; none where one is not known."""
    if not iterator.complete or not isinstance(iterator.of, Parameters | Module):
        return []
    if isinstance(iterator.of, Parameters) and iterator.of.guessed:
        return []
    names = [_name(item) for item in iterator.values]
    return [name for name in names if name is not None] if None not in names else []


def _name(item: Value) -> str | None:
    """The name in a pair of name and part, or in what ``enumerate`` makes of one."""
    match item:
        case Tuple((Constant(str() as name), Parameter() | Module())):
            return name
        case Tuple((NameBelow(prefix=prefix), Parameter())):
            return f"{prefix}*"
        case Tuple((Constant(int()), inner)):
            return _name(inner)
    return None


def _unnamed(item: Value) -> Value:
    """The same item under a name that we do not know."""
    match item:
        case Tuple((Constant(str()) | NameBelow(), part)):
            return Tuple((UnknownText("another name"), part))
        case Tuple((Constant(int()) as index, inner)):
            return Tuple((index, _unnamed(inner)))
    return item


@contextmanager
def naming(m: Machine, loop: int) -> Iterator[None]:
    """Remember the tests of a loop's own ``if`` statements."""
    m.naming.append(loop)
    try:
        yield
    finally:
        m.naming.pop()


def note_filter(
    m: Machine,
    node: ast.For | ast.AsyncFor,
    loop: int,
    since: int,
    names: Iterable[str],
    one_pass: Callable[[Callable[[Value], Value]], None],
) -> None:
    """Write down what a loop's tests on names let through.

    ``one_pass`` runs the body once more for the last item, changed: with another name, aside, so that tests that
    depend on it are undecided and both their ways are seen.
    """
    tests = _taken(m, loop)
    if not tests:
        return
    done = {id(fact.node) for fact in m.facts.all[since:] if isinstance(fact, Frozen | Unfrozen)}
    seen, undecided = _aside(m, loop, node, one_pass)
    about_names = [(test, verdict) for test, verdict in tests if id(test) in undecided]
    if not about_names:
        return
    verdicts: dict[int, set[bool | None]] = {}
    for test, verdict in about_names:
        verdicts.setdefault(id(test), set()).add(verdict)
    passed = any(len(found) > 1 or None in found for found in verdicts.values())
    missed = tuple(fact for fact in seen if isinstance(fact, Frozen | Unfrozen) and id(fact.node) not in done)
    m.emit(NamesFiltered, about_names[0][0], names=tuple(names), passed=passed, missed=missed)


def _aside(
    m: Machine, loop: int, node: ast.For | ast.AsyncFor, one_pass: Callable[[Callable[[Value], Value]], None]
) -> tuple[list[Fact], set[int]]:
    """The facts of one more pass that leaves no trace, and the tests that were undecided in it."""
    start, silences = len(m.facts.all), len(m.facts.silences)
    note, m.note = m.note, None
    with m.aside(), naming(m, loop):
        m.passes.append(Frame(mark=m.store.mark(), depth=len(m.path)))
        m.loops.append(LoopPass(loop, 0, node))
        one_pass(_unnamed)
        m.loops.pop()
        m.passes.pop()
    m.note = note
    seen = m.facts.all[start:]
    del m.facts.all[start:], m.facts.silences[silences:]
    return seen, {id(test) for test, verdict in _taken(m, loop) if verdict is None}


def _taken(m: Machine, loop: int) -> list[tuple[ast.AST, bool | None]]:
    """The tests of one loop and their verdicts, which are forgotten then."""
    found = [(test, verdict) for where, test, verdict in m.tests if where == loop]
    m.tests[:] = [entry for entry in m.tests if entry[0] != loop]
    return found
