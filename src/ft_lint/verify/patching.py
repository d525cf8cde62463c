"""Replace an attribute for a while, and put back exactly what was there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, name: str, wrap: Callable[[Any], Any]) -> Iterator[None]:
    """``owner.name`` is ``wrap(what it was)`` inside the block; an inherited attribute is shadowed meanwhile."""
    own = name in vars(owner)
    raw = vars(owner)[name] if own else None
    setattr(owner, name, wrap(getattr(owner, name)))
    try:
        yield
    finally:
        if own:
            setattr(owner, name, raw)
        else:
            delattr(owner, name)
