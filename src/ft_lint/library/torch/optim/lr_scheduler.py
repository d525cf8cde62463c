"""``torch.optim.lr_scheduler``."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.facts import SchedulerBuilt
from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value
from ft_lint.values.training import Scheduler

_KINDS = """StepLR MultiStepLR ExponentialLR CosineAnnealingLR CosineAnnealingWarmRestarts OneCycleLR CyclicLR LambdaLR
MultiplicativeLR ConstantLR LinearLR PolynomialLR ReduceLROnPlateau SequentialLR ChainedScheduler""".split()


def scheduler(kind: str) -> Callable[..., Value]:
    """The constructor of a scheduler."""

    def build(at: Site, optimizer: Value, *args: Value, **kwargs: Value) -> Value:
        made = Scheduler(kind, optimizer, {str(i): v for i, v in enumerate(args)} | kwargs, at.node)
        at.emit(SchedulerBuilt, scheduler=made)
        return made

    return build


for _kind in _KINDS:
    globals()[_kind] = scheduler(_kind)


class LRScheduler:
    """The methods of a scheduler."""

    @staticmethod
    def step(at: Site, self: Scheduler, *args: Value, **kwargs: Value) -> Value:
        """The next learning rate."""
        return NONE

    @staticmethod
    def get_last_lr(at: Site, self: Scheduler) -> Value:
        """The present rates."""
        return at.unknown("a learning rate")

    get_lr = state_dict = get_last_lr

    @staticmethod
    def load_state_dict(at: Site, self: Scheduler, state_dict: Value) -> Value:
        """Restores state."""
        return NONE
