"""``torch.optim.lr_scheduler``."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.facts.optimization import SchedulerBuilt, SchedulerStepped
from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Site, passed
from ft_lint.syntax.written import source_of
from ft_lint.values.base import NONE, Value
from ft_lint.values.training import Optimizer, Scheduler

_KINDS = {
    "StepLR": "step_size gamma last_epoch",
    "MultiStepLR": "milestones gamma last_epoch",
    "ExponentialLR": "gamma last_epoch",
    "CosineAnnealingLR": "T_max eta_min last_epoch",
    "CosineAnnealingWarmRestarts": "T_0 T_mult eta_min last_epoch",
    "OneCycleLR": "max_lr total_steps epochs steps_per_epoch pct_start anneal_strategy",
    "CyclicLR": "base_lr max_lr step_size_up step_size_down mode gamma",
    "LambdaLR": "lr_lambda last_epoch",
    "MultiplicativeLR": "lr_lambda last_epoch",
    "ConstantLR": "factor total_iters last_epoch",
    "LinearLR": "start_factor end_factor total_iters last_epoch",
    "PolynomialLR": "total_iters power last_epoch",
    "ReduceLROnPlateau": "mode factor patience threshold threshold_mode cooldown min_lr eps",
    "SequentialLR": "schedulers milestones last_epoch",
}
"""Schedulers and what may be passed to them by place, behind the optimizer."""


def build(at: Site, kind: str, optimizer: Value, names: str, args: tuple[Value, ...], given: dict[str, Value]) -> Value:
    """A scheduler with its arguments by name."""
    at_position = dict(zip(names.split(), range(1, 20), strict=False))
    places = {
        name: place
        for name in (*at_position, *given)
        if (place := at.arguments.places.get(name) or at.arguments.places.get(at_position.get(name, -1))) is not None
    }
    arguments = dict(zip(at_position, args, strict=False)) | given
    made = Scheduler(kind, optimizer, arguments, at.node, places, at.arguments.complete)
    at.emit(SchedulerBuilt, scheduler=made)
    return made


def scheduler(kind: str, names: str) -> Callable[..., Value]:
    """The constructor of a scheduler."""

    def construct(at: Site, optimizer: Value, *args: Value, **kwargs: Value) -> Value:
        return build(at, kind, optimizer, names, args, kwargs)

    return construct


for _kind, _names in _KINDS.items():
    globals()[_kind] = scheduler(_kind, _names)


def ChainedScheduler(at: Site, schedulers: Value, optimizer: Value = NONE) -> Value:  # noqa: N802
    """``ChainedScheduler([...])``: of the optimizer that its parts drive."""
    items = items_of(at.m, schedulers)
    parts = [part for part in (items.values if items is not None else ()) if isinstance(part, Scheduler)]
    return build(at, "ChainedScheduler", parts[0].optimizer if parts else optimizer, "", (), {"schedulers": schedulers})


class LRScheduler:
    """The methods of a scheduler."""

    @staticmethod
    def step(at: Site, self: Scheduler, *args: Value, **kwargs: Value) -> Value:
        """The next learning rate."""
        given = next(iter((*args, *kwargs.values())), None)
        argument = next(iter(at.arguments.places.values()), None)
        plateau = self.kind == "ReduceLROnPlateau"
        at.emit(
            SchedulerStepped,
            scheduler=self,
            metric=given if plateau else None,
            metric_text=source_of(passed(argument)) if plateau else "",
            epoch=None if plateau else given,
            complete=is_followed(self),
        )
        return NONE

    @staticmethod
    def step_update(at: Site, self: Scheduler, *args: Value, **kwargs: Value) -> Value:
        """timm's schedulers: the rate of an update."""
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


def is_followed(self: Scheduler) -> bool:
    """Whether all steps of the optimizer are seen, and the scheduler goes through its schedule by itself."""
    moved = not self.fields.keys().isdisjoint(("last_epoch", "_step_count"))
    return isinstance(self.optimizer, Optimizer) and "escaped" not in self.optimizer.fields and not moved
