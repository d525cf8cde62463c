"""Hold what the interpreter derived against what torch had, name by name and line by line.

The static side gives :class:`Derived`; the run has :class:`~ft_lint.observe.Seen` for the names that a statement
mentions, right after each time it ran.  A derived fact that the run never reached is no disagreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ft_lint.observe import Run, Seen
from ft_lint.verify.verdicts import Question, Verdict


@dataclass(frozen=True)
class Derived:
    """After the statement on ``line``, the fact ``kind`` of ``name`` is one of ``values``.

    Kinds are those of :class:`~ft_lint.observe.Seen`.  In a shape, None stands for a size that is not known.
    ``trainable`` and ``optimized`` are dotted parameter names.  Several values stand for several passes or ways.
    """

    line: int
    kind: str
    name: str
    values: tuple[object, ...]


def agreement(fixture: Path, derived: Iterable[Derived], run: Run) -> Iterator[Verdict]:
    """One verdict for each derived fact that the run reached."""
    for fact in derived:
        seen = [s for s in run.seen_at(fact.line) if (s.kind, s.name) == (fact.kind, fact.name)]
        wrong = [s for s in seen if not any(_agrees(value, s, run) for value in fact.values)]
        if seen:
            told = f"{fact.name} {fact.kind} derived as {' or '.join(map(str, fact.values))}"
            why = f"{told}, torch has {wrong[0].value}" if wrong else told
            yield Verdict(Question.AGREEMENT, fixture, fact.line, fact.kind, not wrong, why)


def _agrees(value: object, seen: Seen, run: Run) -> bool:
    if seen.kind == "shape" and isinstance(value, tuple) and isinstance(seen.value, tuple):
        return len(value) == len(seen.value) and all(
            a is None or a == b for a, b in zip(value, seen.value, strict=True)
        )
    if seen.kind == "trainable" and isinstance(value, Iterable) and isinstance(seen.value, tuple):
        return set(value) == {str(name).replace("_orig_mod.", "") for name in seen.value}  # torch.compile's wrapper
    if seen.kind == "optimized" and isinstance(value, Iterable) and isinstance(seen.value, tuple):
        names, held = list(value), run.of_ids(seen.value)
        named = [parameter for parameter in held if parameter.names]  # what was replaced has no name at the end
        return len(names) == len(held) and all(_is_named(parameter.names, names) for parameter in named)
    return value == seen.value


def _is_named(own: Iterable[str], derived: Iterable[str]) -> bool:
    """Whether one of the names is among the derived ones, as it is or below a root that is gone by now."""
    plain = [name.replace("_orig_mod.", "") for name in own]
    ends = tuple(f".{name}" for name in plain)
    return any(name in plain or name.endswith(ends) for name in derived)
