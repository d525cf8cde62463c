"""``lightning.pytorch.callbacks``: those that act on the best value of a metric."""

from __future__ import annotations

from ft_lint.facts.optimization import MetricMonitored
from ft_lint.library.lightning import DISTRIBUTIONS
from ft_lint.library.releases import may_be_since
from ft_lint.library.site import Site
from ft_lint.values.base import FALSE, NONE, Constant, Value, integer, text
from ft_lint.values.callables import Instance

MIN = Constant("min")
ONE = Constant(1)
_BEFORE_MIN = frozenset(("filepath", "period", "prefix"))
"""Arguments of a Lightning before 1.3, where ``mode`` was "auto" by default: "acc" in the name meant max."""
SPELT = {"min": 'mode="min"', "max": 'mode="max"'}


class EarlyStopping:
    """``EarlyStopping``."""

    @staticmethod
    def construct(
        at: Site,
        monitor: Value = NONE,
        min_delta: Value = NONE,
        patience: Value = NONE,
        verbose: Value = FALSE,
        mode: Value = MIN,
        **settings: Value,
    ) -> Value:
        """``EarlyStopping(monitor, mode="min")``."""
        _note(at, "EarlyStopping", monitor, mode)
        return Instance("lightning.callbacks.EarlyStopping", node=at.node)


class ModelCheckpoint:
    """``ModelCheckpoint``."""

    @staticmethod
    def construct(
        at: Site,
        dirpath: Value = NONE,
        filename: Value = NONE,
        monitor: Value = NONE,
        *,
        save_top_k: Value = ONE,
        mode: Value = MIN,
        **settings: Value,
    ) -> Value:
        """``ModelCheckpoint(monitor=..., mode="min")``; one that keeps all checkpoints or none needs no mode."""
        is_old = not _BEFORE_MIN.isdisjoint(settings)
        if (integer(save_top_k) or 0) > 0 and not (is_old and mode is MIN):
            _note(at, "ModelCheckpoint", monitor, mode)
        return Instance("lightning.callbacks.ModelCheckpoint", node=at.node)


def _note(at: Site, kind: str, monitor: Value, mode: Value) -> None:
    if mode is MIN and not all(may_be_since(name, "1.3", at.m.facts.targets) for name in DISTRIBUTIONS):
        return
    metric, direction = text(monitor), text(mode)
    if metric and direction and at.arguments.complete:
        at.emit(MetricMonitored, kind=kind, metric=metric, mode=direction, spelt=SPELT)
