"""Learning-rate schedulers: built and stepped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

_LENGTHS = ("total_steps", "total_size", "T_max", "total_iters", "step_size", "T_0")
"""Where torch's schedulers keep how many steps they are made for."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to every scheduler class of torch that has an ``__init__`` or a ``step`` of its own."""
    found = [one for one in vars(lr_scheduler).values() if isinstance(one, type) and issubclass(one, LRScheduler)]
    kinds = list(dict.fromkeys(found))
    building: set[int] = set()
    with ExitStack() as stack:
        for kind in kinds:
            if "__init__" in vars(kind):
                stack.enter_context(replaced(kind, "__init__", _recording_init(recorder, building)))
            if "step" in vars(kind):
                stack.enter_context(replaced(kind, "step", _recording_step(recorder, building)))
        yield


def _recording_init(recorder: Recorder, building: set[int]) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            if id(self) in building:
                original(self, *args, **kwargs)
                return
            building.add(id(self))
            try:
                original(self, *args, **kwargs)
            finally:
                building.discard(id(self))
            mode = self.mode if isinstance(self, ReduceLROnPlateau) else ""
            recorder.write(observe.SchedulerBuilt, planned=_planned(self), mode=mode, **_state(recorder, self))

        return init

    return wrap


def _recording_step(recorder: Recorder, building: set[int]) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def step(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if id(self) in building:
                return
            metric = next(iter((*args, *kwargs.values())), None) if isinstance(self, ReduceLROnPlateau) else None
            recorder.write(
                observe.SchedulerStepped,
                position=int(self.last_epoch),
                planned=_planned(self),
                metric=None if metric is None else float(metric),
                **_state(recorder, self),
            )

        return step

    return wrap


def _state(recorder: Recorder, scheduler: Any) -> dict[str, Any]:
    optimizer = scheduler.optimizer
    return {
        "scheduler": recorder.things(scheduler),
        "optimizer": recorder.things(optimizer),
        "kind": type(scheduler).__name__,
        "lrs": tuple(float(group["lr"]) for group in optimizer.param_groups),
    }


def _planned(scheduler: Any) -> int | None:
    """How many steps the schedule is made for, where it says so."""
    for name in _LENGTHS:
        if isinstance(found := getattr(scheduler, name, None), int | float):
            return int(found)
    if isinstance(scheduler, lr_scheduler.MultiStepLR):
        return max(scheduler.milestones, default=None)
    rules = getattr(scheduler, "lr_lambdas", ())
    given = [getattr(rule, "keywords", {}).get("num_training_steps") for rule in rules]
    return next((int(one) for one in given if one is not None), None)
