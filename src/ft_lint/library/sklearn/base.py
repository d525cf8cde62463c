"""``sklearn.base``: what transformers make of arrays."""

from __future__ import annotations

from ft_lint.library.site import Site, undivided
from ft_lint.values.array import Estimator, array, as_array
from ft_lint.values.base import NONE, Unknown, Value
from ft_lint.values.shape import unknown_dim

SCALERS = "StandardScaler MinMaxScaler RobustScaler MaxAbsScaler QuantileTransformer PowerTransformer".split()
"""Transformers that keep the size of a table, which an array of one dimension is not."""


class TransformerMixin:
    """The methods of a transformer."""

    @staticmethod
    @undivided
    def fit(at: Site, self: Value, *args: Value, **settings: Value) -> Value:
        """``fit(x)``: itself."""
        return self

    @staticmethod
    @undivided
    def transform(at: Site, self: Value, X: Value = NONE, *args: Value, **settings: Value) -> Value:  # noqa: N803
        """``transform(x)``: two dimensions of a scaler, one of an encoder of labels."""
        known = as_array(X)
        if not isinstance(self, Estimator):
            return at.unknown("a transformer of the script's own")
        if self.why == "LabelEncoder":
            return array((known.shape[0] if known is not None else unknown_dim(),), "int64", True)
        if known is None:
            return _as_it_is(at, X)
        return array((known.shape[0], unknown_dim()), None, True) if len(known.shape) == 2 else _as_it_is(at, X)

    fit_transform = transform


def _as_it_is(at: Site, given: Value) -> Unknown:
    """Of what we do not know the result may be sparse."""
    return at.unknown("what a transformer gives")
