"""The versions of libraries that a script is written for."""

from __future__ import annotations

from ft_lint.light import dataclass


@dataclass(frozen=True, slots=True)
class Targets:
    """The versions that a script is written for: library and what its project admits (``>=4.46,<5``).

    Of a library that is not named the newest known release counts.
    """

    specifiers: tuple[tuple[str, str], ...] = ()

    def of(self, library: str) -> str:
        """What the project admits; "" where nothing is said."""
        return dict(self.specifiers).get(library, "")
