"""Parameters: registered, and what is set on them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as hooks

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder


class _Told:
    """A plain attribute that the script gave to parameters: still one, and every reading of it is recorded."""

    def __init__(self, recorder: Recorder, name: str) -> None:
        self.recorder = recorder
        self.name = name

    def __get__(self, parameter: Any, _owner: Any = None) -> Any:
        if parameter is None or self.name not in vars(parameter):
            raise AttributeError(self.name)
        self.recorder.write(observe.AttributeRead, parameter=self.recorder.parameters(parameter), name=self.name)
        return vars(parameter)[self.name]

    def __set__(self, parameter: Any, value: Any) -> None:
        vars(parameter)[self.name] = value

    def __delete__(self, parameter: Any) -> None:
        vars(parameter).pop(self.name)


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``nn.Parameter``."""
    handle = hooks.register_module_parameter_registration_hook(_registered(recorder))
    told: set[str] = set()
    with (
        replaced(nn.Parameter, "__setattr__", _recording_setattr(recorder, told)),
        replaced(nn.Parameter, "requires_grad_", _recording_requires_grad_(recorder)),
        replaced(nn.Module, "to", _recording_cast(recorder)),
        replaced(nn.Module, "half", _recording_cast(recorder)),
        replaced(nn.Module, "bfloat16", _recording_cast(recorder)),
        replaced(nn.Module, "float", _recording_cast(recorder)),
    ):
        try:
            yield
        finally:
            handle.remove()
            for name in told:
                delattr(nn.Parameter, name)


def _recording_cast(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def cast(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
            before = [(p, p.dtype) for p in self.parameters()]
            answer = original(self, *args, **kwargs)
            changed = [p for p, dtype in before if p.dtype is not dtype]
            if changed:
                recorder.write(
                    observe.WeightsCast,
                    parameters=tuple(recorder.parameters(p) for p in changed),
                    dtype=str(changed[0].dtype).removeprefix("torch."),
                )
            return answer

        return cast

    return wrap


def _registered(recorder: Recorder) -> Callable[[nn.Module, str, Any], None]:
    def register(module: nn.Module, name: str, parameter: Tensor | None) -> None:
        if parameter is not None and recorder.listening:
            fresh = parameter not in recorder.parameters
            recorder.write(
                observe.ParameterAssigned,
                module=recorder.modules(module),
                name=name,
                parameter=recorder.parameters(parameter),
                fresh=fresh,
            )

    return register


def _recording_setattr(recorder: Recorder, told: set[str]) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def set_attribute(self: Tensor, name: str, value: Any) -> None:
            before = self.requires_grad
            if not hasattr(nn.Parameter, name):
                told.add(name)
                setattr(nn.Parameter, name, _Told(recorder, name))
            original(self, name, value)
            if not recorder.listening:
                return
            if name == "requires_grad":
                _note_requires_grad(recorder, self, before)
            elif sys._getframe(1).f_code.co_filename == recorder.script.path and name not in ("data", "grad"):
                recorder.write(
                    observe.AttributeSet,
                    owner=recorder.parameters(self),
                    on_module=False,
                    name=name,
                    value=value if isinstance(value, (bool, int, float, str)) else None,
                    parameters=(recorder.parameters(self),),
                    trainable=(self.requires_grad,),
                )

        return set_attribute

    return wrap


def _recording_requires_grad_(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def requires_grad_(self: Tensor, requires_grad: bool = True) -> Any:
            before = self.requires_grad
            answer = original(self, requires_grad)
            if recorder.listening:
                _note_requires_grad(recorder, self, before)
            return answer

        return requires_grad_

    return wrap


def _note_requires_grad(recorder: Recorder, parameter: Tensor, before: bool) -> None:
    recorder.write(
        observe.RequiresGradSet,
        parameter=recorder.parameters(parameter),
        before=before,
        value=parameter.requires_grad,
    )
