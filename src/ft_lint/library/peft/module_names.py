"""What the parts of a model of transformers are called, now and before version 5: what ``target_modules`` can name.

``python -m ft_lint.verify.harvest module_names`` reads the table off transformers' source: every attribute that a model
type's modules set on themselves, so more names than any one of its models has.

>>> names("vit").knows("query"), names("vit").knew("query"), names("bert").knows("query")
(False, True, True)
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from ft_lint.library._packed import line, pack, unpack
from ft_lint.light import dataclass

PATH = Path(__file__).with_name("module_names.z")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one model type: ``now``, and those that it had in version 4 and has no more (``former``)."""

    now: frozenset[str]
    former: frozenset[str]

    def knows(self, name: str) -> bool:
        """Whether a part may be called so."""
        return name in self.now

    def knew(self, name: str) -> bool:
        """Whether a part may have been called so before version 5, and none is now."""
        return name in self.former


@functools.cache
def names(model_type: str) -> Names | None:
    """The names of a model type; None where it is not in the table, as those that are put together from others."""
    found = _table()["names"].get(model_type)
    return None if found is None else Names(frozenset(found[0]), frozenset(found[1]))


def versions() -> tuple[str, str]:
    """The transformers that the names and the former names were read from."""
    now, former = _table()["versions"]["now"][0][0], _table()["versions"]["former"][0][0]
    return now, former


def write(path: Path, now: str, former: str, found: Mapping[str, tuple[set[str], set[str]]]) -> int:
    """Write names and former names by model type; gives the file's size in bytes."""
    kept = {kind: [sorted(new), sorted(old)] for kind, (new, old) in sorted(found.items())}
    return path.write_bytes(pack([line({"versions": {"now": [[now]], "former": [[former]]}, "names": kept})]))


@functools.cache
def _table() -> Mapping[str, dict[str, list[list[str]]]]:
    table: Mapping[str, dict[str, list[list[str]]]] = json.loads(unpack(PATH.read_bytes())[0])
    return table
