"""``math``: constants and functions of numbers."""

from __future__ import annotations

import math as python
from collections.abc import Callable
from typing import Any

from ft_lint.library.site import Site
from ft_lint.values.array import is_number
from ft_lint.values.base import Constant, UnknownNumber, Value, number


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Value]:
    def run(at: Site, *args: Value) -> Value:
        plain = [number(value) for value in args]
        if None in plain:
            numbers = all(is_number(value) for value in args)
            made = at.unknown("a function of something unknown", *args)
            return UnknownNumber(made.why) if numbers else made
        try:
            return Constant(function(*plain))
        except (ValueError, OverflowError, TypeError):
            return at.unknown("a function that Python refuses")

    return run


ceil, floor, sqrt, log, exp = (_of_numbers(f) for f in (python.ceil, python.floor, python.sqrt, python.log, python.exp))
