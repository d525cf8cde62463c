"""The edits that rules share: what they write, with comments and layout kept, and where they are not offered."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest

from ft_lint import edits
from ft_lint.fix import mended, written
from ft_lint.rule import Applicability, Edit, Fix, Where
from ft_lint.syntax.parse import Parsed, parse

Offer = Callable[[Any], Edit | None]


def after(text: str, kind: type[ast.AST], *offers: Offer) -> str | None:
    """The text with the edits at the first node of a kind; None where one is not offered or not written."""
    parsed = parse(text, "script.py")
    assert isinstance(parsed, Parsed)
    node = next(one for one in ast.walk(parsed.tree) if isinstance(one, kind))
    made = [edit for edit in (offer(node) for offer in offers) if edit is not None]
    fix = written(Fix("mend", Applicability.SAFE, tuple(made)), parsed) if len(made) == len(offers) else None
    return None if fix is None else mended(text, [fix])


def with_mode(call: ast.Call) -> Edit | None:
    return edits.with_keyword(call, "k", "True")


def other_class(call: ast.Call) -> Edit | None:
    found = edits.calling(call, "torch.nn.Other")
    return None if found is None else found[0]


def last_left_out(call: ast.Call) -> Edit | None:
    return edits.without(call, edits.in_order(call)[-1])


def first_left_out(call: ast.Call) -> Edit | None:
    return edits.without(call, edits.in_order(call)[0])


def first_detached(call: ast.Call) -> Edit | None:
    return edits.detached(edits.in_order(call)[0])


def keyword_renamed(call: ast.Call) -> Edit | None:
    return edits.renamed_keyword(call.keywords[0], "new")


def keyword_replaced(call: ast.Call) -> Edit | None:
    return edits.renamed_keyword(call.keywords[0], "new", "['v']")


def listed(call: ast.Call) -> Edit | None:
    return edits.filled("list(_)", call)


def built_first(call: ast.Call) -> Edit | None:
    return edits.calling_what_it_builds(call, 2)


CALLS: list[tuple[Offer, str, str | None]] = [
    (with_mode, "f()", "f(k=True)"),
    (with_mode, "f(a, )", "f(a, k=True)"),
    (with_mode, "f(a,  # first\n  b)  # last", "f(a,  # first\n  b, k=True)  # last"),
    (with_mode, "f(a=1, *b)", "f(a=1, *b, k=True)"),
    (other_class, "nn . Loss(a, )", "nn . Other(a, )"),
    (other_class, "Loss(a, )", "Other(a, )"),
    (other_class, "(nn.Loss)(a)", "(nn.Other)(a)"),
    (other_class, "losses[0](a)", None),
    (last_left_out, "f(a)", "f()"),
    (last_left_out, "f(a, b)", "f(a)"),
    (last_left_out, "f(\n  a,\n  b,\n)", "f(\n  a,\n)"),
    (last_left_out, "f(a=1, *b)", "f(a=1)"),
    (first_left_out, "f(a,  b=1)", "f(b=1)"),
    (keyword_renamed, "f(a, old = 1,  c=2)", "f(a, new = 1,  c=2)"),
    (keyword_replaced, "f(old=True,)", "f(new=['v'],)"),
    (first_detached, "f(a)", "f(a.detach())"),
    (first_detached, "f(a + b)", "f((a + b).detach())"),
    (first_detached, "f(x=(a + b), c=1)", "f(x=(a + b).detach(), c=1)"),
    (listed, "g(a,  # one\n  b)", "list(g(a,  # one\n  b))"),
    (built_first, "nn.Loss(a,  b)", "nn.Loss()(a,  b)"),
    (built_first, "nn.Loss(a)", None),
    (built_first, "nn.Loss(a, *b)", None),
    (built_first, "nn.Loss(a, b=1)", None),
    (edits.bound_to_its_owner, "a.b.map(f, # x\n  1)", "a.b = a.b.map(f, # x\n  1)"),
    (edits.bound_to_its_owner, "a[0].map(f)", None),
    (edits.bound_to_its_owner, "map(f)", None),
    (edits.bound_to_its_argument, "get(m.n, c)", "m.n = get(m.n, c)"),
    (edits.bound_to_its_argument, "get(model=m)", "m = get(model=m)"),
    (edits.bound_to_its_argument, "get(*m)", None),
    (edits.bound_to_its_argument, "get(m())", None),
    (edits.bound_to_its_argument, "get()", None),
]


@pytest.mark.parametrize(("offer", "before", "wanted"), CALLS)
def test_edits_of_calls(offer: Offer, before: str, wanted: str | None) -> None:
    assert after(f"{before}\n", ast.Call, offer) == (None if wanted is None else f"{wanted}\n")


def test_a_key_keeps_its_quotes() -> None:
    assert after("x = {r'old': 1}\n", ast.Constant, lambda key: edits.renamed_key(key, "new")) == "x = {r'new': 1}\n"
    assert after("x = {'o' 'ld': 1}\n", ast.Constant, lambda key: edits.renamed_key(key, "new")) is None


def test_only_the_name_behind_the_last_dot_is_renamed() -> None:
    text = "é = 'ü'; a . b. \\\n c(é)\n"
    assert after(text, ast.Attribute, lambda node: edits.renamed(node, "d")) == text.replace("c(", "d(")


def test_nodes_change_places() -> None:
    text = "x = [\n    A(\n        1),  # first\n    B(),\n]\n"
    swapped = after(text, ast.List, lambda x: Edit(x.elts[0], x.elts[1]), lambda x: Edit(x.elts[1], x.elts[0]))
    assert swapped == "x = [\n    B(),  # first\n    A(\n        1),\n]\n"


def test_a_statement_moves_within_its_block() -> None:
    text = "for e in f:\r\n    a(1)  # why\r\n    b(2)\r\n"
    moved = after(text, ast.For, lambda x: Edit(x.body[0].value, x.body[1], Where.AFTER), lambda x: Edit("", x.body[0]))
    assert moved == "for e in f:\r\n    b(2)\r\n    a(1)\r\n"


def test_what_goes_right_behind_stays_on_the_line() -> None:
    assert after("f(a)  # c\n", ast.Name, lambda x: Edit("()", x, Where.BEHIND)) == "f()(a)  # c\n"


def test_no_fix_where_the_tree_has_no_such_place() -> None:
    assert after("f((a, b))\n", ast.Call, first_detached) is None


@pytest.mark.parametrize(
    ("text", "where", "mends"),
    [
        ("step()\n", Where.AFTER, "step()\nmore()\n"),
        ("if ready:\n    step()  # now\n", Where.AFTER, "if ready:\n    step()  # now\n    more()\n"),
        ("step(); stop()\n", Where.AFTER, None),
        ("if ready: step()\n", Where.AFTER, None),
        ("step(); stop()\n", Where.BEFORE, "more()\nstep(); stop()\n"),
        ("if ready: step()\n", Where.BEFORE, None),
    ],
)
def test_a_line_goes_only_beside_a_statement_that_has_its_lines_for_itself(
    text: str, where: Where, mends: str | None
) -> None:
    assert after(text, ast.Call, lambda call: Edit("more()", call, where)) == mends
