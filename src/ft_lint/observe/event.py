"""Something that happened in a real run, and where in the script it did."""

from __future__ import annotations

from ft_lint.light import dataclass

Shape = tuple[int, ...]
Span = tuple[int, int]
"""First and last line of an expression of the script, both inclusive, counted from 1."""


class Placed:
    """What happened while ``places`` of the script ran: its expressions, innermost frame first."""

    __slots__ = ()
    places: tuple[Span, ...]

    @property
    def line(self) -> int:
        """The first line of the innermost running expression, 0 when no frame of the script was running."""
        return self.places[0][0] if self.places else 0

    def at(self, line: int) -> bool:
        """Whether an expression that covers ``line`` was running, in any frame of the script."""
        return any(first <= line <= last for first, last in self.places)

    def directly_at(self, line: int) -> bool:
        """Whether an expression that covers ``line`` was running in the innermost frame of the script."""
        return bool(self.places) and self.places[0][0] <= line <= self.places[0][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Placed):
    """Something that happened.  ``places`` are the running expressions of the script, innermost frame first."""

    order: int
    places: tuple[Span, ...] = ()
