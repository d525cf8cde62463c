"""Activations: shapes stay; softmax, sigmoid and kin leave a trace on the tensor."""

from __future__ import annotations

from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Site
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch._elementwise import activate
from ft_lint.values.base import NONE, Value
from ft_lint.values.module import Module
from ft_lint.values.shape import Shape

_PLAIN = """ReLU ReLU6 LeakyReLU GELU SiLU ELU SELU CELU Mish Hardswish Hardsigmoid Hardtanh Tanh Softplus Softsign
Tanhshrink Threshold RReLU Softshrink Hardshrink""".split()


class _Plain(Layer):
    @staticmethod
    def build(*args: Any, **kwargs: Any) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return at.result(shape_of(input), input)


for _name in _PLAIN:
    globals()[_name] = type(_name, (_Plain,), {"__doc__": f"``nn.{_name}``.", "__module__": __name__})


class PReLU(_Plain):
    """``nn.PReLU``."""

    @staticmethod
    def build(
        num_parameters: Any = NONE, init: Any = NONE, device: Any = NONE, dtype: Any = NONE
    ) -> dict[str, Shape | None]:
        return {"weight": None}


class _Over(Layer):
    @staticmethod
    def build(dim: Any = NONE) -> dict[str, Shape | None]:
        return {}


class Softmax(_Over):
    """``nn.Softmax``."""

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return activate(at, input, "softmax", "Softmax", module.arguments.get("dim"), module.node)


class LogSoftmax(_Over):
    """``nn.LogSoftmax``."""

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return activate(at, input, "log_softmax", "LogSoftmax", module.arguments.get("dim"), module.node)


class Sigmoid(_Plain):
    """``nn.Sigmoid``."""

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return activate(at, input, "sigmoid", "Sigmoid", None, module.node)


class LogSigmoid(_Plain):
    """``nn.LogSigmoid``."""

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return activate(at, input, "log_sigmoid", "LogSigmoid", None, module.node)


__all__ = [*_PLAIN, "LogSigmoid", "LogSoftmax", "PReLU", "Sigmoid", "Softmax"]
