"""Lines: which statements of the script ran, and what their names held right afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ft_lint import observe
from ft_lint.verify.recorder import Recorder

MOST_STEPS = 50_000
"""Steps of a graph that are counted at most."""
VISITS = 40
"""Of each statement only the first so many executions are looked at; all of them are counted."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Trace the script's own frames, and no others."""
    lines = _Lines(recorder)
    before = sys.gettrace()
    sys.settrace(lines.enter)
    try:
        yield
    finally:
        sys.settrace(before)


class _Lines:
    """The statement that each frame of the script is in."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.running: dict[int, int] = {}
        self.reached: dict[int, int] = {}
        self.raised: set[int] = set()
        self.interned: dict[Any, Any] = {}

    def enter(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        """A frame began."""
        return self.follow if frame.f_code.co_filename == self.recorder.script.path else None

    def follow(self, frame: FrameType, event: str, arg: Any) -> Any:
        """A frame of the script reached a line or ended."""
        if event == "line":
            statement = self.recorder.script.statements.get(frame.f_lineno, frame.f_lineno)
            before = self.running.get(id(frame))
            # A statement of several lines comes back to its first one further on in the code, a loop further back.
            again = frame.f_lineno == statement and frame.f_lasti <= self.reached.get(id(frame), -1)
            self.reached[id(frame)] = frame.f_lasti
            if statement != before or again:
                self._settle(frame, before)
                self.recorder.visits[statement].append(self.recorder.tick())
            self.running[id(frame)] = statement
        elif event == "exception" and not issubclass(arg[0], StopIteration | GeneratorExit):
            self.raised.add(id(frame))
        elif event == "return":
            self.reached.pop(id(frame), None)
            self._settle(frame, self.running.pop(id(frame), None))
        return self.follow

    def _settle(self, frame: FrameType, statement: int | None) -> None:
        """Write down what the names of a statement hold, now that it has run; one that raised has not.

        A comprehension has a frame of its own before Python 3.12, and its end is not the statement's.
        """
        if id(frame) in self.raised:
            self.raised.discard(id(frame))
            return
        recorder = self.recorder
        inner = frame.f_code.co_name.startswith("<") and frame.f_code.co_name != "<module>"
        if inner or statement is None or len(recorder.visits[statement]) > VISITS:
            return
        for name in recorder.script.names.get(statement, ()):
            value = _look_up(frame, name)
            graph = [("graph", graph_size(value))] if statement in recorder.script.keeping else []
            for kind, fact in (*_facts(recorder, value), *graph):
                recorder.seen.append(
                    observe.Seen(
                        line=statement,
                        order=recorder.tick(),
                        scope=frame.f_code.co_qualname if sys.version_info >= (3, 11) else frame.f_code.co_name,
                        name=name,
                        kind=kind,
                        value=self.interned.setdefault(fact, fact),
                    )
                )


def graph_size(value: Any) -> int:
    """How many steps of gradients a tensor, or a list of tensors, keeps alive."""
    kept = value if isinstance(value, list) else [value]
    pending = [one.grad_fn for one in kept if isinstance(one, torch.Tensor) and one.grad_fn is not None]
    seen: set[Any] = set()
    while pending and len(seen) < MOST_STEPS:
        step = pending.pop()
        if step not in seen:
            seen.add(step)
            pending += [before for before, _ in step.next_functions if before is not None]
    return len(seen)


def _look_up(frame: FrameType, dotted: str) -> Any:
    """The value of a dotted name, read from the objects' own dicts so that no property runs."""
    first, *rest = dotted.split(".")
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for name in rest:
        value = _attribute(value, name)
    return value


def _attribute(value: Any, name: str) -> Any:
    own = getattr(value, "__dict__", {})
    if isinstance(value, nn.Module):
        for held in (own.get("_modules", {}), own.get("_parameters", {}), own.get("_buffers", {})):
            if name in held:
                return held[name]
    return own.get(name)


def _facts(recorder: Recorder, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, nn.Parameter):
        yield "parameter", recorder.parameters(value)
        yield "requires_grad", value.requires_grad
    if isinstance(value, torch.Tensor):
        yield "shape", tuple(value.shape)
    elif isinstance(value, nn.Module) and "_modules" in vars(value):
        yield "module", recorder.modules(value)
        yield "training", value.training
        yield "trainable", tuple(name for name, p in value.named_parameters() if p.requires_grad)
    elif isinstance(value, Optimizer) and hasattr(value, "param_groups"):
        yield "optimized", tuple(recorder.parameters(p) for group in value.param_groups for p in group["params"])
