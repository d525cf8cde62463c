"""Places and LibCST's nodes for them, on odd layouts and on the standard library."""

from __future__ import annotations

import ast
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from ft_lint.syntax.parse import Parsed, parse
from ft_lint.syntax.positions import Range, range_of
from ft_lint.syntax.statements import own_nodes, small_statements, statements
from ft_lint.syntax.twins import twin

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SAMPLE = 60
WITHOUT = (ast.Tuple, ast.GeneratorExp, ast.Slice)
"""Expressions that may have no twin."""

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


def parsed(text: str, path: str = "odd.py") -> Parsed:
    found = parse(text, path)
    assert isinstance(found, Parsed)
    return found


def parts(file: Parsed) -> Iterator[ast.AST]:
    """Statements, expressions, keyword arguments and imported names, but for what is inside f-strings.

    The texts between the braces have no places of their own before Python 3.12.
    """
    for clause, _ in statements(file.tree):
        yield clause
        pending = [*own_nodes(clause)]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.expr | ast.keyword | ast.alias):
                yield node
            if not isinstance(node, ast.JoinedStr):
                pending += ast.iter_child_nodes(node)


def differences(file: Parsed, nodes: list[ast.AST]) -> Iterator[str]:
    """Nodes whose twin is missing, or is not what LibCST's own provider puts there in the whole file.

    Where LibCST lets a block end is a matter of layout, so compound statements are compared by their start.
    """
    module = cst.parse_module(file.text)
    noted = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    there: dict[tuple[type[cst.CSTNode], int, int], list[tuple[cst.CSTNode, CodeRange]]] = {}
    for one, at in noted.items():
        there.setdefault((type(one), at.start.line, at.start.column + 1), []).append((one, at))
    for node in nodes:
        found, place = twin(node, file), range_of(node, file)
        if found is None:
            if not isinstance(node, WITHOUT):
                yield f"no twin: {ast.dump(node)}"
            continue
        whole = [
            module.code_for_node(one).strip()
            for one, at in there.get((type(found.node), place.line, place.column), [])
            if (at.end.line, at.end.column + 1) == (place.end_line, place.end_column) or isinstance(one, BLOCKS)
        ]
        code = found.module.code_for_node(found.node).strip()
        if not any(same(code, other, found.node) for other in whole):
            yield f"{code!r} is none of {whole}: {ast.dump(node)}"


BLOCKS = (cst.BaseCompoundStatement, cst.ExceptHandler, cst.ExceptStarHandler)


def same(code: str, other: str, node: cst.CSTNode) -> bool:
    """Whether two codes are the same, but for the indentation and the comments around the blocks of a statement."""
    if not isinstance(node, BLOCKS):
        return code == other
    first, second = ([line.strip() for line in one.splitlines() if is_code(line)] for one in (code, other))
    return first == second


def is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_every_node_of_odd_layouts(text: str) -> None:
    file = parsed(text)
    assert list(differences(file, list(parts(file)))) == []


def test_the_standard_library() -> None:
    draw = random.Random(0)
    files = [path for path in sorted(LIBRARY.rglob("*.py")) if not {"site-packages", "tests"} & set(path.parts)]
    compared = 0
    for path in draw.sample(files, SAMPLE):
        file = parse(path.read_bytes().decode("utf-8", "replace"), str(path))
        if isinstance(file, Parsed):
            nodes = list(parts(file))
            drawn = draw.sample(nodes, min(len(nodes), 30))
            assert list(differences(file, drawn)) == [], path
            compared += len(drawn)
    assert compared > 1_200


def test_a_twin_is_the_same_code() -> None:
    file = parsed("if y:\n   x = f(a,  # first\n      *b, k = 'ü' 'v', **(c))\n")
    told = {}
    for node in ast.walk(file.tree.body[0]):
        if hasattr(node, "lineno") and (found := twin(node, file)) is not None:
            told[ast.unparse(node)] = found.code_of(found.node, "   ")
    assert told["f(a, *b, k='üv', **c)"] == "f(a,  # first\n      *b, k = 'ü' 'v', **(c))"
    assert told["'üv'"] == "'ü' 'v'"
    assert told["c"] == "(c)"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a(0)\nclass A:\n  def f(self):\n    if a(1): x(7)\n    y = 2\n", 1),
        ("for a in b:\n  x = 1; x(7); y = (\n 2)\n  y\n", 2),
        ("if a: b\nelif c:\n  d\nelif x(7):\n  e\nf\n", 5),
        ("try:\n  a\nexcept x(7):\n  b\nelse:\n  c\n", 6),
        ("def f():\n  @a(\n   x(7))\n  def g():\n    c\n  d\n", 4),
    ],
    ids=["a line", "lines that are shared", "elif", "except", "decorators"],
)
def test_few_lines_are_parsed(text: str, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    parse_module = cst.parse_module
    monkeypatch.setattr(cst, "parse_module", lambda text: given.append(text) or parse_module(text))
    file = parsed(text)
    [node] = (node for node in ast.walk(file.tree) if isinstance(node, ast.Call) and ast.unparse(node) == "x(7)")
    assert twin(node, file) is not None
    [read] = given
    assert read.removeprefix("if True:\n").count("\n") == lines


def test_no_twin_where_libcst_cannot_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str) -> cst.Module:
        raise cst.ParserSyntaxError("no", lines=[text], raw_line=1, raw_column=0)

    monkeypatch.setattr(cst, "parse_module", refuse)
    file = parsed("x = 1\n")
    assert twin(file.tree.body[0], file) is None


def test_columns_are_characters() -> None:
    file = parsed("\x0cé = 'ü'; f(é)\n")
    assert [range_of(one, file) for one in file.tree.body] == [Range(1, 2, 1, 9), Range(1, 11, 1, 15)]


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("x = [a for b in c if d]\n", ast.comprehension, Range(1, 12, 1, 18)),
        ("with a as b, c: pass\n", ast.withitem, Range(1, 6, 1, 12)),
        ("with (a): pass\n", ast.withitem, Range(1, 7, 1, 8)),
        ("match a:\n  case b if c: pass\n", ast.match_case, Range(2, 8, 2, 9)),
        ("\nx = 1\n", ast.Module, Range(1, 1, 1, 1)),
    ],
)
def test_what_has_no_place_of_its_own(text: str, kind: type[ast.AST], place: Range) -> None:
    file = parsed(text)
    assert range_of(next(one for one in ast.walk(file.tree) if isinstance(one, kind)), file) == place


@pytest.mark.parametrize("text", ["a\nb\r\n", "a\r\nb\n", "x = '''\r\n'''\na\n", "a", "", "a\rb\r\n", "# c\r\nx\n"])
def test_new_lines_end_as_libcst_ends_them(text: str) -> None:
    assert parsed(text).newline == cst.parse_module(text).default_newline


def test_small_statements_are_found_in_every_block() -> None:
    numbers = [
        "def f():\n  n(1)\n  class A: n(2)\nfor x in y:\n  n(3)\nelse: n(4); n(5)\n",
        "if x: n(6)\nelif y: n(7)\nelse: n(8)\nwith z: n(9)\nwhile x: n(10)\nmatch x:\n  case 1: n(11)\n",
        "try: n(12)\nexcept E: n(13)\nelse: n(14)\nfinally: n(15)\nn(16)\n",
    ]
    found = small_statements(ast.parse("".join(numbers)).body)
    assert sorted(ast.unparse(one) for one in found) == sorted(f"n({number})" for number in range(1, 17))
