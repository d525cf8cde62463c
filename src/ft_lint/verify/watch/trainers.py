"""Trainers of transformers, where a script has it loaded: their arguments, and how their training ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ft_lint.observe import MetricSeen, MonitorBuilt
from ft_lint.observe.hub import ArgumentsBuilt, EvaluationEnded, TrainerBuilt, TrainingEnded
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``TrainingArguments`` and ``Trainer``, and so to what extends them."""
    if "transformers" not in sys.modules:
        yield
        return
    transformers = import_module("transformers")
    with (
        replaced(transformers.TrainingArguments, "__post_init__", _recording_arguments(recorder)),
        replaced(transformers.Trainer, "__init__", _recording_trainer(recorder)),
        replaced(transformers.Trainer, "train", _recording_training(recorder)),
        replaced(transformers.Trainer, "evaluation_loop", _recording_evaluation(recorder)),
        replaced(transformers.Trainer, "_determine_best_metric", _recording_best(recorder)),
    ):
        yield


def _recording_arguments(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def post_init(self: Any) -> None:
            done = False
            try:
                original(self)
                done = True
            finally:
                recorder.write(ArgumentsBuilt, arguments=recorder.things(self), raised=not done)
            if self.metric_for_best_model is not None:
                recorder.write(
                    MonitorBuilt,
                    monitor=recorder.things(self),
                    kind="TrainingArguments",
                    metric=self.metric_for_best_model,
                    mode="max" if self.greater_is_better else "min",
                )

        return post_init

    return wrap


def _recording_trainer(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            given = kwargs.get("args", args[1] if len(args) > 1 else None)
            done = False
            try:
                original(self, *args, **kwargs)
                done = True
            finally:
                settings = recorder.things(given)
                recorder.write(TrainerBuilt, trainer=recorder.things(self), arguments=settings, raised=not done)

        return init

    return wrap


def _recording_training(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def train(self: Any, *args: Any, **kwargs: Any) -> Any:
            done = False
            try:
                answer = original(self, *args, **kwargs)
                done = True
                return answer
            finally:
                steps = self.state.global_step
                recorder.write(TrainingEnded, trainer=recorder.things(self), steps=steps, raised=not done)

        return train

    return wrap


def _recording_evaluation(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def loop(self: Any, *args: Any, **kwargs: Any) -> Any:
            done = False
            try:
                answer = original(self, *args, **kwargs)
                done = True
                return answer
            finally:
                recorder.write(EvaluationEnded, trainer=recorder.things(self), raised=not done)

        return loop

    return wrap


def _recording_best(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def determine(self: Any, metrics: dict[str, float], *args: Any, **kwargs: Any) -> Any:
            name = str(self.args.metric_for_best_model)
            value = metrics.get(name if name.startswith("eval_") else f"eval_{name}")
            if value is not None:
                recorder.write(MetricSeen, monitor=recorder.things(self.args), value=float(value))
            return original(self, metrics, *args, **kwargs)

        return determine

    return wrap
