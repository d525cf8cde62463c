"""Callbacks of Lightning that act on the best value of a metric, where a script has Lightning loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

_PACKAGES = ("lightning.pytorch.callbacks", "pytorch_lightning.callbacks")


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``EarlyStopping`` and ``ModelCheckpoint``."""
    with ExitStack() as stack:
        for package in filter(None, map(sys.modules.get, _PACKAGES)):
            stopping, checkpoint = vars(package)["EarlyStopping"], vars(package)["ModelCheckpoint"]
            for kind in (stopping, checkpoint):
                stack.enter_context(replaced(kind, "__init__", _recording_init(recorder, kind)))
            stack.enter_context(replaced(stopping, "_evaluate_stopping_criteria", _recording_stopping(recorder)))
            stack.enter_context(replaced(checkpoint, "check_monitor_top_k", _recording_top_k(recorder)))
        yield


def _recording_init(recorder: Recorder, kind: type) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if self.monitor:
                recorder.write(
                    observe.MonitorBuilt,
                    monitor=recorder.things(self),
                    kind=kind.__name__,
                    metric=self.monitor,
                    mode=self.mode,
                )

        return init

    return wrap


def _recording_stopping(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def evaluate(self: Any, current: Any) -> Any:
            answer = original(self, current)
            recorder.write(
                observe.MetricSeen, monitor=recorder.things(self), value=float(current), stops=bool(answer[0])
            )
            return answer

        return evaluate

    return wrap


def _recording_top_k(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def check(self: Any, trainer: Any, current: Any = None) -> Any:
            if current is not None:
                recorder.write(observe.MetricSeen, monitor=recorder.things(self), value=float(current))
            return original(self, trainer, current)

        return check

    return wrap
