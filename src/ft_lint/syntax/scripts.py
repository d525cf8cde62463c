"""Whether a file is one that people run, or one that only defines things for those."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ft_lint.source.relevance import FRAMEWORKS
from ft_lint.syntax.statements import blocks_of, own_nodes

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def is_script(tree: ast.Module) -> bool:
    """Whether a file has a main part, calls a framework or puts its own classes to work outside its functions, or
    defines nothing at all.
    """
    functions = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    if not any(isinstance(one, _DEFINITIONS) for one in tree.body):
        return True
    frameworks = set(_of_frameworks(tree))
    classes = {one.name for one in tree.body if isinstance(one, ast.ClassDef)}
    objects = {*classes, *_objects_of(classes, tree)}
    for statement in _run(tree):
        match statement:
            case ast.If(test=ast.Compare(left=ast.Name("__name__"))):
                return True
            case ast.Expr(value=ast.Call(func=ast.Name(name))) if name in functions:
                return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=of))) if _root(of) in objects:
                return True
        if any(_root(call.func) in frameworks for node in own_nodes(statement) for call in _calls_in(node)):
            return True
    return False


def _objects_of(classes: set[str], tree: ast.Module) -> Iterator[str]:
    """The names of objects of these classes that a file makes outside its functions."""
    for statement in _run(tree):
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Call(func=ast.Name(cls))) if cls in classes:
                yield name


def _of_frameworks(tree: ast.Module) -> Iterator[str]:
    """The names that a file's imports bind to frameworks, or to parts of them."""
    for one in tree.body:
        match one:
            case ast.Import(names=names):
                yield from (each.asname or each.name.partition(".")[0] for each in names if _is_one(each.name))
            case ast.ImportFrom(module=str() as module, names=names, level=0) if _is_one(module):
                yield from (each.asname or each.name for each in names)


def _is_one(module: str) -> bool:
    return any(name in module.partition(".")[0] for name in FRAMEWORKS)


def _run(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when the file is run, without those of functions and classes."""
    pending = [*tree.body]
    while pending:
        statement = pending.pop()
        if isinstance(statement, _DEFINITIONS):
            continue
        yield statement
        pending += [inner for inner in blocks_of(statement) if isinstance(inner, ast.stmt)]


def _calls_in(node: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Call))


def _root(node: ast.expr) -> str | None:
    """The name that a chain of attributes, calls and subscripts begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
