"""What an import of the same project gives: the file is run when one of its names is first used.

Only what runs is followed: in code that nobody calls, what comes from other files stays unknown.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager

from ft_lint.facts import SourceFile
from ft_lint.interpreter.machine import Completion, Machine
from ft_lint.source.problem import Problem
from ft_lint.source.siblings import Asked, Followed
from ft_lint.syntax.parse import Parsed, parse
from ft_lint.values.base import Constant, Value, text
from ft_lint.values.callables import Class, Function, Namespace, ProjectImport, Scope

MAX_FILES = 60
"""Files that are followed for one script."""
MAX_NESTED = 6
"""Files whose running waits for that of another one."""
KEPT = 48
"""Trees that a process keeps, for the next script of the project."""


def follow(m: Machine, wanted: ProjectImport) -> Value:
    """What an import gives, or ``wanted`` itself where that is not known."""
    if m.run or m.siblings is None:
        return wanted
    namespace = _namespace(m, wanted.asked)
    if namespace is None:
        return wanted
    found = member(m, namespace, wanted.name) if wanted.name else namespace
    return wanted if found is None else found


def member(m: Machine, namespace: Namespace, name: str) -> Value | None:
    """A name of a module, or a module of a package; None where it has none that we know."""
    found = namespace.scope.names.get(name)
    if isinstance(found, ProjectImport):
        followed = follow(m, found)
        return None if followed is found else followed
    if found is not None or m.siblings is None:
        return found
    return _namespace(m, Asked(namespace.path, name, 1)) if namespace.is_package else None


def asked_here(m: Machine, module: str, level: int) -> Asked:
    """An import that stands in the code that runs now."""
    scope = m.scope
    while scope.parent is not None:
        scope = scope.parent
    file = text(scope.names.get("__file__"))
    return Asked(file or "", module, level)


def everything_in(m: Machine, wanted: ProjectImport) -> Iterator[tuple[str, Value]]:
    """The names that ``from module import *`` binds, where they are known: functions and classes as imports of it."""
    namespace = _namespace(m, wanted.asked) if m.siblings is not None and not m.run else None
    for name, value in [] if namespace is None else list(namespace.scope.names.items()):
        if not name.startswith("_"):
            is_defined = isinstance(value, Function | Class)
            yield name, ProjectImport(wanted.why, asked=wanted.asked, name=name) if is_defined else value


def _namespace(m: Machine, asked: Asked) -> Namespace | None:
    """A module that was run; None where there is no such file, or it cannot be followed."""
    assert m.siblings is not None
    path = m.siblings.find(asked)
    if path is not None and path not in m.namespaces:
        m.namespaces[path] = None  # until it is known to be one that can be followed
        m.namespaces[path] = _run(m, path)
    content = m.facts.files[path].content if path in m.facts.files else ""
    m.facts.followed[asked] = Followed(asked, path or "", content)
    return m.namespaces.get(path) if path is not None else None


def _run(m: Machine, path: str) -> Namespace | None:
    assert m.siblings is not None
    if len(m.namespaces) > MAX_FILES or len(m.importing) >= MAX_NESTED or path == m.siblings.script:
        return None
    found = m.siblings.read(path)
    if found is None:
        return None
    parsed = _parsed(path, found.text)
    m.facts.files[path] = SourceFile(found.content, parsed)
    if parsed is None:
        return None
    from ft_lint.interpreter.statements import run_block

    made = Namespace(path, Scope(parent=None, names={"__name__": Constant(path), "__file__": Constant(path)}))
    m.namespaces[path] = made  # what it imports may import it in turn
    with _apart(m, made):
        completion = run_block(m, parsed.tree.body)
    return None if completion is Completion.RAISE else made


@functools.lru_cache(maxsize=KEPT)
def _parsed(path: str, text: str) -> Parsed | None:
    found = parse(text, path)
    return None if isinstance(found, Problem) else found


@contextmanager
def _apart(m: Machine, module: Namespace) -> Iterator[None]:
    """Run something as if nothing ran around it, in the file of ``module``; what it leaves is never undone."""
    around = {name: getattr(m, name) for name in _AROUND}
    trail, note = m.store.trail, m.note
    m.store.trail, m.note, m.scope = [], None, module.scope
    for name in _STACKS:
        setattr(m, name, [])
    m.arms = m.splits = m.framework = m.block = 0
    m.importing.append(module.path)
    try:
        yield
    finally:
        m.importing.pop()
        m.store.trail, m.note = trail, note
        for name, value in around.items():
            setattr(m, name, value)


_STACKS = ("frames", "passes", "loops", "path", "calls", "running", "building", "naming", "tests", "catching")
"""What of a machine tells what runs around the present statement."""
_AROUND = (*_STACKS, "scope", "arms", "splits", "framework", "block")
