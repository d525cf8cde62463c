"""What libraries took and offered over time: arguments, names, and calls of methods that scripts override.

The table was read off the releases themselves (``ft_lint.verify.harvest.releases``).  For each argument and name it
holds the first and the last release in which it was seen; what stands in the newest one is not removed.

>>> removed_argument("transformers.TrainingArguments", "evaluation_strategy", Targets()).since
'4.51'
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ft_lint.facts import Targets
from ft_lint.library._packed import line, pack, unpack
from ft_lint.library.replacements import METHODS
from ft_lint.light import dataclass

PATH = Path(__file__).with_name("releases.z")

LIBRARIES = ("accelerate", "datasets", "peft", "transformers", "trl")
"""The libraries whose releases were read."""


@dataclass(frozen=True, slots=True)
class Call:
    """How a library calls a method, in the method ``caller``: so many values by position, these by name."""

    positional: int
    keywords: tuple[str, ...]
    caller: str


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that was there in ``last`` and in ``gone``, the next release that was read, no more."""

    library: str
    last: str
    gone: str

    @property
    def since(self) -> str:
        """The minor version without it, ``4.50``: of each the last release was read."""
        return ".".join(self.gone.split(".")[:2])


@dataclass(frozen=True, slots=True)
class Window:
    """Where the newest admitted version stands among the releases that were read.

    It is between ``low`` and ``high`` (indexes, equal where it was read itself); ``floor`` is the oldest one admitted.
    """

    low: int
    high: int
    floor: int


def window(library: str, targets: Targets) -> Window | None:
    """The window of a library; None where what the project admits is not known to us."""
    return _window(library, targets.of(library))


def newest(library: str, targets: Targets) -> tuple[int, ...] | None:
    """The newest release that the targets admit, as numbers; None where what they admit is not known to us."""
    here = window(library, targets)
    return None if here is None else tuple(int(part) for part in releases(library)[here.low].split(".")[:2])


@functools.cache
def _window(library: str, specifier: str) -> Window | None:
    known = releases(library)
    newest = len(known) - 1
    if not specifier:
        return Window(newest, newest, newest)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        admits = SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    admitted = [index for index, text in enumerate(known) if admits.contains(text, prereleases=True)]
    if admitted:
        return Window(admitted[-1], admitted[-1], admitted[0])
    pins = [Version(one.version) for one in admits if one.operator == "==" and not one.version.endswith(".*")]
    if not all(admits.contains(pin, prereleases=True) for pin in pins):
        return None  # another file asks for something else
    if len(pins) != 1 or Version(known[0]) > pins[0]:
        return None
    low = max(index for index, text in enumerate(known) if Version(text) < pins[0])
    return Window(low, min(low + 1, newest), low)


def may_be_since(library: str, release: str, targets: Targets) -> bool:
    """Whether what the project admits of a library reaches up to a release; asked of libraries with no table, too."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return all(_reaches(one.operator, one.version, release) for one in SpecifierSet(targets.of(library)))
    except (InvalidSpecifier, InvalidVersion):
        return True


def _reaches(operator: str, bound: str, release: str) -> bool:
    from packaging.version import Version

    wanted, last = Version(release), Version(bound.removesuffix(".*"))
    match operator:
        case "<":
            return wanted < last
        case "<=" | "==" if not bound.endswith(".*"):
            return wanted <= last
        case "==" | "~=":
            series = last.release if operator == "==" else last.release[:-1]
            return wanted <= last or wanted.release[: len(series)] == series
    return True


# --- questions -----------------------------------------------------------------------------------


def removed_argument(path: str, name: str, targets: Targets) -> Removal | None:
    """Whether the callable took the argument once, and the newest version that the targets admit takes it no more."""
    entry = _table()["callables"].get(path)
    if entry is None or not _takes_named_arguments(path, entry, targets):
        return None
    gone: Removal | None = None
    for owner in lineage(path):
        span = _table()["callables"][owner]["arguments"].get(name)
        if span is None:
            continue
        here = _removal(owner.partition(".")[0], span, targets)
        if here is None:
            return None
        gone = gone or here
    return gone


def takes_argument(path: str, name: str, targets: Targets, *, newest: bool = False) -> bool:
    """Whether every release that the targets admit takes the argument, or the ``newest`` of them."""
    for owner in lineage(path):
        entry = _table()["callables"].get(owner)
        span = entry["arguments"].get(name) if entry else None
        here = window(owner.partition(".")[0], targets)
        if span is None or here is None:
            continue
        if span[0] <= (here.low if newest else here.floor) and here.high <= span[1]:
            return True
    return False


def removed_name(path: str, targets: Targets) -> tuple[str, Removal] | None:
    """The import path, or the part of it, that was there once and is no more; None where it is, or never was."""
    library, *parts = path.split(".")
    if path in METHODS:
        removal = _removal(library, [0, releases(library).index(METHODS[path][1]) - 1], targets)
        return (path, removal) if removal is not None else None
    names = _table()["names"].get(library, {})
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        if name in names:
            removal = _removal(library, [0, names[name]], targets)
            return (f"{library}.{name}", removal) if removal is not None else None
    return None


def is_callable(path: str) -> bool:
    """Whether the table tells what the thing at an import path takes."""
    return path.partition(".")[0] in LIBRARIES and path in _table()["callables"]


def base_of(path: str) -> str | None:
    """The class of the table that another one of it extends, e.g. ``transformers.Trainer`` for ``trl.SFTTrainer``."""
    entry = _table()["callables"].get(path)
    return entry.get("base") if entry is not None else None


@functools.cache
def lineage(path: str) -> tuple[str, ...]:
    """A callable and those of the table whose arguments it takes too."""
    found: list[str] = []
    here: str | None = path
    while here is not None and is_callable(here):
        found.append(here)
        here = base_of(here) if _table()["callables"][here]["inherits"] else None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Calls:
    """How the releases from ``first`` to ``last`` call a method of their own, and the ``parameters`` it has there."""

    first: str
    last: str
    calls: tuple[Call, ...]
    parameters: tuple[str, ...]


def calls_of(path: str, method: str, targets: Targets) -> tuple[Calls, ...]:
    """How a class calls a method of its own, release by release, up to the newest one that the targets admit."""
    here = window(path.partition(".")[0], targets)
    runs = _table()["calls"].get(path, {}).get(method, [])
    if here is None or here.low != here.high:
        return ()
    known = releases(path.partition(".")[0])
    return tuple(
        Calls(known[first], known[last], tuple(Call(n, tuple(names), by) for n, names, by in calls), tuple(parameters))
        for first, last, calls, parameters in runs
        if first <= here.high
    )


def releases(library: str) -> tuple[str, ...]:
    """The releases of a library that were read, oldest first."""
    return tuple(_table()["releases"][library])


def paths() -> tuple[str, ...]:
    """Every callable in the table."""
    return tuple(_table()["callables"])


def arguments(path: str, release: str) -> frozenset[str]:
    """The arguments that a callable took in one release, those of its base left out."""
    index = releases(path.partition(".")[0]).index(release)
    spans = _table()["callables"][path]["arguments"]
    return frozenset(name for name, (first, last) in spans.items() if first <= index <= last)


def removed_names(library: str) -> tuple[str, ...]:
    """Every name of a library that its newest release has no more."""
    return tuple(_table()["names"][library])


# --- reading and writing the table -----------------------------------------------------------------


def _takes_named_arguments(path: str, entry: Mapping[str, Any], targets: Targets) -> bool:
    """Whether the callable is there in the newest admitted release and refuses what it does not name."""
    here = window(path.partition(".")[0], targets)
    if here is None:
        return False
    first, last = entry["exists"]
    takes_anything = any(low <= here.high and here.low <= high for low, high in entry["anything"])
    return bool(first <= here.low and here.high <= last and not takes_anything)


def _removal(library: str, span: list[int], targets: Targets) -> Removal | None:
    here = window(library, targets)
    last = span[1]
    if here is None or here.low <= last:
        return None
    known = releases(library)
    return Removal(library, known[last], known[last + 1])


def write(path: Path, table: Mapping[str, Any]) -> int:
    """Write the table; gives its size in bytes."""
    return path.write_bytes(pack([line(table)]))


@functools.cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(unpack(PATH.read_bytes())[0])
    return table
