"""What an import of the same project gives: the module is run when the import is, as Python does.

Only what runs is followed: in code that nobody calls, what comes from other files stays unknown.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ft_lint.facts import SourceFile
from ft_lint.interpreter.machine import Completion, Machine
from ft_lint.light import replace
from ft_lint.source.problem import Problem
from ft_lint.source.siblings import Asked, Followed, is_init, read_sibling
from ft_lint.syntax.parse import Parsed, parse
from ft_lint.values.base import TRUE, Choice, Constant, Items, Value, text
from ft_lint.values.callables import Class, Function, Namespace, ProjectImport, Scope
from ft_lint.values.containers import List
from ft_lint.values.store import gate

MAX_FILES = 60
"""Files that are followed for one script."""
MAX_NESTED = 30
"""Files whose running waits for that of another one."""
KEPT = 64
"""Trees that a process keeps, for the next script of the project."""


def imported(m: Machine, why: str, asked: Asked, name: str) -> ProjectImport:
    """What an import binds: a module, or a name of one as it is now."""
    if m.run or m.siblings is None:
        return ProjectImport(why, asked=asked, name=name)
    namespace = _namespace(m, asked)
    found = member(m, namespace, name) if namespace is not None and name else namespace
    return ProjectImport(why, asked=asked, name=name, value=found)


def follow(m: Machine, wanted: ProjectImport) -> Value:
    """What an import gave, or ``wanted`` itself where that is not known."""
    if m.run or m.siblings is None:
        return wanted
    if wanted.value is not None:
        return wanted.value
    namespace = _namespace(m, wanted.asked)  # modules that import each other: now it may have that name
    found = member(m, namespace, wanted.name) if namespace is not None and wanted.name else namespace
    return wanted if found is None else found


def followed(m: Machine, ways: Choice) -> Value:
    """The same for each way of a choice."""
    first, second = (
        follow(m, way) if isinstance(way, ProjectImport) else followed(m, way) if isinstance(way, Choice) else way
        for way in (ways.if_true, ways.if_false)
    )
    return ways if first is ways.if_true and second is ways.if_false else gate(ways.condition, first, second)


def member(m: Machine, namespace: Namespace, name: str) -> Value | None:
    """A name of a module, or a module of a package; None where it has none that we know."""
    if m.run:
        return None
    found = namespace.scope.names.get(name)
    asking = (namespace.path, name)
    if isinstance(found, ProjectImport) and asking not in m.asking:
        m.asking.append(asking)
        through = follow(m, found)
        m.asking.pop()
        found = None if through is found else through
    if (found is not None and not isinstance(found, ProjectImport)) or m.siblings is None:
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
    if not isinstance(wanted.value, Namespace):
        return
    names = wanted.value.scope.names
    listed = names.get("__all__")
    shown = [one for one in names if not str(one).startswith("_")]
    if isinstance(listed, List) and isinstance(items := m.store.resolve(listed.items), Items) and items.complete:
        shown = [name for name in map(text, items.values) if name is not None]
    for name in shown:
        value = member(m, wanted.value, name)
        if isinstance(value, Function | Class):
            yield name, ProjectImport(wanted.why, asked=wanted.asked, name=name, value=value)
        elif value is not None:
            yield name, value


def run_module(m: Machine, asked: Asked) -> None:
    """Run the module that an import names, where it is of the project."""
    if not m.run and m.siblings is not None:
        _namespace(m, asked)


def _namespace(m: Machine, asked: Asked) -> Namespace | None:
    """A module that was run, behind the packages that it is in; None where there is none that can be followed."""
    assert m.siblings is not None
    around = asked.module.rpartition(".")[0]
    if around:
        _namespace(m, replace(asked, module=around))
    path = m.siblings.find(asked) or ""
    try:
        if path and path not in m.namespaces:
            _run(m, path)
    finally:  # also where the file is too long
        content = m.facts.files[path].content if path in m.facts.files else ""
        m.facts.followed[asked] = Followed(asked, path, content)
    return m.namespaces.get(path)


def _run(m: Machine, path: str) -> None:
    """Run a file, unless it is one too many, and keep what it defines; None where it cannot be followed."""
    assert m.siblings is not None
    if len(m.namespaces) >= MAX_FILES or len(m.importing) >= MAX_NESTED or path == m.siblings.script:
        return
    found = read_sibling(path)
    parsed = _parsed(path, found.text) if found.text is not None else None
    m.facts.files[path] = SourceFile(found.content, parsed)
    if parsed is None:
        m.namespaces[path] = None
        return
    from ft_lint.interpreter.statements import run_block

    name = Path(path).parent.name if is_init(path) else Path(path).stem
    made = Namespace(path, Scope(parent=None, names={"__name__": Constant(name), "__file__": Constant(path)}))
    m.namespaces[path] = made  # what it imports may import it in turn
    with _apart(m, made):
        completion = run_block(m, parsed.tree.body)
    if completion is Completion.RAISE:
        m.namespaces[path] = None


@functools.lru_cache(maxsize=KEPT)
def _parsed(path: str, text: str) -> Parsed | None:
    found = parse(text, path)
    return None if isinstance(found, Problem) else found


@contextmanager
def _apart(m: Machine, module: Namespace) -> Iterator[None]:
    """Run something as if nothing ran around it, in the file of ``module``; what it leaves is never undone."""
    around = {name: getattr(m, name) for name in _AROUND}
    trail, assumed, note = m.store.trail, m.store.assumed, m.note
    m.store.trail, m.store.assumed, m.note, m.scope = [], {}, None, module.scope
    m.state = {**m.state, "grad": TRUE}
    for name in _STACKS:
        setattr(m, name, [])
    m.arms = m.splits = m.framework = m.block = 0
    m.importing.append(module.path)
    try:
        yield
    finally:
        m.importing.pop()
        m.store.trail, m.store.assumed, m.note = trail, assumed, note
        for name, value in around.items():
            setattr(m, name, value)


_STACKS = tuple("frames passes loops path calls running building naming tests catching guards".split())
"""What of a machine tells what runs around the present statement."""
_AROUND = (*_STACKS, "scope", "state", "arms", "splits", "framework", "block")
