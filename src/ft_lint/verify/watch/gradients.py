"""What is done to gradients between ``backward`` and ``step``: scaled, unscaled, clipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import utils
from torch.nn.utils import clip_grad

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

SCALE = "_ft_lint_scale"
"""The attribute under which a scaled loss keeps its scale until it is back-propagated."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``GradScaler`` and to the functions that clip."""
    with ExitStack() as stack:
        stack.enter_context(replaced(torch.amp.GradScaler, "scale", _recording_scale))
        stack.enter_context(replaced(torch.amp.GradScaler, "unscale_", _recording_unscale(recorder)))
        for owner in (utils, clip_grad):
            stack.enter_context(replaced(owner, "clip_grad_norm_", _recording_clip(recorder, "norm")))
            stack.enter_context(replaced(owner, "clip_grad_value_", _recording_clip(recorder, "value")))
        yield


def _recording_scale(original: Any) -> Any:
    def scale(self: Any, outputs: Any) -> Any:
        answer = original(self, outputs)
        if isinstance(answer, Tensor) and self.is_enabled():
            setattr(answer, SCALE, float(self.get_scale()))
        return answer

    return scale


def _recording_unscale(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def unscale_(self: Any, optimizer: Any) -> Any:
            answer = original(self, optimizer)
            if self.is_enabled():
                recorder.write(observe.Unscaled, optimizer=recorder.things(optimizer))
            return answer

        return unscale_

    return wrap


def _recording_clip(recorder: Recorder, kind: str) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def clip(parameters: Any, *args: Any, **kwargs: Any) -> Any:
            members = [parameters] if isinstance(parameters, Tensor) else list(parameters)
            with recorder.quietly():
                size = _size(kind, [p.grad for p in members if p.grad is not None])
            answer = original(members or parameters, *args, **kwargs)
            limit: Any = args[0] if args else kwargs.get("max_norm", kwargs.get("clip_value"))
            recorder.write(
                observe.Clipped,
                kind=kind,
                limit=float(limit),
                size=size,
                parameters=tuple(recorder.parameters(p) for p in members),
            )
            return answer

        return clip

    return wrap


def _size(kind: str, gradients: list[Tensor]) -> float:
    if not gradients:
        return 0.0
    if kind == "value":
        return max(float(g.abs().max()) for g in gradients if g.numel())
    return float(torch.stack([g.float().norm() for g in gradients]).norm())
