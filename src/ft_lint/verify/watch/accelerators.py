"""``Accelerator``, where accelerate is loaded: over how many steps it accumulates, and which losses it divides."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ft_lint.observe import BackwardCalled
from ft_lint.observe.hub import AcceleratorBuilt, LossDivided
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``Accelerator``."""
    if "accelerate" not in sys.modules:
        yield
        return
    accelerator = import_module("accelerate").Accelerator
    with (
        replaced(accelerator, "__init__", _recording_init(recorder)),
        replaced(accelerator, "backward", _recording_backward(recorder)),
    ):
        yield


def _recording_init(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            steps = self.gradient_accumulation_steps
            recorder.write(AcceleratorBuilt, accelerator=recorder.things(self), steps=steps)

        return init

    return wrap


def _recording_backward(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def backward(self: Any, *args: Any, **kwargs: Any) -> Any:
            before = recorder.count
            answer = original(self, *args, **kwargs)
            for event in recorder.since(before):
                if isinstance(event, BackwardCalled):
                    recorder.write(LossDivided, accelerator=recorder.things(self), backward=event.order)
            return answer

        return backward

    return wrap
