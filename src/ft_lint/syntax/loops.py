"""Loops as a fix writes into them: their counter, what they go over, their first statement."""

from __future__ import annotations

import libcst as cst

_WRAPPERS = ("enumerate", "tqdm")
"""Calls that give what they are put around."""


_COUNTING = ("range", "trange")


def counter(loop: cst.CSTNode) -> str | None:
    """The name that counts the passes of a loop: ``epoch`` in ``for epoch in range(epochs)``."""
    match loop:
        case cst.For(target=cst.Name(value=name), iter=cst.Call(func=cst.Name(value=function))) if (
            function in _COUNTING
        ):
            return name
    return None


def iterated(loop: cst.CSTNode) -> str | None:
    """The name or dotted name that a ``for`` loop goes over, progress bars and counters peeled off."""
    here = loop.iter if isinstance(loop, cst.For) else None
    while isinstance(here, cst.Call) and isinstance(here.func, cst.Name) and here.func.value in _WRAPPERS and here.args:
        here = here.args[0].value
    return cst.Module([]).code_for_node(here) if isinstance(here, cst.Name | cst.Attribute) else None


def first_statement(loop: cst.CSTNode) -> cst.CSTNode | None:
    """The first statement of a loop's body, where it stands on a line of its own."""
    body = loop.body if isinstance(loop, cst.For | cst.While) else None
    first = body.body[0] if isinstance(body, cst.IndentedBlock) and body.body else None
    return first.body[0] if isinstance(first, cst.SimpleStatementLine) else first


def contains(outer: cst.CSTNode, inner: cst.CSTNode) -> bool:
    """Whether a node stands inside another, functions that are defined in between left out."""
    pending = list(outer.children)
    while pending:
        here = pending.pop()
        if here is inner:
            return True
        if not isinstance(here, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            pending += here.children
    return False
