"""What names hold after each statement: for ``ft-lint shapes`` and for the agreement with torch.

A plain lint run keeps no journal.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field

from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.script import run
from ft_lint.light import dataclass
from ft_lint.syntax.written import dotted_name
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance
from ft_lint.values.module import Module


@dataclass(frozen=True, slots=True)
class Entry:
    """After ``statement``, the dotted ``name`` held ``value``."""

    statement: ast.stmt
    name: str
    value: Value


@dataclass(slots=True)
class Journal:
    """Entries in the order of the run; a statement that is run twice has several."""

    entries: list[Entry] = field(default_factory=list)
    mentioned: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def note(self, m: Machine, statement: ast.stmt) -> None:
        """Write down what the names of a statement hold now."""
        if m.run:
            return
        names = self.mentioned.get(id(statement))
        if names is None:
            names = self.mentioned[id(statement)] = tuple(sorted(set(_names_in(statement))))
        for name in names:
            value = _look_up(m, name)
            if value is not None:
                self.entries.append(Entry(statement, name, value))


def journal_of(tree: ast.Module) -> tuple[Machine, Journal]:
    """Run a file with a journal."""
    journal = Journal()
    return run(tree, journal.note), journal


def _names_in(statement: ast.stmt) -> Iterator[str]:
    """The names and dotted names that a statement mentions."""
    pending: list[ast.AST] = [statement]
    while pending:
        here = pending.pop()
        dotted = dotted_name(here)
        if dotted is not None:
            yield dotted
        if isinstance(here, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp):
            continue
        pending += [here.value] if isinstance(here, ast.Attribute) else ast.iter_child_nodes(here)


def _look_up(m: Machine, dotted: str) -> Value | None:
    """The value of a dotted name, as it stands: nothing is called or split off for it."""
    first, *rest = dotted.split(".")
    scope = m.scope
    while scope.parent is not None and first not in scope.names:
        scope = scope.parent
    value = scope.names.get(first)
    for name in rest:
        value = _held(m.store.resolve(value) if value is not None else None, name)
    return m.store.resolve(value) if value is not None else None


def _held(owner: Value | None, name: str) -> Value | None:
    match owner:
        case Module():
            return owner.children.get(name) or owner.parameters.get(name) or owner.fields.get(name)
        case Instance():
            return owner.fields.get(name)
    return None
