"""``timm.scheduler``: schedulers that are told the epoch (``step``) or the update (``step_update``) each time."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.containers import Tuple
from ft_lint.values.training import Scheduler

KIND = "timm"


def _scheduler(at: Site, optimizer: Value, *args: Value, **kwargs: Value) -> Value:
    """A scheduler over the optimizer's own rate."""
    return Scheduler(KIND, optimizer, kwargs, at.node)


def _created(of_first: bool) -> Callable[..., Value]:
    """``create_scheduler(args, optimizer)``, ``create_scheduler_v2(optimizer, ...)``: it, and the number of epochs."""

    def construct(at: Site, first: Value, second: Value | None = None, **kwargs: Value) -> Value:
        optimizer = first if of_first or second is None else second
        return Tuple((_scheduler(at, optimizer), at.unknown("a number of epochs")))

    return construct


CosineLRScheduler = StepLRScheduler = MultiStepLRScheduler = PlateauLRScheduler = _scheduler
PolyLRScheduler = TanhLRScheduler = _scheduler
create_scheduler, create_scheduler_v2 = _created(of_first=False), _created(of_first=True)
