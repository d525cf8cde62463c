"""Settings: those of ``[tool.ft-lint]`` in the nearest ``pyproject.toml``, with those of the command line on top.

Every key is an option of the command line too.  A key that is not known, or a value of another kind, is an error.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_lint.source.requirements import Specifiers, chosen

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

TABLE = "ft-lint"
"""The name of the table under ``tool``."""
MAX_SIZE = 1_000_000
"""Characters of a larger file are not parsed: that takes minutes, and nobody wrote them by hand."""


class BadConfig(ValueError):
    """A configuration that cannot be used; the message is one line that names the file and the key."""


@dataclass(frozen=True, slots=True)
class Config:
    """What is checked and how; patterns in ``exclude`` and ``per_file_ignores`` are as in .gitignore, from ``root``."""

    root: Path = field(default_factory=Path)
    plugins: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    target_versions: Specifiers = ()
    unsafe_fixes: bool = False
    unused_noqa: bool = False
    baseline: str = ""
    output_format: str = ""
    jobs: int = 0
    cache: bool = True
    cache_dir: str = ""

    def over(self, base: Config) -> Config:
        """These settings on top of others: what is given here wins, what is excluded or ignored adds up."""
        plain = Config()
        given = {
            name: getattr(self, name)
            for name in (one.name for one in dataclasses.fields(self))
            if getattr(self, name) != getattr(plain, name) and name != "root"
        }
        for name in ("extend_select", "ignore", "per_file_ignores", "exclude"):
            given[name] = (*getattr(base, name), *getattr(self, name))
        return dataclasses.replace(base, **given)

    def ignored_in(self, path: Path) -> tuple[str, ...]:
        """What is ignored in one file beyond ``ignore``."""
        return tuple(code for pattern, codes in self.per_file_ignores if self.fits(path, pattern) for code in codes)

    def fits(self, path: Path, *patterns: str) -> bool:
        """Whether a path is one that the patterns mean."""
        if not patterns:
            return False
        absolute = path.absolute()
        root = self.root.absolute()
        name = absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else absolute.as_posix()
        return _spec(patterns).match_file(name)


@functools.lru_cache(maxsize=256)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def nearest(path: Path) -> Config:
    """The settings for a file or folder: of the nearest folder upwards whose ``pyproject.toml`` has any.

    Raises BadConfig.
    """
    start = path.absolute()
    folders = (start, *start.parents) if start.is_dir() else start.parents
    for folder in folders:
        found = _of_folder(folder)
        if found is not None:
            return found
    return Config()


def forget() -> None:
    """Read configuration files anew from now on, as a process that lives long must."""
    _of_folder.cache_clear()


@functools.lru_cache(maxsize=4096)
def _of_folder(folder: Path) -> Config | None:
    file = folder / "pyproject.toml"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return parsed(text, file) if f"tool.{TABLE}" in text else None


def load(file: Path) -> Config:
    """The settings of a file that is named; raises BadConfig also where it cannot be read or has none."""
    try:
        found = parsed(file.read_text(encoding="utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{file}: {error}") from error
    if found is None:
        raise BadConfig(f"{file}: there is no [tool.{TABLE}]")
    return found


def parsed(text: str, file: Path) -> Config | None:
    """The settings in the text of a ``pyproject.toml``; None where it has none.  Raises BadConfig."""
    if len(text) > MAX_SIZE:
        raise BadConfig(f"{file}: too large to read: {len(text) / 1e6:.1f} MB")
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        tables = tomllib.loads(text).get("tool", {})
    except ValueError as error:  # also a number of more digits than Python reads
        raise BadConfig(f"{file}: {error}") from error
    except RecursionError as error:
        raise BadConfig(f"{file}: nested too deeply to read") from error
    table = tables.get(TABLE) if isinstance(tables, Mapping) else None
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise BadConfig(f"{file}: `tool.{TABLE}` must be a table")
    given = {key.replace("-", "_"): _value(key, value, file) for key, value in table.items()}
    return Config(root=file.parent, **given)


def _value(key: str, value: Any, file: Path) -> Any:
    read = _READERS.get(key)
    if read is None:
        near = difflib.get_close_matches(key.replace("_", "-"), _READERS, 1, 0.5)
        hint = f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(sorted(_READERS))}"
        raise BadConfig(f"{file}: `{key}` in [tool.{TABLE}] is not known{hint}")
    try:
        return read(value)
    except (TypeError, ValueError) as error:
        raise BadConfig(f"{file}: `{key}` in [tool.{TABLE}] {error}") from error


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise TypeError("must be a list of texts")
    return tuple(value)


def _by_pattern(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, Mapping):
        raise TypeError('must be a table, such as {"tests/*" = ["TUN4"]}')
    return tuple((pattern, _texts(codes)) for pattern, codes in value.items())


def _versions(value: Any) -> Specifiers:
    if isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
        return chosen(f"{name}{'' if version[:1] in '<>=!~' else '='}{version}" for name, version in value.items())
    return chosen(_texts(value))


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("must be a number of processes")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "plugins": _texts,
    "select": _texts,
    "extend-select": _texts,
    "ignore": _texts,
    "per-file-ignores": _by_pattern,
    "exclude": _texts,
    "respect-gitignore": _switch,
    "target-versions": _versions,
    "unsafe-fixes": _switch,
    "unused-noqa": _switch,
    "baseline": _text,
    "output-format": _text,
    "jobs": _count,
    "cache": _switch,
    "cache-dir": _text,
}
"""The keys, with what makes a setting of their value or raises TypeError or ValueError."""
