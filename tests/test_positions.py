"""Positions equal LibCST's own, on odd layouts and on the standard library."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from ft_lint.syntax.parse import Parsed, parse
from ft_lint.syntax.positions import Range, positions

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SAMPLE = 150
PARTS = (cst.BaseExpression, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Arg, cst.Param, cst.Decorator)

ODD = {
    "decorators": "@ (\n  dec(1)\n)\n@dec2.x(\n   a)\n# comment\nclass A(B,\n      metaclass=M(1)):\n  pass\n",
    "semicolons": 'x = "é" + f(1); y = g("""\na\n""", 2); z=h(3)\n',
    "semicolons in a block": "class A:\n  x=f(1)\n  def g(self): return h(1,\n2); k(3)\n",
    "continuation in a block": "if x:\n        y(1,\n    2); z(3,\n 4)\n",
    "elif": "if a(1): b(2)\nelif (c(3)\n  ): d(4)\nelif e(5):\n    f(6)\n    if g(7): pass\n    else:\n        h(8)\n",
    "else holding an if": "if a(1):\n  b(2)\nelse:\n     if c(3): d(4)\n     elif e(5): f(6)\n     else: g(7)\n",
    "async": "async def f(a: int=d(2), *, b=e('ü')) -> T[0]:\n  async with a(1) as b, c(2): pass\n"
    "  async for x in y(3): z(4)\n  else: k(9)\n",
    "try": "try:\n      u(1)\nexcept E(2) as q:\n      u(3)\nexcept F:\n  v(3)\nelse: u(4)\nfinally: u(5)\n",
    "match": "match s(1):\n  case P(x=1) if g(2): t(3)\n  # c\n"
    "  case [a.b, *r] | {'k': Q()}:\n\n      t(4)\n      t(5)\n",
    "with in parentheses": "with (open(1) as f,\n      open(2) as g,):\n\tif x(1):\n\t    y(2); z(3)\n",
    "f-string": "f'{u(1)} {v(2)!r:>{w(3)}}'\n",
    "while and for": "while a(1): b(2)\nelse: c(3)\nfor (i, j) in k(1): pass\n",
    "backslash": "x += \\\n   y(1)\n",
    "windows line ends": "if a:\r\n    b(1,\r\n2)\r\n",
    "no line end": "a(1)",
}


def expected(parsed: Parsed) -> dict[cst.CSTNode, Range]:
    wrapper = MetadataWrapper(parsed.module, unsafe_skip_copy=True)
    return {
        node: Range(at.start.line, at.start.column + 1, at.end.line, at.end.column + 1)
        for node, at in wrapper.resolve(PositionProvider).items()
        if isinstance(node, PARTS)
    }


def comparable(places: dict[cst.CSTNode, Range], nodes: Iterable[cst.CSTNode]) -> Iterator[tuple[str | int, ...]]:
    """Where LibCST lets a block end is a matter of layout, so compound statements are compared by their start."""
    for node in nodes:
        at = places[node]
        end = (0, 0) if isinstance(node, cst.BaseCompoundStatement) else (at.end_line, at.end_column)
        yield type(node).__name__, at.line, at.column, *end


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_every_node_of_odd_layouts(text: str) -> None:
    parsed = parse(text, "odd.py")
    assert isinstance(parsed, Parsed)
    want = expected(parsed)
    assert list(comparable(positions(parsed, want), want)) == list(comparable(want, want))


def test_the_standard_library() -> None:
    draw = random.Random(0)
    files = [path for path in sorted(LIBRARY.rglob("*.py")) if not {"site-packages", "tests"} & set(path.parts)]
    compared = 0
    for path in draw.sample(files, SAMPLE):
        parsed = parse(path.read_bytes().decode("utf-8", "replace"), str(path))
        if not isinstance(parsed, Parsed):
            continue
        want = expected(parsed)
        nodes = draw.sample(list(want), min(len(want), 60))
        assert list(comparable(positions(parsed, nodes), nodes)) == list(comparable(want, nodes)), path
        compared += len(nodes)
    assert compared > 3_000


def test_form_feeds_are_characters_as_python_counts_them() -> None:
    parsed = parse("\x0cx = f(1)\n", "feed.py")
    assert isinstance(parsed, Parsed)
    (line,) = parsed.module.body
    assert isinstance(line, cst.SimpleStatementLine)
    assert positions(parsed, [line.body[0]])[line.body[0]] == Range(1, 2, 1, 10)


def test_nothing_wanted_and_layout_only() -> None:
    parsed = parse("if a:\n    pass\nelse:\n    b\n", "x.py")
    assert isinstance(parsed, Parsed)
    assert positions(parsed, []) == {}
    (conditional,) = parsed.module.body
    assert isinstance(conditional, cst.If)
    assert conditional.orelse is not None
    assert positions(parsed, [conditional.orelse]) == {}
