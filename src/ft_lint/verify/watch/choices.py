"""Choices: which places of a tensor's greatest values the script reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

FUNCTIONS = (
    (torch, "argmax"),
    (torch.Tensor, "argmax"),
    (torch, "max"),
    (torch.Tensor, "max"),
    (torch, "topk"),
    (torch.Tensor, "topk"),
    (np, "argmax"),
)
LAST = {"topk": -1}
"""The dimension that is meant where none is given; None for those that flatten."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``argmax``, ``max`` and ``topk`` of torch, and to ``numpy.argmax``."""
    with ExitStack() as stack:
        for owner, name in FUNCTIONS:
            stack.enter_context(replaced(owner, name, _recording(recorder, name)))
        yield


def _recording(recorder: Recorder, name: str) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        @wraps(original)
        def choose(*args: Any, **kwargs: Any) -> Any:
            answer = original(*args, **kwargs)
            if recorder.listening and sys._getframe(1).f_code.co_filename == recorder.script.path:
                places = _places(name, answer)
                if places is not None and places.numel() and args:
                    _write(recorder, name, tuple(np.shape(args[0])), _dim(name, *args, **kwargs), places)
            return answer

        return choose

    return wrap


def _places(name: str, answer: Any) -> Tensor | None:
    """The indices in an answer; None where it has none, or those of several values."""
    if name == "argmax":
        return torch.as_tensor(answer)
    indices = getattr(answer, "indices", None)
    return indices if isinstance(indices, Tensor) else None


def _dim(name: str, *args: Any, **kwargs: Any) -> int | None:
    """The dimension that a call names, counted from 0."""
    given = kwargs.get("dim", kwargs.get("axis"))
    positional = args[2:] if name == "topk" else args[1:]
    if given is None:
        given = next((arg for arg in positional if isinstance(arg, int)), LAST.get(name))
    return None if given is None else given % max(len(np.shape(args[0])), 1)


def _write(recorder: Recorder, name: str, shape: observe.Shape, dim: int | None, places: Tensor) -> None:
    with recorder.quietly():
        low, high = (int(bound) for bound in places.aminmax())
    recorder.write(
        observe.ArgmaxCalled, kind=name, input=shape, dim=dim, output=tuple(places.shape), low=low, high=high
    )
