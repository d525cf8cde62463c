"""Activations, losses, differences and reshapes: which values go where."""

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
    (torch.Tensor, "ravel"),
    (torch, "flatten"),
    (torch, "reshape"),
    (torch, "ravel"),
)
DIFFERENCES = (
    (torch.Tensor, "__sub__"),
    (torch.Tensor, "sub"),
    (torch, "sub"),
)
ELEMENTWISE = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
"""Losses that broadcast their arguments."""
ROW_SUM_ERROR = 1e-3
"""How far from 1 the sum of a row of probabilities may lie."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to softmax, sigmoid, the losses of ``torch.nn.functional``, the script's differences and reshapes."""
    with ExitStack() as stack:
        for owner, name, kind in ACTIVATIONS:
            stack.enter_context(replaced(owner, name, _recording_activation(recorder, kind)))
        for name in LOSSES:
            stack.enter_context(replaced(functional, name, _recording_loss(recorder, name)))
        for owner, name in RESHAPES:
            stack.enter_context(replaced(owner, name, _recording_reshape(recorder, name)))
        for owner, name in DIFFERENCES:
            stack.enter_context(replaced(owner, name, _recording_difference(recorder)))
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
        names = list(inspect.signature(original).parameters)

        @wraps(original)
        def loss(*args: Any, **kwargs: Any) -> Any:
            answer: Any = None
            try:
                answer = original(*args, **kwargs)
            finally:
                if recorder.listening:
                    _write_loss(recorder, kind, original, dict(zip(names, args, strict=False)) | kwargs, answer)
            return answer

        return loss

    return wrap


def _write_loss(recorder: Recorder, kind: str, original: Any, given: dict[str, Any], answer: Any) -> None:
    """Write down a loss; it raised where there is no answer."""
    logits, target = given.get("input"), given.get("target")
    if isinstance(logits, Tensor):
        recorder.write(
            observe.LossCalled,
            kind=kind,
            input=values(recorder, logits),
            target=values(recorder, target) if isinstance(target, Tensor) else None,
            value=_number(answer),
            aligned=_aligned(recorder, original, given) if kind in ELEMENTWISE and answer is not None else None,
            raised=answer is None,
        )


def _number(answer: Any) -> float | None:
    return float(answer.detach()) if isinstance(answer, Tensor) and answer.numel() == 1 else None


def _aligned(recorder: Recorder, original: Any, given: dict[str, Any]) -> float | None:
    """The loss with the target in the shape of the input, where the two are as large and were broadcast."""
    predicted, target = given["input"], given["target"]
    if not _meet_each_other(predicted, target):
        return None
    with recorder.quietly():
        return _number(original(**given | {"target": target.reshape(predicted.shape)}))


def _recording_difference(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        @wraps(original)
        def difference(left: Any, right: Any, *args: Any, **kwargs: Any) -> Any:
            answer = original(left, right, *args, **kwargs)
            by_script = sys._getframe(1).f_code.co_filename == recorder.script.path
            if by_script and recorder.listening and _is_error(left, right) and _meet_each_other(left, right):
                with recorder.quietly():
                    paired, aligned = answer.detach(), left.detach() - right.detach().reshape(left.shape)
                    means = {"paired": float(paired.square().mean()), "aligned": float(aligned.square().mean())}
                shapes = {"left": tuple(left.shape), "right": tuple(right.shape), "output": tuple(answer.shape)}
                recorder.write(observe.Broadcast, **shapes, **means)
            return answer

        return difference

    return wrap


def _is_error(left: Any, right: Any) -> bool:
    """Whether one of two tensors comes out of a model in training and the other does not."""
    return isinstance(left, Tensor) and isinstance(right, Tensor) and left.requires_grad is not right.requires_grad


def _meet_each_other(left: Any, right: Any) -> bool:
    """Whether two tensors of equal size are broadcast, so that each element meets each of the other."""
    if not (isinstance(left, Tensor) and isinstance(right, Tensor) and left.is_floating_point()):
        return False
    together: torch.Size = torch.broadcast_shapes(left.shape, right.shape)  # type: ignore[no-untyped-call]
    return bool(left.numel() == right.numel() < together.numel())


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
