"""What an editor offers at a place: fixes, a comment that silences, and all safe fixes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ft_lint.examine import UNUSED
from ft_lint.fix import mended
from ft_lint.rule import Applicability, Finding
from ft_lint.server.documents import Source
from ft_lint.server.knowledge import Found, mended_safely
from ft_lint.source.noqa import with_noqa

QUICK_FIX = "quickfix"
FIX_ALL = "source.fixAll.ft-lint"


@dataclass(frozen=True, slots=True)
class Action:
    """An offer: its title, its kind in the protocol, and the original of the program once it is taken.

    ``preferred``: what an editor may do without asking.  ``finding``: what it is about, if it is one.
    """

    title: str
    kind: str
    original: str
    preferred: bool = False
    finding: Finding | None = None


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether an editor that asks for some kinds means this one: kinds are paths with dots."""
    return not only or any(kind == one or kind.startswith(f"{one}.") for one in only)


def offered(found: Found, at: Sequence[Finding], only: Sequence[str] | None) -> Iterator[Action]:
    """What can be done about the findings ``at`` a place; nothing while the text is broken.

    All safe fixes at once are offered there too, and anywhere to an editor that asks for them.
    """
    if found.broken:
        return
    if wanted(QUICK_FIX, only):
        yield from (action for one in at for action in _fix(found.source, one))
        yield from (_silence(found.source, one) for one in at if one.code != UNUSED)
    if wanted(FIX_ALL, only) and (at or only) and any(map(_is_safe, found.findings)):
        new = mended_safely(found)
        if new != found.source.original:
            yield Action("Mend all that can be mended safely (ft_lint)", FIX_ALL, new)


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.SAFE


def _fix(source: Source, finding: Finding) -> Iterator[Action]:
    if finding.fix is None:
        return
    new = mended(source.original, [finding.fix])
    if new != source.original:
        safe = _is_safe(finding)
        note = "" if safe else ", unsafe: see that it is what you meant"
        title = f"{finding.fix.title[:1].upper()}{finding.fix.title[1:]} ({finding.code}{note})"
        yield Action(title, QUICK_FIX, new, safe, finding)


def _silence(source: Source, finding: Finding) -> Action:
    """The comment, written on the line as Python reads it: what IPython alone understands may be no tokens at all."""
    before, after = (text.split("\n") for text in (source.program, with_noqa(source.program, [finding])))
    lines = zip(source.original.split("\n"), before, after, strict=True)
    new = "\n".join(old if was == now else now for old, was, now in lines)
    return Action(f"Silence {finding.code} here with `# noqa`", QUICK_FIX, new, False, finding)
