"""``sklearn.metrics``: scores, which are numbers where no average is left out."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Constant, UnknownNumber, Value, is_none


def _score(at: Site, y_true: Value, y_pred: Value, **settings: Value) -> Value:
    """A number; one for each class with ``average=None``."""
    if is_none(settings.get("average", Constant(""))) or "normalize" in settings or not at.arguments.complete:
        return at.unknown("several scores", y_true, y_pred)
    return UnknownNumber("a score", (y_true, y_pred))


accuracy_score = balanced_accuracy_score = f1_score = precision_score = recall_score = _score
matthews_corrcoef = mean_absolute_error = mean_squared_error = r2_score = cohen_kappa_score = _score
