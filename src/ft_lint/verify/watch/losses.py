"""Activations, losses and reshapes: which values go where."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

ACTIVATIONS = (
    (torch, "softmax", "softmax"),
    (torch.Tensor, "softmax", "softmax"),
    (functional, "softmax", "softmax"),
    (torch.special, "softmax", "softmax"),
    (torch, "sigmoid", "sigmoid"),
    (torch.Tensor, "sigmoid", "sigmoid"),
    (functional, "sigmoid", "sigmoid"),
    (torch.special, "expit", "sigmoid"),
)
LOSSES = (
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "kl_div",
)
RESHAPES = (
    (torch.Tensor, "view"),
    (torch.Tensor, "reshape"),
    (torch.Tensor, "flatten"),
    (torch, "flatten"),
    (torch, "reshape"),
)
ROW_SUM_ERROR = 1e-3
"""How far from 1 the sum of a row of probabilities may lie."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to softmax, sigmoid, the losses of ``torch.nn.functional`` and the script's reshapes."""
    with ExitStack() as stack:
        for owner, name, kind in ACTIVATIONS:
            stack.enter_context(replaced(owner, name, _recording_activation(recorder, kind)))
        for name in LOSSES:
            stack.enter_context(replaced(functional, name, _recording_loss(recorder, name)))
        for owner, name in RESHAPES:
            stack.enter_context(replaced(owner, name, _recording_reshape(recorder, name)))
        yield


def values(recorder: Recorder, tensor: Tensor) -> observe.Values:
    """Facts on what a tensor holds."""
    with recorder.quietly():
        flat = tensor.detach().double()
        if not flat.numel():
            return observe.Values(tuple(tensor.shape), 0.0, 0.0, False, ())
        rows = flat.ndim > 1 and bool(((flat.sum(1) - 1).abs() < ROW_SUM_ERROR).all())
        low, high = float(flat.min()), float(flat.max())
        facts = (float(flat.numel()), float(flat.sum()), float(flat.square().sum()), low, high)
        return observe.Values(tuple(tensor.shape), low, high, rows, tuple(float(f"{fact:.9g}") for fact in facts))


def _recording_activation(recorder: Recorder, kind: str) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        @wraps(original)
        def activation(*args: Any, **kwargs: Any) -> Any:
            answer = original(*args, **kwargs)
            if recorder.listening and isinstance(answer, Tensor):
                modules = tuple(recorder.modules(module) for module in reversed(recorder.calling))
                recorder.write(observe.ActivationCalled, kind=kind, modules=modules, output=values(recorder, answer))
            return answer

        return activation

    return wrap


def _recording_loss(recorder: Recorder, kind: str) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        signature = inspect.signature(original)

        @wraps(original)
        def loss(*args: Any, **kwargs: Any) -> Any:
            answer = original(*args, **kwargs)
            if recorder.listening:
                given = signature.bind(*args, **kwargs).arguments
                target = given.get("target")
                recorder.write(
                    observe.LossCalled,
                    kind=kind,
                    input=values(recorder, given["input"]),
                    target=values(recorder, target) if isinstance(target, Tensor) else None,
                    value=float(answer.detach()) if answer.numel() == 1 else None,
                )
            return answer

        return loss

    return wrap


def _recording_reshape(recorder: Recorder, kind: str) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        @wraps(original)
        def reshape(self: Tensor, *args: Any, **kwargs: Any) -> Any:
            answer = original(self, *args, **kwargs)
            by_script = sys._getframe(1).f_code.co_filename == recorder.script.path
            if by_script and recorder.listening and isinstance(answer, Tensor):
                recorder.write(observe.Reshaped, kind=kind, input=tuple(self.shape), output=tuple(answer.shape))
            return answer

        return reshape

    return wrap
