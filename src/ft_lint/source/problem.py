"""What kept a file, or one rule on a file, from being checked."""

from __future__ import annotations

import enum
import re
import sys

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


_FORMATTED = re.compile(r"\b[fF][rR]?['\"]|\b[rR][fF]['\"]")
_TYPED = re.compile(r"\s*((async\s+)?def|class)\s+\w+\s*\[|\s*type\s+\w+(\[.*\])?\s*=")


def syntax_error(error: SyntaxError) -> str:
    """What Python's parser says, in one line; where newer ones take more (PEP 695, 701), that is said too."""
    message, line = error.msg.partition("; use sys.")[0], error.text or ""
    torn = message.startswith("unterminated string literal") and _FORMATTED.search(line)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info >= (3, 12):
        return f"syntax error: {message}"
    if message.startswith("f-string") or torn:
        message += f" (Python 3.12 takes more in f-strings than {here} does)"
    elif _TYPED.match(line):
        message += f" (Python 3.12 has type parameters and `type`, {here} has not)"
    return f"syntax error: {message}"
