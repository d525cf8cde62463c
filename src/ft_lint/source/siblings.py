"""Where an import of the same project leads: the file that Python would take, for a script that is run where it stands.

Python looks into the script's own folder first; the folders above it, up to the root of the repository, are where
people stand when they run it (``python -m tools.train``), or what they add to ``sys.path``.
"""

from __future__ import annotations

import ast
import functools
import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from ft_lint import cachedir
from ft_lint.light import dataclass
from ft_lint.source.problem import Problem
from ft_lint.source.text import decode, read

MOST_READ = 300_000
"""Bytes of a file that is followed: larger ones are tables, or written by programs."""
_INIT = "__init__.py"


@dataclass(frozen=True, slots=True)
class Asked:
    """An import: the module that is named, how many dots stand before it, and the file in which it stands."""

    asker: str
    module: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Sibling:
    """A file that was looked into: its text, None where it cannot be read, and what tells this content from others."""

    text: str | None
    content: str


@dataclass(frozen=True, slots=True)
class Followed:
    """An import, the file that it led to ("" for none) and what that held ("" where it did not matter)."""

    asked: Asked
    path: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Siblings:
    """The files of the project that one script can import."""

    script: str

    @staticmethod
    def of(path: Path) -> Siblings:
        """Those of a script; links count as what they lead to, as for Python."""
        return Siblings(os.path.realpath(path))

    @property
    def is_package(self) -> bool:
        """Whether the script is what a package runs when it is imported."""
        return is_init(self.script)

    def stands_beside(self, root: str) -> bool:
        """Whether a module or package of this name stands in the script's own folder, where Python looks first.

        A folder without ``__init__.py`` is none: to Python any installed library comes before it.
        """
        found = _below(Path(self.script).parent, root)
        return found is not None and Path(found).is_file()

    def find(self, asked: Asked) -> str | None:
        """The path of a module; of a package that of its ``__init__.py``, which need not exist; None for no such."""
        if asked.level:
            folder = Path(asked.asker).parent
            for _ in range(asked.level - 1):
                folder = folder.parent
            return _below(folder, asked.module)
        roots = _roots(Path(self.script).parent)
        found = [one for folder in roots if (one := _below(folder, asked.module))]
        found = found or [one for folder in _packaged(roots) if (one := _below(folder, asked.module))]
        found = found or [one for folder in _added(self.script) if (one := _below(folder, asked.module))]
        return next((one for one in found if Path(one).is_file()), found[0] if found else None)

    def lead_as_before(self, followed: Iterable[Followed]) -> bool:
        """Whether imports still lead to the same files with the same content."""
        return all(
            (self.find(one.asked) or "") == one.path and (not one.content or _content(one.path) == one.content)
            for one in followed
        )


def read_sibling(path: str) -> Sibling:
    """What stands in a file; nothing in a package without ``__init__.py``."""
    file = Path(path)
    if not file.is_file():  # nor a pipe, which would be waited for
        return Sibling("" if is_init(path) and not file.exists() else None, "not there")
    data = read(file)
    if isinstance(data, Problem) or len(data) > MOST_READ:
        return Sibling(None, "not read")
    text = decode(data, path)
    return Sibling(None if isinstance(text, Problem) else text, cachedir.digest(data))


def is_init(path: str) -> bool:
    """Whether a file is what a package runs when it is imported."""
    return Path(path).name == _INIT


def forget() -> None:
    """Look into folders and files anew from now on."""
    for kept in (_content, _names_in, _roots, _packaged, _added):
        kept.cache_clear()


@functools.lru_cache(maxsize=4096)
def _content(path: str) -> str:
    return read_sibling(path).content


def _below(folder: Path, module: str) -> str | None:
    """The file of a module that is named from a folder on."""
    *packages, last = module.split(".") if module else [_INIT]
    for name in packages:
        if name not in _names_in(folder) or not (folder / name).is_dir():
            return None
        folder = folder / name
    if not module:
        return str(folder / _INIT)
    names = _names_in(folder)
    if last in names and (folder / last / _INIT).is_file():
        return str(folder / last / _INIT)
    if f"{last}.py" in names:
        return str(folder / f"{last}.py")
    return str(folder / last / _INIT) if last in names and (folder / last).is_dir() else None


@functools.lru_cache(maxsize=4096)
def _names_in(folder: Path) -> frozenset[str]:
    """What stands in a folder; nothing where it is none."""
    try:
        return frozenset(one.name for one in folder.iterdir())
    except OSError:
        return frozenset()


@functools.lru_cache(maxsize=4096)
def _roots(folder: Path) -> tuple[Path, ...]:
    """The folders from which modules are named: a script's own, and those above it within its repository.

    Where there is no repository: its own, and those up to where we stand.
    """
    own = folder.absolute()
    above = [own]
    for parent in own.parents:
        if ".git" in _names_in(above[-1]):
            break
        above.append(parent)
    else:
        here = Path.cwd()
        above = [one for one in above if one == own or one.is_relative_to(here)]
    return tuple(place for one in above for place in (one, one / "src"))


@functools.lru_cache(maxsize=4096)
def _packaged(roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders in a repository that hold a package to be installed (``pip install -e code``), and their ``src``."""
    top = roots[-2]  # before its ``src``
    if ".git" not in _names_in(top):
        return ()
    held = (root / name for root in roots for name in sorted(_names_in(root)) if "." not in name)
    packaged = [one for one in dict.fromkeys(held) if any((one / name).is_file() for name in _PACKAGED)]
    return tuple(place for one in packaged for place in (one, one / "src"))


@functools.lru_cache(maxsize=4096)
def _added(script: str) -> tuple[Path, ...]:
    """The folders of its repository that a script adds to ``sys.path``, by what it writes out of their paths."""
    data = read(Path(script))
    if isinstance(data, Problem) or b"sys.path" not in data or not script.endswith(".py"):
        return ()
    roots = _roots(Path(script).parent)
    named = [Path(os.path.normpath(Path(root, *names))) for names in _names_added(data) for root in roots]
    inside = (one for one in named if any(one.is_relative_to(root) for root in roots))
    return tuple(one for one in inside if os.path.isdir(one))  # noqa: PTH112 - `is_dir` raises for names too long


def _names_added(source: bytes) -> Iterator[list[str]]:
    """What a script writes out of each path that it adds: ``join(here, "lib", "nets")``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="path"), attr="append" | "insert"), args=[*_, path]
            ):
                names = [part.value for part in ast.walk(path) if isinstance(part, ast.Constant)]
                yield [name for name in names if isinstance(name, str)]


_PACKAGED = ("setup.py", "pyproject.toml", "setup.cfg")
"""What tells that a folder holds one."""
