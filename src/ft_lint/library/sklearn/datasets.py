"""``sklearn.datasets``: the made ones, which are arrays: rows of features, and a label or a number for each."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.library.site import Site, dim_of, undivided
from ft_lint.values.array import Bunch, array, is_number
from ft_lint.values.base import FALSE, NONE, Constant, Value, integer, is_none, truth
from ft_lint.values.containers import Tuple
from ft_lint.values.shape import unknown_dim

_HUNDRED = Constant(100)


def _maker(features: int, dtype: str, *settings_of_shape: str) -> Callable[..., Value]:
    """A function that makes so many samples with so many features, unless something else is asked for."""

    @undivided
    def make(
        at: Site,
        n_samples: Value = _HUNDRED,
        n_features: Value = NONE,
        *args: Value,
        **settings: Value,
    ) -> Value:
        if not at.arguments.complete or any(name in settings for name in settings_of_shape) or len(args) > 1:
            return at.unknown("made data")
        rows = dim_of(n_samples) if is_number(n_samples) else unknown_dim()
        width = features if is_none(n_features) else dim_of(n_features)
        return Tuple((array((rows, width), "float64", True), array((rows,), dtype, True)))

    return make


make_regression = _maker(100, "float64", "n_targets", "coef")
make_classification = _maker(20, "int64", "return_X_y")


@undivided
def make_moons(at: Site, n_samples: Value = _HUNDRED, **settings: Value) -> Value:
    """``make_moons`` and ``make_circles``: points in a plane."""
    rows = dim_of(n_samples) if integer(n_samples) is not None else unknown_dim()
    return Tuple((array((rows, 2), "float64", True), array((rows,), "int64", True)))


make_circles = make_moons


@undivided
def load_diabetes(at: Site, *args: Value, as_frame: Value = FALSE, **settings: Value) -> Value:
    """A data set of a number, or a class, for each row."""
    pair = truth(settings.get("return_X_y", FALSE))
    if args or pair is None or truth(as_frame) is not False or not at.arguments.complete:
        return at.unknown("a data set")
    rows = unknown_dim()
    data, target = array((rows, unknown_dim()), None, True), array((rows,), None, True)
    return Tuple((data, target)) if pair else Bunch("a data set", parts={"data": data, "target": target})


load_boston = load_breast_cancer = load_iris = load_wine = load_digits = fetch_california_housing = load_diabetes
