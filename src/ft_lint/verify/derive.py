"""What the interpreter derives of a fixture, as plain facts that torch can confirm or refute."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from ft_lint.interpreter.attributes import required
from ft_lint.interpreter.journal import Entry, Journal
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.script import run
from ft_lint.source.problem import Problem
from ft_lint.syntax.parse import parse
from ft_lint.values.base import Choice, Items, Unknown
from ft_lint.values.module import Mode, Module, named_parameters
from ft_lint.values.tensor import Parameter, Tensor
from ft_lint.values.training import Optimizer
from ft_lint.verify.agreement import Derived

Answer = tuple[ast.stmt, str, str, object]
"""Statement, kind, name, value; the value UNKNOWN where the interpreter does not say."""
UNKNOWN = object()
KINDS = ("requires_grad", "shape", "training", "trainable", "optimized")


def derived(path: Path) -> list[Derived]:
    """All that the interpreter says of the names of a script, where it says the same kind of thing each time."""
    parsed = parse(path.read_text(encoding="utf-8"), str(path), None)
    if isinstance(parsed, Problem):
        return []
    answers: list[Answer] = []
    journal = Journal()

    def note(m: Machine, statement: ast.stmt) -> None:
        before = len(journal.entries)
        journal.note(m, statement)
        answers.extend(a for entry in journal.entries[before:] for a in _answers(m, entry, journal.entries))

    run(parsed.tree, note, published=False)
    grouped: dict[tuple[int, str, str], list[object]] = {}
    for statement, kind, name, value in answers:
        grouped.setdefault((statement.lineno, kind, name), []).append(value)
    return [
        Derived(line, kind, name, tuple(values))
        for (line, kind, name), values in grouped.items()
        if not any(value is UNKNOWN for value in values)
    ]


def _answers(m: Machine, entry: Entry, entries: Iterable[Entry]) -> Iterator[Answer]:
    match entry.value:
        case Parameter():
            found = required(m, entry.value)
            yield entry.statement, "requires_grad", entry.name, UNKNOWN if found is None else found
        case Tensor(shape=shape):
            told = UNKNOWN if shape is None else tuple(dim if isinstance(dim, int) else None for dim in shape)
            yield entry.statement, "shape", entry.name, told
        case Module() as module:
            mode = m.store.resolve(module.mode)
            yield entry.statement, "training", entry.name, mode.training if isinstance(mode, Mode) else UNKNOWN
            yield entry.statement, "trainable", entry.name, _trainable(m, module)
        case Optimizer() as optimizer:
            yield entry.statement, "optimized", entry.name, _optimized(optimizer, entries)
        case Unknown() | Choice():
            yield from ((entry.statement, kind, entry.name, UNKNOWN) for kind in KINDS)


def _trainable(m: Machine, module: Module) -> object:
    states = [(name, required(m, parameter)) for name, parameter in named_parameters(module)]
    if not module.complete or any(state is None for _, state in states):
        return UNKNOWN
    return tuple(name for name, state in states if state)


def _optimized(optimizer: Optimizer, entries: Iterable[Entry]) -> object:
    """The parameters of an optimizer by their names in the modules that the script has named."""
    if not optimizer.complete or not isinstance(optimizer.fields["groups"], Items):
        return UNKNOWN
    modules = {id(e.value): e.value for e in entries if isinstance(e.value, Module)}.values()
    found = sorted((name, id(p)) for module in modules for name, p in named_parameters(module) if name is not None)
    names = {key: name for name, key in sorted(found, key=lambda pair: len(pair[0]))}
    held = [p for group in optimizer.groups() for p in group.parameters]
    return tuple(names[id(p)] for p in held) if all(id(p) in names for p in held) else UNKNOWN
