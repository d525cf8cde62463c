"""The other files of the project that a script runs."""

from __future__ import annotations

from ft_lint.light import dataclass
from ft_lint.syntax.parse import Parsed


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read: what tells its content from others, and its tree; None where it is no Python."""

    content: str
    parsed: Parsed | None
