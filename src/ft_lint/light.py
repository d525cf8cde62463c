"""Dataclasses for what is made by the thousand, or declared by the dozen: facts, values, the record of a run.

Type checkers see ``dataclasses.dataclass`` with all its arguments, so that they hold what is frozen to be so.  At
runtime nobody asks: a frozen dataclass takes four times as long to make, and its class to declare.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True, kw_only: bool = False) -> Any:
        """``dataclasses.dataclass``, frozen for the type checker alone."""

        def made(cls: type) -> type:
            hashed = eq and frozen
            found = dataclasses.dataclass(slots=slots, eq=eq, unsafe_hash=hashed, kw_only=kw_only, repr=False)(cls)
            if found.__repr__ is object.__repr__:
                found.__repr__ = _shown
            return found

        return made


def _shown(self: Any) -> str:
    """The class and its fields, as a dataclass shows itself."""
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"
