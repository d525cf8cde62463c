"""Dropout by functions: whether it drops, and in which mode of the module that calls it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

import torch
from torch.nn import functional

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

FUNCTIONS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
ATTENTION = "scaled_dot_product_attention"
DROPS_BY_DEFAULT = 4
"""How many positional arguments attention takes before its rate of dropout."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to the functions of ``torch.nn.functional`` that drop out."""
    with ExitStack() as stack:
        for name in FUNCTIONS:
            stack.enter_context(replaced(functional, name, _recording(recorder, name)))
        stack.enter_context(replaced(functional, ATTENTION, _recording_attention(recorder)))
        yield


def _recording(recorder: Recorder, name: str) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        signature = inspect.signature(original)

        @wraps(original)
        def dropout(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(*args, **kwargs).arguments
            with recorder.quietly():
                before = given["input"].detach().clone()
            answer = original(*args, **kwargs)
            with recorder.quietly():
                dropped = not torch.equal(before, answer)
            _write(recorder, name, "training" in given, dropped)
            return answer

        return dropout

    return wrap


def _recording_attention(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        @wraps(original)
        def attention(*args: Any, **kwargs: Any) -> Any:
            answer = original(*args, **kwargs)
            rate = kwargs.get("dropout_p", args[DROPS_BY_DEFAULT] if len(args) > DROPS_BY_DEFAULT else 0.0)
            _write(recorder, ATTENTION, False, rate > 0)
            return answer

        return attention

    return wrap


def _write(recorder: Recorder, kind: str, asked: bool, dropped: bool) -> None:
    if recorder.listening:
        mode = recorder.calling[-1].training if recorder.calling else None
        recorder.write(observe.DropoutCalled, kind=kind, asked=asked, dropped=dropped, in_training=mode)
