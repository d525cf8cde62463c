"""Linear, Identity, Flatten, Embedding, recurrent layers and attention."""

from __future__ import annotations

from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of
from ft_lint.library.torch._arguments import MINUS_ONE, ONE, ZERO, shape_of
from ft_lint.library.torch._reshaping import flatten
from ft_lint.values.base import FALSE, NONE, TRUE, Value, integer, truth
from ft_lint.values.containers import Tuple
from ft_lint.values.module import Module
from ft_lint.values.shape import Dim, Shape, equal, scale

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Embedding",
    "Flatten",
    "Identity",
    "LazyLinear",
    "Linear",
    "MultiheadAttention",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]


def linear_shape(at: Site, input: Value, weight: Shape, name: str = "linear") -> Value:
    """``input @ weight.T``: the last dimension must be ``weight``'s last."""
    known = shape_of(input)
    if known is None or not known:
        return at.result(None, input)
    if equal(known[-1], weight[-1]) is False:
        raise Refused(
            name, f"it gets {known[-1]} features and takes {weight[-1]}", input, gets=known[-1], takes=weight[-1]
        )
    return at.result((*known[:-1], weight[0]), input)


class Linear(Layer):
    """``nn.Linear``."""

    @staticmethod
    def build(
        in_features: Any, out_features: Any, bias: Any = TRUE, device: Any = NONE, dtype: Any = NONE
    ) -> dict[str, Shape | None]:
        out = dim_of(out_features)
        weights: dict[str, Shape | None] = {"weight": (out, dim_of(in_features))}
        return weights if truth(bias) is False else weights | {"bias": (out,)}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        weight = module.parameters.get("weight")
        shape = shape_of(weight) if weight is not None else None
        return linear_shape(at, input, shape) if shape is not None else at.result(None, input)


class LazyLinear(Layer):
    """``nn.LazyLinear``: takes whatever comes."""

    @staticmethod
    def build(out_features: Any, bias: Any = TRUE, device: Any = NONE, dtype: Any = NONE) -> dict[str, Shape | None]:
        return {"weight": None, "bias": None}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        known = shape_of(input)
        return at.result((*known[:-1], dim_of(module.arguments["out_features"])) if known else None, input)


class Identity(Layer):
    """``nn.Identity``: gives back what it gets."""

    @staticmethod
    def build(*args: Any, **kwargs: Any) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return input


class Flatten(Layer):
    """``nn.Flatten``."""

    @staticmethod
    def build(start_dim: Any = ONE, end_dim: Any = MINUS_ONE) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return flatten(at, input, module.arguments.get("start_dim", ONE), module.arguments.get("end_dim", MINUS_ONE))


class Embedding(Layer):
    """``nn.Embedding``."""

    @staticmethod
    def build(
        num_embeddings: Any, embedding_dim: Any, padding_idx: Any = NONE, max_norm: Any = NONE, norm_type: Any = NONE,
        scale_grad_by_freq: Any = FALSE, sparse: Any = FALSE, _weight: Any = NONE, _freeze: Any = FALSE,
        device: Any = NONE, dtype: Any = NONE,
    ) -> dict[str, Shape | None]:  # fmt: skip
        return {"weight": (dim_of(num_embeddings), dim_of(embedding_dim))}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        known, weight = shape_of(input), shape_of(module.parameters["weight"])
        shape = (*known, weight[1]) if known is not None and weight is not None else None
        return at.result(shape, input, dtype="float32")


def _recurrent(gates: int) -> type[Layer]:
    class Recurrent(Layer):
        """A recurrent layer: outputs of every step, and the last state."""

        @staticmethod
        def build(
            input_size: Any, hidden_size: Any, num_layers: Any = ONE, bias: Any = TRUE, batch_first: Any = FALSE,
            dropout: Any = ZERO, bidirectional: Any = FALSE, proj_size: Any = ZERO, device: Any = NONE,
            dtype: Any = NONE, nonlinearity: Any = NONE,
        ) -> dict[str, Shape | None]:  # fmt: skip
            inputs, hidden, layers = dim_of(input_size), dim_of(hidden_size), integer(num_layers)
            ways = 2 if truth(bidirectional) else 1
            shapes: dict[str, Shape | None] = {}
            for layer in range(layers or 1):
                width: Dim = inputs if layer == 0 else scale(hidden, ways)
                for suffix in ("", "_reverse")[:ways]:
                    shapes[f"weight_ih_l{layer}{suffix}"] = (scale(hidden, gates), width)
                    shapes[f"weight_hh_l{layer}{suffix}"] = (scale(hidden, gates), hidden)
                    shapes[f"bias_ih_l{layer}{suffix}"] = (scale(hidden, gates),)
                    shapes[f"bias_hh_l{layer}{suffix}"] = (scale(hidden, gates),)
            return shapes

        @staticmethod
        def forward(at: Site, module: Module, input: Value, hx: Value = NONE) -> Value:
            known = shape_of(input)
            ways = truth(module.arguments.get("bidirectional", FALSE))
            shape: Shape | None = None
            if known is not None and len(known) in (2, 3) and ways is not None:
                shape = (*known[:-1], scale(dim_of(module.arguments["hidden_size"]), 2 if ways else 1))
            state: Value = at.result(None, input)
            if gates == 4:
                state = Tuple((state, at.result(None, input)))
            return Tuple((at.result(shape, input), state))

    return Recurrent


LSTM, GRU, RNN = _recurrent(4), _recurrent(3), _recurrent(1)


class MultiheadAttention(Layer):
    """``nn.MultiheadAttention``: the shape of the query comes out, with the weights beside it."""

    stochastic = True

    @staticmethod
    def build(embed_dim: Any, num_heads: Any, *args: Any, **kwargs: Any) -> dict[str, Shape | None]:
        width = dim_of(embed_dim)
        return {
            "in_proj_weight": (scale(width, 3), width),
            "in_proj_bias": (scale(width, 3),),
            "out_proj.weight": (width, width),
            "out_proj.bias": (width,),
        }

    @staticmethod
    def forward(
        at: Site, module: Module, query: Value, key: Value, value: Value, *args: Value, **kwargs: Value
    ) -> Value:
        return Tuple((at.result(shape_of(query), query, key, value), at.result(None, query, key)))


class TransformerEncoderLayer(Layer):
    """``nn.TransformerEncoderLayer``: keeps the shape."""

    stochastic = True

    @staticmethod
    def forward(at: Site, module: Module, src: Value, *args: Value, **kwargs: Value) -> Value:
        return at.result(shape_of(src), src)


class TransformerEncoder(TransformerEncoderLayer):
    """``nn.TransformerEncoder``: keeps the shape."""
