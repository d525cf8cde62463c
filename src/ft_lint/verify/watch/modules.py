"""Modules: built, assigned, called, given attributes and modes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as hooks

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.watch import sizes

DRAWS_AT_RANDOM = ("Dropout", "DropPath", "StochasticDepth", "DropBlock")
"""Parts of the class names of modules that change their input at random while training."""

CHANCES = ("p", "drop_prob", "drop_rate")
"""The attributes in which those modules keep how likely that is."""


@dataclass
class _Open:
    """A forward pass that has begun."""

    module: nn.Module
    started: int
    batches_tracked: int | None


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """All tensors in nested tuples, lists, dicts and dict-like outputs."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict) or (hasattr(value, "values") and callable(value.values)):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)


def shapes(value: Any) -> tuple[observe.Shape, ...]:
    """The shapes of all tensors in a value."""
    return tuple(tuple(tensor.shape) for tensor in tensors(value))


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``nn.Module``."""
    forwards = _Forwards(recorder)
    handles = [
        hooks.register_module_forward_pre_hook(forwards.begin),
        hooks.register_module_forward_hook(forwards.end, with_kwargs=True, always_call=True),
        hooks.register_module_module_registration_hook(_assigned(recorder)),
    ]
    with ExitStack() as stack:
        stack.enter_context(replaced(nn.Module, "__init__", _recording_init(recorder)))
        stack.enter_context(replaced(nn.Module, "__setattr__", _recording_setattr(recorder)))
        stack.enter_context(replaced(nn.Module, "train", _recording_train(recorder)))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


class _Forwards:
    """The forward passes that are under way."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.open: list[_Open] = []
        self.names: dict[int, str] = {}

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def begin(self, module: nn.Module, _inputs: tuple[Any, ...]) -> None:
        """A module is about to run."""
        if self.recorder.listening:
            if not self.open:
                self.names = {id(child): name for name, child in module.named_modules()}
            self.open.append(_Open(module, self.recorder.tick(), _batches_tracked(module)))
            self.recorder.calling.append(module)

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def end(self, module: nn.Module, args: tuple[Any, ...], *rest: Any) -> None:
        """A module gave its output: ``rest`` is keyword arguments and output.  Or it raised: ``rest`` is None alone."""
        kwargs, output = rest if len(rest) == 2 else ({}, rest[0])
        if not self.recorder.listening:
            return
        while self.open and self.open[-1].module is not module:
            self.open.pop()
        if not self.open:
            return
        begun = self.open.pop()
        del self.recorder.calling[len(self.open) :]
        recorder = self.recorder
        weight = vars(module).get("_parameters", {}).get("weight")
        with recorder.quietly():
            sizes_met = _sizes(module, next(tensors((args, kwargs)), None))
        order = recorder.write(
            observe.ModuleCalled,
            module=recorder.modules(module),
            kind=type(module).__name__,
            name=self.names.get(id(module), ""),
            depth=len(self.open),
            started=begun.started,
            training=module.training,
            grad=torch.is_grad_enabled(),
            inputs=shapes((args, kwargs)),
            outputs=shapes(output),
            weight=None if weight is None else tuple(weight.shape),
            weight_sum=_sum_of(recorder, weight),
            **sizes_met,
            mode_matters=_mode_matters(module),
            noisy=_altered_at_random(recorder, module, args, output),
            statistics_moved=_batches_tracked(module) != begun.batches_tracked,
            raised=output is None and sys.exc_info()[0] is not None,
        )
        if not self.open and torch.is_grad_enabled():
            for tensor in tensors(output):
                if tensor.requires_grad:
                    tensor.register_hook(  # type: ignore[no-untyped-call]
                        lambda _gradient: recorder.backpropagated.add(order)
                    )


def _sum_of(recorder: Recorder, weight: torch.Tensor | None) -> float | None:
    """The sum of a weight's first values, which tells one weight from another."""
    if weight is None or weight.device.type == "meta" or not weight.is_floating_point():
        return None
    with recorder.quietly():
        return float(weight.detach().flatten()[:1000].double().sum())


def _sizes(module: nn.Module, given: torch.Tensor | None) -> dict[str, Any]:
    """What a layer takes and gets, and the range of an input that is a batch of images."""
    wanted = sizes.takes(module)
    size, axis = wanted if wanted is not None else (None, 0)
    return {
        "takes": size,
        "gets": None if size is None else sizes.gets(given, axis),
        "pixels": sizes.pixels(given),
    }


def _batches_tracked(module: nn.Module) -> int | None:
    """How many batches a batch norm has put into its running statistics."""
    counter = vars(module).get("_buffers", {}).get("num_batches_tracked")
    return None if counter is None else int(counter)


def _draws_at_random(module: nn.Module) -> bool:
    """Whether the module drops something by chance while training."""
    if any(part in type(module).__name__ for part in DRAWS_AT_RANDOM):
        return any(getattr(module, name, None) for name in CHANCES)
    if isinstance(module, nn.RNNBase):
        return bool(module.dropout) and module.num_layers > 1
    return isinstance(module, nn.MultiheadAttention) and bool(module.dropout)


def _mode_matters(module: nn.Module) -> bool:
    """Whether the module itself acts differently in training and evaluation mode."""
    return bool(getattr(module, "track_running_stats", False)) or _draws_at_random(module)


def _altered_at_random(recorder: Recorder, module: nn.Module, args: tuple[Any, ...], output: Any) -> bool:
    """Whether chance had a part in the output: for dropout and its kin, whether the output differs from the input."""
    if not module.training or not _draws_at_random(module):
        return False
    if isinstance(module, (nn.RNNBase, nn.MultiheadAttention)):
        return True
    if not (isinstance(output, torch.Tensor) and args and isinstance(args[0], torch.Tensor)):
        return False
    with recorder.quietly():
        return args[0].shape != output.shape or not torch.equal(args[0], output)


def _recording_init(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: nn.Module, *args: Any, **kwargs: Any) -> None:
            if recorder.listening and self not in recorder.modules:
                recorder.write(observe.ModuleBuilt, module=recorder.modules(self))
            original(self, *args, **kwargs)

        return init

    return wrap


def _assigned(recorder: Recorder) -> Callable[[nn.Module, str, Any], None]:
    def register(parent: nn.Module, name: str, child: nn.Module | None) -> None:
        old = vars(parent)["_modules"].get(name)
        by_script = _caller_of_torch() == recorder.script.path
        if not recorder.listening or (old is None and not by_script):
            return
        recorder.write(
            observe.SubmoduleAssigned,
            parent=recorder.modules(parent),
            name=name,
            old=None if old is None else recorder.modules(old),
            new=None if child is None else recorder.modules(child),
            parameters=() if child is None else tuple(recorder.parameters(p) for p in child.parameters()),
        )

    return register


def _caller_of_torch() -> str:
    """The file of the innermost frame that belongs neither to ``nn.Module`` nor to this watch."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename in (__file__, hooks.__file__):
        frame = frame.f_back
    return frame.f_code.co_filename if frame else ""


def _recording_setattr(recorder: Recorder) -> Callable[[Any], Any]:
    """Plain attributes that the script itself sets from outside or inside a module."""

    def wrap(original: Any) -> Any:
        def set_attribute(self: nn.Module, name: str, value: Any) -> None:
            original(self, name, value)
            if type(value) in (list, tuple, dict) and recorder.listening:
                recorder.write(observe.ContainerSet, owner=recorder.modules(self), name=name)
            if not isinstance(value, (bool, int, float, str, type(None))) or not recorder.listening:
                return
            if sys._getframe(1).f_code.co_filename == recorder.script.path and "_parameters" in vars(self):
                held = tuple(self.parameters())
                recorder.write(
                    observe.AttributeSet,
                    owner=recorder.modules(self),
                    on_module=True,
                    name=name,
                    value=value,
                    parameters=tuple(recorder.parameters(p) for p in held),
                    trainable=tuple(p.requires_grad for p in held),
                )

        return set_attribute

    return wrap


def _recording_train(recorder: Recorder) -> Callable[[Any], Any]:
    """``train`` calls itself on every child; only the outermost call is the script's."""
    depth = 0

    def wrap(original: Any) -> Any:
        def train(self: nn.Module, mode: bool = True) -> Any:
            nonlocal depth
            before = self.training
            depth += 1
            try:
                answer = original(self, mode)
            finally:
                depth -= 1
            if depth == 0 and recorder.listening:
                recorder.write(observe.ModeSet, module=recorder.modules(self), before=before, training=bool(mode))
            return answer

        return train

    return wrap
