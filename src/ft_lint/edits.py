"""The edits that several rules offer.

Each is decided on the node itself; what it writes is made of LibCST's node of the same place, where comments and layout
are, once the fix is written.  So LibCST is imported there and not before.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ft_lint.rule import Edit, Where
from ft_lint.syntax.written import dotted_name

if TYPE_CHECKING:
    import libcst as cst


def calling(call: ast.AST | None, path: str) -> tuple[Edit, tuple[str, ...]] | None:
    """The edit that makes a call one of ``path`` (``torch.nn.CrossEntropyLoss``), with the import that it needs.

    ``nn.NLLLoss()`` keeps its owner; of a bare name the new one is imported.  None for what is no plain call.
    """
    package, _, name = path.rpartition(".")
    match call:
        case ast.Call(func=ast.Attribute() as function):
            return renamed(function, name), ()
        case ast.Call(func=ast.Name() as function):
            return renamed(function, name), (f"from {package} import {name}",)
    return None


def renamed(node: ast.Name | ast.Attribute, name: str) -> Edit:
    """The edit that gives a name, or the last one of a dotted name, another."""

    def rewritten(here: cst.CSTNode) -> cst.CSTNode | None:
        import libcst as cst

        return here.with_changes(attr=cst.Name(name)) if isinstance(here, cst.Attribute) else None

    return Edit(name if isinstance(node, ast.Name) else rewritten, node)


def renamed_keyword(keyword: ast.keyword, name: str, value: str = "") -> Edit:
    """The edit that gives a keyword argument another name, and another value where one is given."""

    def rewritten(here: cst.CSTNode) -> cst.CSTNode | None:
        import libcst as cst

        if not isinstance(here, cst.Arg):
            return None
        new = cst.parse_expression(value) if value else here.value
        return here.with_changes(keyword=cst.Name(name), value=new, comma=cst.MaybeSentinel.DEFAULT)

    return Edit(rewritten, keyword)


def renamed_key(key: ast.Constant, name: str) -> Edit:
    """The edit that gives a key of a dict another name, in the quotes that it has."""

    def rewritten(here: cst.CSTNode) -> cst.CSTNode | None:
        import libcst as cst

        if not isinstance(here, cst.SimpleString):
            return None
        return here.with_changes(value=f"{here.prefix}{here.quote}{name}{here.quote}")

    return Edit(rewritten, key)


def with_keyword(call: ast.AST | None, name: str, value: str) -> Edit | None:
    """The edit that adds ``name=value`` to a call; None for what is no plain call."""

    def rewritten(here: cst.CSTNode) -> cst.CSTNode | None:
        import libcst as cst

        if not isinstance(here, cst.Call):
            return None
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        new = cst.Arg(cst.parse_expression(value), keyword=cst.Name(name), equal=equal)
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        before = [last.with_changes(comma=comma) for last in here.args[-1:]]
        return here.with_changes(args=[*here.args[:-1], *before, new])

    return Edit(rewritten, call) if isinstance(call, ast.Call) else None


def without(call: ast.AST, argument: ast.AST | None) -> Edit | None:
    """The edit that leaves an argument out of a call; None for what is no argument of it."""
    given = in_order(call)
    if argument not in given:
        return None
    number = given.index(argument)

    def rewritten(here: cst.CSTNode) -> cst.CSTNode | None:
        import libcst as cst

        if not isinstance(here, cst.Call):
            return None
        gone = here.args[number]
        kept = [one for one in here.args if one is not gone]
        if kept and gone is here.args[-1]:
            kept[-1] = kept[-1].with_changes(comma=gone.comma, whitespace_after_arg=gone.whitespace_after_arg)
        return here.with_changes(args=kept)

    return Edit(rewritten, call)


def in_order(call: ast.AST) -> list[ast.AST]:
    """The arguments of a call as they are written, for ``f(a=1, *b)`` is allowed; none of anything else."""
    if not isinstance(call, ast.Call):
        return []
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    return [*sorted(given, key=lambda one: (one.lineno, one.col_offset))]


def bound_to_its_owner(call: ast.AST | None) -> Edit | None:
    """The edit that makes ``x.map(f)`` into ``x = x.map(f)``; None where ``x`` is no name or dotted name."""
    match call:
        case ast.Call(func=ast.Attribute(value=owner)):
            return _bound(call, dotted_name(owner))
    return None


def bound_to_its_argument(call: ast.AST | None) -> Edit | None:
    """The edit that makes ``f(x, y)`` into ``x = f(x, y)``; None where ``x`` is no name or dotted name."""
    if not isinstance(call, ast.Call):
        return None
    match in_order(call):
        case [ast.keyword(arg=str(), value=first), *_] | [ast.expr() as first, *_]:
            return _bound(call, dotted_name(first))
    return None


def _bound(call: ast.Call, name: str | None) -> Edit | None:
    def rewritten(here: cst.CSTNode) -> cst.CSTNode | None:
        import libcst as cst

        target = cst.parse_expression(name) if name is not None else None
        if not isinstance(target, cst.Name | cst.Attribute) or not isinstance(here, cst.Call):
            return None
        return cst.Assign([cst.AssignTarget(target)], here)

    return Edit(rewritten, call) if name is not None else None


def filled(template: str, node: ast.AST | None) -> Edit:
    """The edit that puts an expression, or the value of a keyword, into another in place of ``_``.

    ``list(_)`` or ``_.detach()``.
    """

    def rewritten(here: cst.CSTNode) -> cst.CSTNode | None:
        import libcst as cst
        from libcst.matchers import Name, findall

        if isinstance(here, cst.Arg):
            inner = rewritten(here.value)
            return None if inner is None else here.with_changes(value=inner, comma=cst.MaybeSentinel.DEFAULT)
        if not isinstance(here, cst.BaseExpression):
            return None
        plain = bool(here.lpar) or isinstance(here, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
        if template.startswith("_") and not plain:
            here = here.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        whole = cst.parse_expression(template)
        (gap,) = findall(whole, Name("_"))
        new = whole.deep_replace(gap, here)
        return new if isinstance(new, cst.BaseExpression) else None

    return Edit(rewritten, node)


def detached(place: ast.AST | None) -> Edit | None:
    """The edit that puts ``.detach()`` behind an expression, or an argument; None for anything else."""
    return filled("_.detach()", place) if isinstance(place, ast.expr | ast.keyword) else None


def calling_what_it_builds(call: ast.AST | None, count: object) -> Edit | None:
    """The edit that makes ``Loss(a, b)`` into ``Loss()(a, b)``; None unless it has ``count`` arguments by position."""
    match call:
        case ast.Call(func=function, args=given, keywords=[]) if len(given) == count:
            return None if any(isinstance(one, ast.Starred) for one in given) else Edit("()", function, Where.BEHIND)
    return None
