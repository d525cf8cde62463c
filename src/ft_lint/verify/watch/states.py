"""State dicts: taken, kept, loaded and saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from types import MethodType
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.watch.modules import tensors

__all__ = ["PRETRAINED", "watch"]

PRETRAINED = "ft_lint_pretrained"
"""Attribute of a tensor that holds stand-in weights: the name of its origin."""


INITIALISERS = (
    "uniform_ normal_ trunc_normal_ constant_ ones_ zeros_ xavier_uniform_ xavier_normal_ kaiming_uniform_ "
    "kaiming_normal_ orthogonal_"
).split()


@dataclass
class _Taken:
    """One tensor of a state dict: which dict, and what it held when the dict was taken."""

    state: int
    values: Tensor


class _States:
    """Tensors that state dicts gave out, as long as the script keeps them."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.count = 0
        self.kept: dict[int, tuple[ref[Tensor], _Taken]] = {}

    def take(self, module: nn.Module, state: dict[str, Any]) -> None:
        """A state dict was given out."""
        self.count += 1
        with self.recorder.quietly():
            for tensor in tensors(state):
                number = id(tensor)
                self.kept[number] = (
                    ref(tensor, partial(self._drop, number)),
                    _Taken(self.count, tensor.detach().clone()),
                )
        self.recorder.write(observe.StateDictTaken, module=self.recorder.modules(module), state=self.count)

    def _drop(self, number: int, _dead: ref[Tensor]) -> None:
        self.kept.pop(number, None)

    def use(self, how: str, value: Any) -> None:
        """Something was loaded or saved that may hold tensors of state dicts."""
        with self.recorder.quietly():
            changed: dict[int, float] = {}
            for tensor in tensors(value):
                known, taken = self.kept.get(id(tensor), (None, None))
                if known is not None and taken is not None and known() is tensor and tensor.is_floating_point():
                    difference = float((tensor - taken.values).norm()) / (float(taken.values.norm()) or 1.0)
                    changed[taken.state] = max(changed.get(taken.state, 0.0), difference)
        for state, difference in changed.items():
            self.recorder.write(observe.StateDictUsed, state=state, how=how, changed=difference)

    def alive(self) -> frozenset[int]:
        """The state dicts of which the script still holds tensors."""
        return frozenset(taken.state for known, taken in self.kept.values() if known() is not None)


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``state_dict``, ``load_state_dict`` and ``torch.save``."""
    states = _States(recorder)
    recorder.alive = states.alive
    with ExitStack() as stack:
        stack.enter_context(replaced(nn.Module, "state_dict", _recording_state_dict(recorder, states)))
        stack.enter_context(replaced(nn.Module, "load_state_dict", _recording_load(recorder, states)))
        stack.enter_context(replaced(torch, "save", _recording_save(recorder, states)))
        for name in INITIALISERS:
            stack.enter_context(replaced(nn.init, name, _recording_init(recorder, name)))
        yield


def _recording_state_dict(recorder: Recorder, states: _States) -> Callable[[Any], Any]:
    """``state_dict`` calls itself on every child; only the outermost call is the script's."""
    depth = 0

    def wrap(original: Any) -> Any:
        def state_dict(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
            nonlocal depth
            depth += 1
            try:
                answer = original(self, *args, **kwargs)
            finally:
                depth -= 1
            if depth == 0 and recorder.listening:
                states.take(self, answer)
            return answer

        return state_dict

    return wrap


def _recording_load(recorder: Recorder, states: _States) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def load_state_dict(self: nn.Module, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
            if recorder.listening:
                states.use("loaded", state_dict)
            answer = original(self, state_dict, *args, **kwargs)
            if recorder.listening:
                origins = set()
                for name, parameter in self.named_parameters():
                    if origin := getattr(state_dict.get(name), PRETRAINED, ""):
                        recorder.mark_pretrained([parameter], origin)
                        origins.add(origin)
                for origin in sorted(origins):
                    recorder.weights_loaded(self, origin)
                recorder.loaded |= {recorder.parameters(p) for n, p in self.named_parameters() if n in state_dict}
                recorder.write(
                    observe.StateLoaded,
                    module=recorder.modules(self),
                    missing=len(answer.missing_keys),
                    unexpected=len(answer.unexpected_keys),
                    parameters=tuple(recorder.parameters(p) for n, p in self.named_parameters() if n in state_dict),
                    origin=next(iter(sorted(origins)), ""),
                )
            return answer

        return load_state_dict

    return wrap


def _recording_init(recorder: Recorder, name: str) -> Callable[[Any], Any]:
    """Only parameters that hold loaded values count: every layer that is built draws its own."""

    def wrap(original: Any) -> Any:
        def initialise(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
            known = recorder.listening and tensor in recorder.parameters
            if not known or recorder.parameters(tensor) not in recorder.loaded:
                return original(tensor, *args, **kwargs)
            before = tensor.detach().clone()
            answer = original(tensor, *args, **kwargs)
            with recorder.quietly():
                changed = float((tensor - before).norm()) / (float(before.norm()) or 1.0)
            recorder.write(observe.Overwritten, parameter=recorder.parameters(tensor), how=name, changed=changed)
            return answer

        return initialise

    return wrap


def _recording_save(recorder: Recorder, states: _States) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def save(obj: Any, *args: Any, **kwargs: Any) -> Any:
            if recorder.listening:
                states.use("saved", obj)
            answer = original(obj, *args, **kwargs)
            if recorder.listening:
                parts = [obj, *obj.values()] if isinstance(obj, dict) else [obj]
                methods = sum(isinstance(part, MethodType) for part in parts)
                recorder.write(observe.Saved, kind=type(obj).__name__, methods=methods)
            return answer

        return save

    return wrap
