"""Names of the parameters of other libraries' callables, by the version that the table was read from.

>>> parameters("transformers.TrainingArguments").accepts("evaluation_strategy")
False
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from ft_lint.library._packed import line, pack, unpack
from ft_lint.light import dataclass

PATH = Path(__file__).with_name("argument_names.z")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a callable takes, without ``self``; ``takes_anything`` where it has ``**kwargs``.

    ``positional`` are those that may be passed by place or by name, in order.
    """

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    takes_anything: bool

    def accepts(self, name: str) -> bool:
        """Whether the callable can be called with this keyword."""
        return self.takes_anything or name in self.positional or name in self.keyword_only


@functools.cache
def parameters(path: str) -> Parameters | None:
    """The parameters of what stands at an import path, e.g. ``peft.LoraConfig``; None where the table has none."""
    found = _table()["callables"].get(path)
    return None if found is None else Parameters(tuple(found[0]), tuple(found[1]), bool(found[2]))


def paths() -> tuple[str, ...]:
    """Every callable in the table, sorted."""
    return tuple(_table()["callables"])


def version(library: str) -> str:
    """The version of a library that the table was read from; raises KeyError for one that is not in it."""
    return str(_table()["versions"][library])


def write(path: Path, versions: Mapping[str, str], found: Mapping[str, Parameters]) -> int:
    """Write the parameters of callables by their import path; gives the file's size in bytes."""
    callables = {name: [one.positional, one.keyword_only, one.takes_anything] for name, one in sorted(found.items())}
    return path.write_bytes(pack([line({"versions": dict(versions), "callables": callables})]))


@functools.cache
def _table() -> Mapping[str, dict[str, list[list[str]]]]:
    table: Mapping[str, dict[str, list[list[str]]]] = json.loads(unpack(PATH.read_bytes())[0])
    return table
