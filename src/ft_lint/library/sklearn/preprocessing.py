"""``sklearn.preprocessing``: scalers, and the encoder of labels."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.library.site import Site, undivided
from ft_lint.library.sklearn.base import SCALERS
from ft_lint.values.array import Estimator
from ft_lint.values.base import Value


def _made(name: str) -> Callable[..., Value]:
    @undivided
    def construct(at: Site, *args: Value, **settings: Value) -> Value:
        return Estimator(name)

    return construct


for _name in (*SCALERS, "LabelEncoder"):
    globals()[_name] = _made(_name)
