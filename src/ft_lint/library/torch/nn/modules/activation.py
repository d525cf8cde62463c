"""Activations: shapes stay; softmax, sigmoid and kin leave a trace on the tensor."""

from __future__ import annotations

import dataclasses

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of
from ft_lint.library.torch._arguments import axis, shape_of
from ft_lint.library.torch._elementwise import activate, float_of, log_softmax, sigmoid, softmax
from ft_lint.library.torch.dtypes import dtype_of
from ft_lint.library.torch.nn.signatures import Run, function, functions, layer, layers
from ft_lint.light import replace
from ft_lint.values.base import NONE, Constant, Value, integer, is_none
from ft_lint.values.shape import Shape, equal, floor_divide, modulo, show
from ft_lint.values.tensor import Tensor

_PLAIN = """
ReLU(inplace=False)
ReLU6(inplace=False)
LeakyReLU(negative_slope=0.01, inplace=False)
GELU(approximate='none')
SiLU(inplace=False)
ELU(alpha=1.0, inplace=False)
SELU(inplace=False)
CELU(alpha=1.0, inplace=False)
Mish(inplace=False)
Hardswish(inplace=False)
Hardsigmoid(inplace=False)
Hardtanh(min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None)
Softplus(beta=1.0, threshold=20.0)
Softsign()
Tanhshrink()
Threshold(threshold, value, inplace=False)
RReLU(lower=0.125, upper=0.3333333333333333, inplace=False)
Softshrink(lambd=0.5)
Hardshrink(lambd=0.5)
"""
_TWINS = """
relu(input, inplace=False)
relu6(input, inplace=False)
leaky_relu(input, negative_slope=0.01, inplace=False)
gelu(input, approximate='none')
silu(input, inplace=False)
elu(input, alpha=1.0, inplace=False)
selu(input, inplace=False)
celu(input, alpha=1.0, inplace=False)
mish(input, inplace=False)
hardswish(input, inplace=False)
hardsigmoid(input, inplace=False)
hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False)
softplus(input, beta=1.0, threshold=20.0)
softsign(input)
tanhshrink(input)
threshold(input, threshold, value, inplace=False)
rrelu(input, lower=0.125, upper=0.3333333333333333, training=False, inplace=False)
softshrink(input, lambd=0.5)
hardshrink(input, lambd=0.5)
"""


def _plain(at: Site, input: Value, **settings: Value) -> Value:
    return at.alike(input)


def _tanh(at: Site, input: Value) -> Value:
    return at.alike(input, dtype=float_of(input))


def _traced(kind: str, name: str) -> Run:
    """A layer whose construction the trace names."""

    def run(at: Site, input: Value, dim: Value = NONE) -> Value:
        known = shape_of(input)
        if known is not None and not is_none(dim):
            axis(kind, dim, len(known), input)
        module = at.module
        result = activate(at, input, kind, name, dim, module.node if module is not None else None)
        if kind != "sigmoid" or not isinstance(result, Tensor):
            return result
        return replace(result, dtype=float_of(input))

    return run


def _softmin(at: Site, input: Value, dim: Value, **settings: Value) -> Value:
    known = shape_of(input)
    if known is not None and not is_none(dim):
        axis("softmin", dim, len(known), input)
    return at.result(known, input, dtype=dtype_of(settings.get("dtype")))


def _channels(at: Site, input: Value, name: str) -> Value:
    """``Softmax2d``: over the channels of images."""
    known = shape_of(input)
    if known is not None and len(known) not in (3, 4):
        raise Refused("softmax", f"it takes 3 or 4 dimensions and gets {show(known)}", input)
    return activate(at, input, "softmax", name, Constant(-3), at.module.node if at.module is not None else None)


def _softmax2d(at: Site, input: Value) -> Value:
    return _channels(at, input, "Softmax2d")


def glu(at: Site, input: Value, dim: Value) -> Value:
    """``glu``: half of a dimension is left."""
    known = shape_of(input)
    if known is None:
        return at.result(None, input)
    if not known:
        raise Refused("glu", "a tensor without dimensions has no halves", input)
    position = axis("glu", dim, len(known), input)
    if position is None:
        return at.result(None, input)
    if equal(modulo(known[position], 2), 0) is False:
        raise Refused("glu", f"a dimension of {known[position]} has no halves", input)
    return at.result((*known[:position], floor_divide(known[position], 2), *known[position + 1 :]), input)


def _prelu_weights(num_parameters: Value, **settings: Value) -> dict[str, Shape | None]:
    return {"weight": (dim_of(num_parameters),)}


def _prelu(at: Site, input: Value, num_parameters: Value = NONE, weight: Value = NONE, **settings: Value) -> Value:
    known, count = shape_of(input), integer(num_parameters)
    own = shape_of(weight)
    if own is not None and len(own) == 1 and isinstance(own[0], int):
        count = own[0]
    channels = known[1] if known is not None and len(known) > 1 else 1
    if known is not None and count is not None and count != 1 and (not known or equal(channels, count) is False):
        raise Refused("prelu", f"it gets {channels} channels and takes {count}", input, gets=channels, takes=count)
    return at.result(known, input, weight)


def gumbel_softmax(at: Site, logits: Value, tau: Value, hard: Value, eps: Value, dim: Value) -> Value:
    """``gumbel_softmax``."""
    known = shape_of(logits)
    if known is not None:
        axis("softmax", dim, len(known), logits)
    return at.result(known, logits)


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


def _layer(text: str) -> type[Layer]:
    return layer(text, _plain)


LAYERS = layers(
    *map(_layer, _lines(_PLAIN)),
    layer("Tanh()", _tanh),
    layer("PReLU(num_parameters=1, init=0.25, device=None, dtype=None)", _prelu, _prelu_weights),
    layer("Softmax(dim=None)", _traced("softmax", "Softmax")),
    layer("LogSoftmax(dim=None)", _traced("log_softmax", "LogSoftmax")),
    layer("Softmin(dim=None)", _softmin),
    layer("Softmax2d()", _softmax2d),
    layer("Sigmoid()", _traced("sigmoid", "Sigmoid")),
    layer("LogSigmoid()", _traced("log_sigmoid", "LogSigmoid")),
    layer("GLU(dim=-1)", glu),
)
FUNCTIONS = {
    **functions(*(function(text, _plain) for text in _lines(_TWINS))),
    **functions(
        function("tanh(input)", _tanh),
        function("prelu(input, weight)", _prelu),
        function("softmin(input, dim=None, _stacklevel=3, dtype=None)", _softmin),
        function("logsigmoid(input)", lambda at, input: activate(at, input, "log_sigmoid", "logsigmoid")),
        function("glu(input, dim=-1)", glu),
        function("gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1)", gumbel_softmax),
    ),
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sigmoid": sigmoid,
}
