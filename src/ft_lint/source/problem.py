"""What kept a file, or one rule on a file, from being checked."""

from __future__ import annotations

import enum

from ft_lint.light import dataclass


class Fault(enum.Enum):
    """Whose fault a problem is, which decides the exit code."""

    INPUT = "input"
    """The file is not Python that can be read: counts like a finding (exit code 1)."""
    USE = "use"
    """The path does not exist or may not be read: exit code 2."""
    INTERNAL = "internal"
    """ft_lint itself failed: exit code 2."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One clear line about what could not be checked.

    ``line`` and ``column`` count from 1; 0 where the problem has no place in the file.  ``cell`` is that of a notebook.
    """

    path: str
    message: str
    fault: Fault
    line: int = 0
    column: int = 0
    cell: int = 0
