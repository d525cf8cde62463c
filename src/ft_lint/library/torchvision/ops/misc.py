"""``torchvision.ops.misc``: convolutions with norm and activation, squeeze-and-excitation, perceptrons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ft_lint.interpreter.calls import call
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.layer import Layer
from ft_lint.library.site import Site, dims_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch._elementwise import elementwise
from ft_lint.library.torch._reshaping import permute
from ft_lint.library.torch.nn.modules.container import Sequential
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Unknown, Value, is_none, truth
from ft_lint.values.callables import Reference
from ft_lint.values.module import Module, further_children
from ft_lint.values.shape import Dim, Shape

RELU, SIGMOID = Reference("torch.nn.ReLU"), Reference("torch.nn.Sigmoid")
ZERO, ONE, THREE = Constant(0.0), Constant(1), Constant(3)


def _made(at: Site, factory: Value, *args: Value, **kwargs: Value) -> Value:
    return call(at.m, factory, Arguments(args, kwargs), at.node)


def _children(at: Site, module: Module, children: Iterable[Value]) -> None:
    """Number the children as ``Sequential`` does."""
    for index, child in enumerate(children):
        if not isinstance(child, Module):
            further_children(module)
            return
        at.m.store.write(module.children, str(index), child)


def _padding(at: Site, kernel_size: Value, dilation: Value) -> Value:
    """``(kernel_size - 1) // 2 * dilation``, torchvision's own default."""
    kernel, spread = dims_of(at, kernel_size), dims_of(at, dilation)
    match kernel, spread:
        case [int() as size], [int() as reach]:
            return Constant((size - 1) // 2 * reach)
    return at.unknown("a padding that we do not know")


def _norm_activation(convolution: str, norm: Reference) -> type[Layer]:
    class ConvNormActivation(Sequential):
        @staticmethod
        def build(
            in_channels: Any, out_channels: Any, kernel_size: Any = THREE, stride: Any = ONE,
            padding: Any = NONE, groups: Any = ONE, norm_layer: Any = norm,
            activation_layer: Any = RELU, dilation: Any = ONE, inplace: Any = TRUE,
            bias: Any = NONE,
        ) -> dict[str, Shape | None]:  # fmt: skip
            return {}

        @staticmethod
        def fill(at: Site, module: Module) -> None:
            given = module.arguments
            names = ("in_channels", "out_channels", "kernel_size", "stride")
            inputs, outputs, kernel, stride = (given[name] for name in names)
            padding = given["padding"]
            if is_none(padding):
                padding = _padding(at, kernel, given["dilation"])
            bias = given["bias"] if not is_none(given["bias"]) else TRUE if is_none(given["norm_layer"]) else FALSE
            rest = {"dilation": given["dilation"], "groups": given["groups"], "bias": bias}
            parts = [_made(at, Reference(convolution), inputs, outputs, kernel, stride, padding, **rest)]
            if not is_none(given["norm_layer"]):
                parts.append(_made(at, given["norm_layer"], outputs))
            if not is_none(given["activation_layer"]):
                parts.append(_activation(at, given["activation_layer"], given["inplace"]))
            _children(at, module, parts)

    return ConvNormActivation


def _activation(at: Site, layer: Value, inplace: Value) -> Value:
    return _made(at, layer) if is_none(inplace) else _made(at, layer, inplace=inplace)


Conv2dNormActivation = _norm_activation("torch.nn.Conv2d", Reference("torch.nn.BatchNorm2d"))
Conv3dNormActivation = _norm_activation("torch.nn.Conv3d", Reference("torch.nn.BatchNorm3d"))


class SqueezeExcitation(Layer):
    """``SqueezeExcitation``: scales the channels of its input."""

    container = True

    @staticmethod
    def build(
        input_channels: Any, squeeze_channels: Any, activation: Any = RELU, scale_activation: Any = SIGMOID
    ) -> dict[str, Shape | None]:  # fmt: skip
        return {}

    @staticmethod
    def fill(at: Site, module: Module) -> None:
        given, one = module.arguments, Constant(1)
        inner, outer = given["squeeze_channels"], given["input_channels"]
        parts = {
            "avgpool": _made(at, Reference("torch.nn.AdaptiveAvgPool2d"), one),
            "fc1": _made(at, Reference("torch.nn.Conv2d"), outer, inner, one),
            "fc2": _made(at, Reference("torch.nn.Conv2d"), inner, outer, one),
            "activation": _made(at, given["activation"]),
            "scale_activation": _made(at, given["scale_activation"]),
        }
        for name, child in parts.items():
            at.m.store.write(module.children, name, child)

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        value = input
        for name in ("avgpool", "fc1", "activation", "fc2", "scale_activation"):
            child = module.children.get(name, Unknown("a part that was never made"))
            value = call(at.m, child, Arguments((value,)), at.node)
        return elementwise(at, input, value)


class MLP(Sequential):
    """``MLP``: linear layers with norm, activation and dropout between them."""

    @staticmethod
    def build(
        in_channels: Any, hidden_channels: Any, norm_layer: Any = NONE, activation_layer: Any = RELU,
        inplace: Any = NONE, bias: Any = TRUE, dropout: Any = ZERO,
    ) -> dict[str, Shape | None]:  # fmt: skip
        return {}

    @staticmethod
    def fill(at: Site, module: Module) -> None:
        given = module.arguments
        hidden = items_of(at.m, given["hidden_channels"])
        if hidden is None or not hidden.complete:
            further_children(module)
            return
        parts: list[Value] = []
        width = given["in_channels"]
        extra = {} if is_none(given["inplace"]) else {"inplace": given["inplace"]}
        for index, size in enumerate(hidden.values):
            parts.append(_made(at, Reference("torch.nn.Linear"), width, size, bias=given["bias"]))
            if index < len(hidden.values) - 1:
                parts += [] if is_none(given["norm_layer"]) else [_made(at, given["norm_layer"], size)]
                parts.append(_made(at, given["activation_layer"], **extra))
            parts.append(_made(at, Reference("torch.nn.Dropout"), given["dropout"], **extra))
            width = size
        _children(at, module, parts)


class Permute(Layer):
    """``Permute(dims)``."""

    @staticmethod
    def build(dims: Any) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, x: Value) -> Value:
        return permute(at, x, module.arguments.get("dims", Unknown("dimensions that were never given")))


class FrozenBatchNorm2d(Layer):
    """``FrozenBatchNorm2d``: a batch norm without parameters or a mode of its own."""

    @staticmethod
    def build(num_features: Any, eps: Any = NONE) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, x: Value) -> Value:
        return at.result(shape_of(x), x)
