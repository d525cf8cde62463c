"""Imports: names for libraries that we know, files of the project where they are followed, ignorance for all others."""

from __future__ import annotations

import ast

from ft_lint.interpreter.assignment import bind_name
from ft_lint.interpreter.library_use import note_import
from ft_lint.interpreter.machine import Completion, Machine
from ft_lint.interpreter.project_imports import asked_here, everything_in, imported, run_module
from ft_lint.library import canonical, is_hidden_by_files, is_library
from ft_lint.values.base import Unknown, Value
from ft_lint.values.callables import Namespace, ProjectImport, Reference

NEXT = Completion.NEXT


def run_import(m: Machine, node: ast.Import) -> Completion:
    """``import a.b`` binds ``a``; ``import a.b as c`` binds ``c`` to ``a.b``."""
    for alias in node.names:
        note_import(m, alias.name, alias, node)
        path = alias.name if alias.asname is not None else alias.name.partition(".")[0]
        bind_name(m, alias.asname or path, _imported(m, path, "", 0))
        if path != alias.name and not _is_of_library(m, path):
            run_module(m, asked_here(m, alias.name, 0))
    return NEXT


def run_import_from(m: Machine, node: ast.ImportFrom) -> Completion:
    """``from a import b``; a relative import is of the project."""
    module = node.module or ""
    for alias in node.names:
        if alias.name == "*":
            _bind_all(m, module, node.level)
            continue
        if module and not node.level:
            note_import(m, f"{module}.{alias.name}", alias, node)
        bind_name(m, alias.asname or alias.name, _imported(m, module, alias.name, node.level))
    return NEXT


def _bind_all(m: Machine, module: str, level: int) -> None:
    """``from module import *``: the names of a library, which are looked up when they are used, or of a project's file.

    What another star brings in that we do not see may hide those of a library before it.
    """
    everything = _imported(m, module, "", level)
    match everything:
        case Reference(path):
            stars = [path]
        case ProjectImport(value=Namespace(scope=scope)):
            stars = m.stars.get(scope, [])
        case _:
            stars = [""]
    m.stars.setdefault(m.scope, []).extend(stars)
    if isinstance(everything, ProjectImport):
        for name, value in everything_in(m, everything):
            bind_name(m, name, value)


def _imported(m: Machine, module: str, name: str, level: int) -> Value:
    """A module, or a name of one."""
    path = f"{module}.{name}".strip(".")
    if not level and _is_of_library(m, path):
        return Reference(canonical(path))
    why = f"`{path}` is imported from outside this file"
    return Unknown(why) if m.siblings is None else imported(m, why, asked_here(m, module, level), name)


def _is_of_library(m: Machine, path: str) -> bool:
    """Whether a library that we know is meant, and no file beside the script that stands before it: ``evaluate.py``."""
    root = path.partition(".")[0]
    own = m.siblings is not None and is_hidden_by_files(root) and m.siblings.stands_beside(root)
    return is_library(path) and not own
