"""Imports: names for libraries that we know, ignorance for all others."""

from __future__ import annotations

import libcst as cst

from ft_lint.interpreter.assignment import bind_name
from ft_lint.interpreter.library_use import note_import
from ft_lint.interpreter.machine import Completion, Machine
from ft_lint.library import canonical, is_library
from ft_lint.values.base import Unknown, Value
from ft_lint.values.callables import Reference

NEXT = Completion.NEXT


def dotted(node: cst.BaseExpression | None) -> str:
    """``a.b.c`` from a name or attribute of an import statement."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def run_import(m: Machine, node: cst.Import) -> Completion:
    """``import a.b`` binds ``a``; ``import a.b as c`` binds ``c`` to ``a.b``."""
    for alias in node.names:
        path = dotted(alias.name)
        note_import(m, path, alias, node)
        if alias.asname is None:
            bind_name(m, path.split(".")[0], _imported(path.split(".")[0]))
        elif isinstance(alias.asname.name, cst.Name):
            bind_name(m, alias.asname.name.value, _imported(path))
    return NEXT


def run_import_from(m: Machine, node: cst.ImportFrom) -> Completion:
    """``from a import b``; a relative import is of the project, which one file alone cannot see."""
    if isinstance(node.names, cst.ImportStar):
        return NEXT
    package = "" if node.relative else dotted(node.module)
    for alias in node.names:
        name = dotted(alias.name)
        bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
        if package:
            note_import(m, f"{package}.{name}", alias, node)
        value = _imported(f"{package}.{name}") if package else Unknown(f"`{name}` is imported from the project")
        bind_name(m, bound, value)
    return NEXT


def _imported(path: str) -> Value:
    if is_library(path):
        return Reference(canonical(path))
    return Unknown(f"`{path}` is imported from outside this file")
