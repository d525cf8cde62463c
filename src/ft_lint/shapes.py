"""``ft-lint shapes``: what is known of each tensor that a script binds to a name, line by line."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from ft_lint.source.problem import Problem
from ft_lint.syntax.parse import parse
from ft_lint.syntax.positions import positions
from ft_lint.values.base import options
from ft_lint.values.shape import is_named, show
from ft_lint.values.tensor import Tensor


def table(text: str, path: str) -> str:
    """One line for each assignment of a tensor: ``path:line: name shape dtype``.

    Where a line is run several times with several shapes, each is told once.  Raises SyntaxError with one clear
    line where the text does not parse.
    """
    from ft_lint.interpreter.journal import journal_of

    parsed = parse(text, path, None)
    if isinstance(parsed, Problem):
        raise SyntaxError(str(parsed))
    _, journal = journal_of(parsed.module)
    rows: dict[tuple[int, str, str], None] = {}
    bound = {id(entry.statement): _targets(entry.statement) for entry in journal.entries}
    places = positions(parsed, list({id(e.statement): e.statement.body[0] for e in journal.entries}.values()))
    for entry in journal.entries:
        if entry.name in bound[id(entry.statement)]:
            for tensor in options(entry.value):
                if isinstance(tensor, Tensor):
                    rows[places[entry.statement.body[0]].line, entry.name, describe(tensor)] = None
    return "\n".join(f"{path}:{line}: {name} {told}" for line, name, told in sorted(rows))


def describe(tensor: Tensor) -> str:
    """A tensor's shape and dtype, ``?`` for what is not known."""
    shape = "?" if tensor.shape is None else show(tensor.shape)
    return f"{shape} {tensor.dtype}" if tensor.dtype else shape


def known_share(text: str, path: str) -> tuple[int, int]:
    """How many tensors that a script binds have a wholly known shape, and how many there are."""
    from ft_lint.interpreter.journal import journal_of

    parsed = parse(text, path, None)
    if isinstance(parsed, Problem):
        return 0, 0
    _, journal = journal_of(parsed.module)
    tensors = [e.value for e in journal.entries if isinstance(e.value, Tensor) and e.name in _targets(e.statement)]
    known = sum(1 for t in tensors if t.shape is not None and all(is_named(dim) for dim in t.shape))
    return known, len(tensors)


def _targets(statement: cst.SimpleStatementLine) -> frozenset[str]:
    """The names that a statement binds."""
    return frozenset(name for small in statement.body for name in _bound(small))


def _bound(small: cst.BaseSmallStatement) -> Iterator[str]:
    match small:
        case cst.Assign(targets=targets):
            pending: list[cst.CSTNode] = [target.target for target in targets]
        case cst.AnnAssign(target=target) | cst.AugAssign(target=target):
            pending = [target]
        case _:
            return
    while pending:
        match pending.pop():
            case cst.Name(value=name):
                yield name
            case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
                yield f"{owner}.{name}"
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                pending += [element.value for element in elements]
