"""Transforms of torchvision: built, and what they make of an image."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

import numpy as np
from torch import Tensor

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

PACKAGE = "torchvision.transforms"
MODULES = (f"{PACKAGE}.transforms", f"{PACKAGE}._presets", f"{PACKAGE}.v2")
"""Where torchvision's transforms are."""
CALLS = ("forward", "__call__")
"""What a transform defines: ``forward`` where it is a module."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to the transforms of torchvision, where it is imported."""
    with ExitStack() as stack:
        for kind in _classes() if "torchvision" in sys.modules else ():
            stack.enter_context(replaced(kind, "__init__", _recording_init(recorder)))
            for name in CALLS:
                if name in vars(kind):
                    stack.enter_context(replaced(kind, name, _recording_call(recorder)))
        yield


def _classes() -> list[type]:
    """The transforms, and the classes that they inherit from."""
    found = (kind for module in map(import_module, MODULES) for kind in vars(module).values())
    return list(dict.fromkeys(kind for kind in found if isinstance(kind, type) and _is_transform(kind)))


def _is_transform(kind: type) -> bool:
    own = (base for base in kind.__mro__ if base.__module__.startswith(PACKAGE))
    return any(name in vars(base) for base in own for name in CALLS)


def _recording_init(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            if recorder.listening and self not in recorder.things:
                recorder.write(observe.TransformBuilt, transform=recorder.things(self), kind=type(self).__name__)
            original(self, *args, **kwargs)

        return init

    return wrap


def _recording_call(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def apply(self: Any, *images: Any, **kwargs: Any) -> Any:
            answer: Any = None
            try:
                answer = original(self, *images, **kwargs)
            finally:
                if images and recorder.listening:
                    recorder.write(
                        observe.TransformApplied,
                        transform=recorder.things(self),
                        kind=type(self).__name__,
                        input=image(recorder, images[0]),
                        output=None if answer is None else image(recorder, answer),
                        raised=answer is None,
                    )
            return answer

        return apply

    return wrap


def image(recorder: Recorder, given: Any) -> observe.Image:
    """Facts on what a transform gets or gives; an object that is no image has its class's name alone."""
    if isinstance(given, Tensor):
        with recorder.quietly():
            bounds = given.aminmax() if given.is_floating_point() and given.numel() else (None, None)
        low, high = (None if bound is None else float(bound) for bound in bounds)
        return observe.Image("tensor", tuple(given.shape), str(given.dtype).removeprefix("torch."), low, high)
    if isinstance(given, np.ndarray):
        return observe.Image("array", tuple(given.shape), str(given.dtype))
    if hasattr(given, "getbands"):
        width, height = given.size
        return observe.Image("PIL", (len(given.getbands()), height, width), given.mode)
    return observe.Image(type(given).__name__)
