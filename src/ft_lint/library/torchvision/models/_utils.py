"""``torchvision.models._utils``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Constant, Value, is_none, number


def _make_divisible(at: Site, v: Value, divisor: Value, min_value: Value = NONE) -> Value:
    """The multiple of ``divisor`` that is nearest to ``v``, not below 0.9 of it (torchvision/models/_utils.py)."""
    size, step = number(v), number(divisor)
    if size is None or step is None or not step:
        return at.unknown("a number that we do not know")
    least = step if is_none(min_value) else number(min_value) or step
    found = max(least, int(size + step / 2) // step * step)
    return Constant(found + step if found < 0.9 * size else found)
