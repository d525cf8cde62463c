"""Loops as a fix writes into them: their counter, what they go over, their first statement."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ft_lint.syntax.written import dotted_name

_WRAPPERS = ("enumerate", "tqdm", "tqdm_notebook", "track", "alive_it", "progressbar", "progress_bar", "stqdm")
"""Calls that give what they are put around."""


_COUNTING = ("range", "trange", "tnrange")


def counter(loop: ast.AST) -> str | None:
    """The name that counts the passes of a loop: ``epoch`` in ``for epoch in range(epochs)``."""
    match loop:
        case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id=function))) if function in _COUNTING:
            return name
    return None


def iterated(loop: ast.AST) -> str | None:
    """The name or dotted name that a loop or comprehension goes over, progress bars and counters peeled off."""
    here = loop.iter if isinstance(loop, ast.For | ast.AsyncFor | ast.comprehension) else None
    while isinstance(here, ast.Call) and isinstance(here.func, ast.Name) and here.func.id in _WRAPPERS:
        here = next(iter((*here.args, *(keyword.value for keyword in here.keywords))), None)
    return dotted_name(here) if here is not None else None


def counts(test: ast.AST) -> bool:
    """Whether a test goes by a number of passes: ``(step + 1) % 4 == 0``, ``not i % 4``, alone or beside others.

    ``(step + 1) % few == 0 or few == 1`` may as well hold in each.
    """
    match test:
        case ast.BoolOp(op=ast.Or(), values=values) if any(_asks_for_one(value, test) for value in values):
            return False
        case ast.BoolOp(values=values):
            return any(map(counts, values))
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return counts(inner)
        case ast.Compare(left=left):
            return counts(left)
        case ast.BinOp(op=ast.Mod(), left=left):
            return not isinstance(left, ast.Constant | ast.JoinedStr)
    return False


def _asks_for_one(part: ast.AST, test: ast.AST) -> bool:
    """Whether a part of a test holds where what the test divides by is 1."""
    match part:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=1)]):
            divided = (one for one in ast.walk(test) if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mod))
            return dotted_name(left) in {dotted_name(one.right) for one in divided} - {None}
    return False


def is_read_behind(name: str, loop: ast.AST, body: Sequence[ast.stmt]) -> bool:
    """Whether a name or dotted name is read behind a loop, in the function or file that the loop stands in."""
    end = getattr(loop, "end_lineno", 0)
    later = (node for statement in body if (statement.end_lineno or 0) > end for node in ast.walk(statement))
    reads = (node for node in later if isinstance(node, ast.Name | ast.Attribute) and node.lineno > end)
    return any(isinstance(node.ctx, ast.Load) and dotted_name(node) == name for node in reads)


def first_statement(loop: ast.AST) -> ast.stmt | None:
    """The first statement of a loop's body."""
    return loop.body[0] if isinstance(loop, ast.For | ast.AsyncFor | ast.While) else None


def takes_first_alone(loop: ast.AST) -> bool:
    """Whether a loop names the first of what it is given and nothing else: ``for images, _ in loader``."""
    match loop:
        case ast.For(target=ast.Tuple(elts=[ast.Name(), ast.Tuple() as pair])) | ast.For(target=ast.Tuple() as pair):
            rest = pair.elts[1:]
            return bool(rest) and all(isinstance(one, ast.Name) and set(one.id) == {"_"} for one in rest)
    return False


def gives_alone(loop: ast.AST, call: ast.AST) -> bool:
    """Whether all that a loop is given goes into one call: nothing of it is an answer that could be compared.

    It may go to another device first, and be asked for its size and its entries above a number; a dict (``**batch``)
    holds its answers.
    """
    name = _drawn(loop)
    if name is None or not isinstance(loop, ast.For) or not contains(loop, call):
        return False
    spread = [one.value for one in getattr(call, "keywords", ()) if one.arg is None]
    if any(isinstance(one, ast.Name) and one.id == name for one in spread):
        return False
    inside = [part for statement in loop.body for part in ast.walk(statement)]
    allowed = {id(used) for used in (*ast.walk(call), *map(_merely_asked, inside))}
    read = (one for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load))
    return all(id(one) in allowed for one in read if one.id == name)


def _drawn(loop: ast.AST) -> str | None:
    """The one name that a loop gives all that it is given in a pass, counters peeled off."""
    match loop:
        case ast.For(target=ast.Tuple(elts=[ast.Name(), target]), iter=ast.Call(func=ast.Name(id="enumerate"))):
            pass
        case ast.For(target=target):
            pass
        case _:
            return None
    match target:
        case ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name)]):
            return name
    return None


def _merely_asked(node: ast.AST) -> ast.AST | None:
    """What an expression moves, or asks for its size or which of its entries are above a number."""
    match node:
        case ast.Attribute(value=used, attr=attribute) if attribute in _KEEPING:
            return used
        case ast.Call(func=ast.Name(id="len"), args=[used]) | ast.Compare(left=used, comparators=[ast.Constant()]):
            return used
    return None


_KEEPING = frozenset("to cuda cpu float long double half size shape device".split())


def contains(outer: ast.AST, inner: ast.AST) -> bool:
    """Whether a node stands inside another, functions that are defined in between left out."""
    pending = [*ast.iter_child_nodes(outer)]
    while pending:
        here = pending.pop()
        if here is inner:
            return True
        if not isinstance(here, _SCOPES):
            pending += ast.iter_child_nodes(here)
    return False


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
