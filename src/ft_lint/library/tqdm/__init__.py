"""``tqdm``: a progress bar gives what it is put around."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value


def tqdm(at: Site, iterable: Value = NONE, *args: Value, **kwargs: Value) -> Value:
    """``tqdm(loader)``."""
    return iterable


def trange(at: Site, *bounds: Value, **kwargs: Value) -> Value:
    """``trange(n)``."""
    from ft_lint.library.builtins import range_

    return range_(at, *bounds)
