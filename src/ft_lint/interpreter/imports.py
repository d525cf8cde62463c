"""Imports: names for libraries that we know, ignorance for all others."""

from __future__ import annotations

import ast

from ft_lint.interpreter.assignment import bind_name
from ft_lint.interpreter.library_use import note_import
from ft_lint.interpreter.machine import Completion, Machine
from ft_lint.library import canonical, is_library
from ft_lint.values.base import Unknown, Value
from ft_lint.values.callables import Reference

NEXT = Completion.NEXT


def run_import(m: Machine, node: ast.Import) -> Completion:
    """``import a.b`` binds ``a``; ``import a.b as c`` binds ``c`` to ``a.b``."""
    for alias in node.names:
        note_import(m, alias.name, alias, node)
        if alias.asname is None:
            root = alias.name.partition(".")[0]
            bind_name(m, root, _imported(root))
        else:
            bind_name(m, alias.asname, _imported(alias.name))
    return NEXT


def run_import_from(m: Machine, node: ast.ImportFrom) -> Completion:
    """``from a import b``; a relative import is of the project, which one file alone cannot see."""
    package = "" if node.level else node.module or ""
    for alias in node.names:
        if alias.name == "*":
            continue
        if package:
            note_import(m, f"{package}.{alias.name}", alias, node)
        outside = Unknown(f"`{alias.name}` is imported from the project")
        bind_name(m, alias.asname or alias.name, _imported(f"{package}.{alias.name}") if package else outside)
    return NEXT


def _imported(path: str) -> Value:
    if is_library(path):
        return Reference(canonical(path))
    return Unknown(f"`{path}` is imported from outside this file")
