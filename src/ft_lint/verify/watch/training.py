"""Optimizers and gradients: built, zeroed, back-propagated, stepped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.watch.gradients import SCALE


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``Optimizer``, ``Tensor.backward`` and ``zero_grad``."""
    steps = _Steps(recorder)
    handles = [
        register_optimizer_step_pre_hook(steps.begin),
        register_optimizer_step_post_hook(steps.end),
    ]
    with (
        replaced(Optimizer, "__init__", _recording_init(recorder)),
        replaced(Optimizer, "add_param_group", _recording_add(recorder)),
        replaced(Optimizer, "zero_grad", _recording_zero_grad(recorder, _optimized)),
        replaced(nn.Module, "zero_grad", _recording_zero_grad(recorder, lambda module: list(module.parameters()))),
        replaced(torch.Tensor, "backward", _recording_backward(recorder)),
    ):
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _optimized(optimizer: Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _group(recorder: Recorder, optimizer: Optimizer, group: dict[str, Any]) -> observe.Group:
    for parameter in group["params"]:
        tally = recorder.tally(parameter)
        tally.optimizers.add(recorder.things(optimizer))
        if tally.origin and tally.first_values is None:
            with recorder.quietly():
                tally.first_values = parameter.detach().clone()
    return observe.Group(
        lr=float(group.get("lr") or 0.0),
        momentum=float(group.get("momentum") or 0.0),
        parameters=tuple(recorder.parameters(p) for p in group["params"]),
        weight_decay=float(group.get("weight_decay") or 0.0),
        unknown=tuple(
            (key, float(value) if isinstance(value, int | float) else math.nan)
            for key, value in group.items()
            if key != "params" and key not in optimizer.defaults
        ),
    )


def _recording_init(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Optimizer, *args: Any, **kwargs: Any) -> None:
            with _building(self):
                original(self, *args, **kwargs)
            recorder.write(
                observe.OptimizerBuilt,
                optimizer=recorder.things(self),
                kind=type(self).__name__,
                groups=tuple(_group(recorder, self, group) for group in self.param_groups),
            )

        return init

    return wrap


_being_built: set[int] = set()


@contextmanager
def _building(optimizer: Optimizer) -> Iterator[None]:
    """An optimizer adds its first groups itself; they belong to its building."""
    _being_built.add(id(optimizer))
    try:
        yield
    finally:
        _being_built.discard(id(optimizer))


def _recording_add(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def add_param_group(self: Optimizer, param_group: dict[str, Any]) -> None:
            original(self, param_group)
            if id(self) not in _being_built:
                group = _group(recorder, self, self.param_groups[-1])
                recorder.write(observe.GroupAdded, optimizer=recorder.things(self), group=group)

        return add_param_group

    return wrap


def _has_gradient(parameter: Tensor) -> bool:
    return parameter.grad is not None and bool(parameter.grad.count_nonzero())


def _recording_zero_grad(recorder: Recorder, held: Callable[[Any], list[Tensor]]) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def zero_grad(self: Any, *args: Any, **kwargs: Any) -> Any:
            with recorder.quietly():
                full = [p for p in held(self) if _has_gradient(p)]
            answer = original(self, *args, **kwargs)
            recorder.write(
                observe.GradientsZeroed,
                cleared=tuple(recorder.parameters(p) for p in full),
                unused=tuple(recorder.parameters(p) for p in full if recorder.tally(p).unused_since == p._version),
            )
            for parameter in full:
                recorder.tally(parameter).unused_since = None
            return answer

        return zero_grad

    return wrap


def _mark(parameter: Tensor) -> tuple[int, int] | None:
    """Changes whenever autograd writes to ``.grad``, in place or not."""
    return None if parameter.grad is None else (parameter.grad.data_ptr(), parameter.grad._version)


def _recording_backward(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def backward(self: Tensor, *args: Any, **kwargs: Any) -> Any:
            with recorder.quietly():
                before = [(p, _mark(p), _has_gradient(p)) for _, p in recorder.parameters.things()]
            answer = original(self, *args, **kwargs)
            reached = [(p, full) for p, mark, full in before if _mark(p) != mark]
            stepped = [p for p, full in reached if full and recorder.tally(p).unused_since is None]
            recorder.write(
                observe.BackwardCalled,
                reached=tuple(recorder.parameters(p) for p, _ in reached),
                onto_stepped=tuple(recorder.parameters(p) for p in stepped if recorder.tally(p).optimizers),
                scale=getattr(self, SCALE, 1.0),
                value=float(self.detach()) / getattr(self, SCALE, 1.0) if self.numel() == 1 else None,
            )
            for parameter, _ in reached:
                recorder.tally(parameter).gradients += 1
                recorder.tally(parameter).unused_since = parameter._version
            return answer

        return backward

    return wrap


class _Steps:
    """Steps that are under way: the weights as they were before."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.before: dict[int, tuple[list[Tensor], tuple[float, ...], bool]] = {}

    def begin(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        """A step is about to be made."""
        with self.recorder.quietly():
            weights = [p.detach().clone() for p in _optimized(optimizer)]
            rates = tuple(float(group.get("lr") or 0.0) for group in optimizer.param_groups)
            self.before[id(optimizer)] = weights, rates, any(optimizer.state.values())

    def end(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        """A step was made."""
        recorder = self.recorder
        parameters = _optimized(optimizer)
        with recorder.quietly():
            before, rates, remembers = self.before.pop(id(optimizer))
            moves = {
                recorder.parameters(p): _relative(p - old, old)
                for p, old in zip(parameters, before, strict=True)
                if not torch.equal(p, old)
            }
            known = [
                (p, old) for p, old in zip(parameters, before, strict=True) if recorder.tally(p).origin and p.ndim > 1
            ]
            move, drift = self._pretrained(known)
            stepped_on = [p for p in parameters if p.grad is not None]
            gradients = [p.grad.to_dense().float() for p in stepped_on if p.grad is not None]
            norm = float(torch.stack([g.norm() for g in gradients]).norm()) if gradients else 0.0
            largest = max((float(g.abs().max()) for g in gradients if g.numel()), default=0.0)
        recorder.write(
            observe.Stepped,
            optimizer=recorder.things(optimizer),
            with_gradient=tuple(recorder.parameters(p) for p in stepped_on),
            moves=moves,
            pretrained_move=move,
            pretrained_drift=drift,
            norm=norm,
            largest=largest,
            lrs=rates,
            remembers=remembers,
            keeps=any(optimizer.state.values()),
        )
        for number, relative in moves.items():
            recorder.tallies[number].steps_moved += 1
            recorder.tallies[number].travelled += relative
        for parameter in stepped_on:
            recorder.tally(parameter).unused_since = None

    def _pretrained(self, known: list[tuple[Tensor, Tensor]]) -> tuple[float, float]:
        """Relative move of the median pretrained matrix in this step, and its distance from the first values."""
        if not known:
            return 0.0, 0.0
        starts = [self.recorder.tally(p).first_values for p, _ in known]
        move = median(_relative(p - old, old) for p, old in known)
        drift = median(
            _relative(p - start, start) for (p, _), start in zip(known, starts, strict=True) if start is not None
        )
        return move, drift


def _relative(move: Tensor, start: Tensor) -> float:
    """``||move|| / ||start||``; a move away from all zeros counts as 1."""
    size = float(start.norm())
    return float(move.norm()) / size if size else 1.0
