"""Whether a script has to do with a framework: by an import of its own, or by what it imports from its project.

``main.py`` is often but a few lines: what trains stands in the modules that it imports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_lint.light import dataclass
from ft_lint.source.relevance import imports_framework, mentions_framework
from ft_lint.source.siblings import Asked, Followed, Siblings, read_sibling

MOST_ASKED = 40
"""Imports that are looked into for one script."""

_MAIN = b"__main__"
_IMPORT = re.compile(r"^(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t(]+([^#\n]*)|import[ \t]+([\w., \t]+))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lead:
    """Whether there is a framework at the end, and the imports on which that hangs."""

    found: bool
    followed: tuple[Followed, ...] = ()


def may_lead(data: bytes, *, follow: bool) -> bool:
    """Whether a file may have to do with a framework; where imports are followed, each that has a main part may."""
    return mentions_framework(data) or (follow and _MAIN in data)


def lead(text: str, siblings: Siblings | None) -> Lead:
    """Whether a source imports a framework, or has a main part and imports a module of its project that does so."""
    if imports_framework(text):
        return Lead(True)
    if siblings is None or _MAIN.decode() not in text:
        return Lead(False)
    asked = list(_imports(text, siblings.script))
    followed: dict[Asked, Followed] = {}
    while asked and len(followed) < MOST_ASKED:
        one = asked.pop(0)
        if one in followed:
            continue
        path = siblings.find(one) or ""
        held = read_sibling(path) if path else None
        followed[one] = Followed(one, path, held.content if held is not None else "")
        if held is None or held.text is None:
            continue
        if imports_framework(held.text):
            return Lead(True)
        asked += _imports(held.text, path)
    return Lead(False, tuple(followed.values()))


def _imports(text: str, asker: str) -> Iterator[Asked]:
    """The modules that the imports at the left margin may name."""
    for dots, module, names, plain in _IMPORT.findall(text):
        if plain:
            yield from (Asked(asker, words[0]) for one in plain.split(",") if (words := one.split()))
            continue
        if module:
            yield Asked(asker, module, len(dots))
        for name in re.findall(r"(\w+)(?:\s+as\s+\w+)?", names):
            yield Asked(asker, f"{module}.{name}".strip("."), len(dots))
