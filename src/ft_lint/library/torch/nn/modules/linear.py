"""Linear, Bilinear, Identity, Flatten, embeddings."""

from __future__ import annotations

import dataclasses
from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch._indexing import one_hot
from ft_lint.library.torch._reshaping import flatten
from ft_lint.library.torch._reshaping import unflatten as unflattened
from ft_lint.library.torch.dtypes import is_whole
from ft_lint.library.torch.nn.signatures import function, functions, layer, layers
from ft_lint.light import replace
from ft_lint.values.base import NONE, Value, integer, is_none, text, truth
from ft_lint.values.module import Module
from ft_lint.values.shape import Dim, Shape, differ_in_general, equal, show
from ft_lint.values.tensor import Tensor, last_of


def linear_shape(at: Site, input: Value, weight: Shape, name: str = "linear") -> Tensor:
    """``input @ weight.T``: the last dimension must be ``weight``'s last."""
    known, gets, takes = shape_of(input), last_of(input), weight[-1]
    if isinstance(input, Tensor) and input.dtype is not None and is_whole(input.dtype):
        raise Refused(name, f"it takes floats and gets {input.dtype}", input, form="dtype")
    if known == ():
        raise Refused(name, "it takes at least 1 dimension", input)
    one_row = isinstance(input, Tensor) and input.folding is not None
    if gets is not None and (equal(gets, takes) is False or (one_row and differ_in_general(gets, takes))):
        raise Refused(name, f"it gets {gets} features and takes {takes}", input, gets=gets, takes=takes)
    if known is None:
        return replace(at.result(None, input), width=weight[0] if len(weight) == 2 else None)
    shape = (*known[:-1], *weight[:-1])
    return replace(at.result(shape, input), order=tuple(range(len(shape))))


def _linear_weights(in_features: Value, out_features: Value, bias: Value, **settings: Value) -> dict[str, Shape | None]:
    out = dim_of(out_features)
    weights: dict[str, Shape | None] = {"weight": (out, dim_of(in_features))}
    return weights if truth(bias) is False else weights | {"bias": (out,)}


def _linear(at: Site, input: Value, **settings: Value) -> Value:
    weight = at.module.parameters.get("weight") if at.module is not None else None
    shape = shape_of(weight) if weight is not None else None
    result = linear_shape(at, input, shape) if shape is not None else at.result(None, input)
    return replace(result, affine=at.module)


def _lazy(at: Site, input: Value, out_features: Value, **settings: Value) -> Value:
    known = shape_of(input)
    if known == ():
        raise Refused("linear", "it takes at least 1 dimension", input)
    return at.result((*known[:-1], dim_of(out_features)) if known else None, input)


def _lazy_weights(bias: Value, **settings: Value) -> dict[str, Shape | None]:
    return {"weight": None} if truth(bias) is False else {"weight": None, "bias": None}


def linear(at: Site, input: Value, weight: Value, bias: Value = NONE) -> Value:
    """``F.linear``."""
    shape = shape_of(weight)
    if shape is None:
        return at.result(None, input, weight, bias)
    if len(shape) not in (1, 2):
        raise Refused("linear", f"a weight of 1 or 2 dimensions is needed, not {show(shape)}", input)
    result = linear_shape(at, input, shape)
    offset = shape_of(bias)
    matters = not is_none(bias) and bool(offset) and offset != (1,) and len(shape) == 2
    if matters and offset is not None and equal(offset[0], shape[0]) is False:
        raise Refused("linear", f"a bias of {show(offset)} for {shape[0]} features", input)
    return at.result(shape_of(result), input, weight, bias)


def _bilinear_weights(
    in1_features: Value, in2_features: Value, out_features: Value, bias: Value, **settings: Value
) -> dict[str, Shape | None]:
    out = dim_of(out_features)
    weights: dict[str, Shape | None] = {"weight": (out, dim_of(in1_features), dim_of(in2_features))}
    return weights if truth(bias) is False else weights | {"bias": (out,)}


def _bilinear(at: Site, input1: Value, input2: Value, **given: Value) -> Value:
    wanted = dim_of(given["in1_features"]), dim_of(given["in2_features"])
    return _bilinear_shape(at, input1, input2, wanted, dim_of(given["out_features"]))


def _bilinear_shape(at: Site, input1: Value, input2: Value, wanted: tuple[Dim, Dim], out: Dim) -> Value:
    first, second = shape_of(input1), shape_of(input2)
    if first is None or second is None:
        return at.result(None, input1, input2)
    if len(first) != len(second) or any(equal(a, b) is False for a, b in zip(first[:-1], second[:-1], strict=True)):
        raise Refused("bilinear", f"{show(first)} and {show(second)} differ before the last dimension", input1)
    for shape, count in ((first, wanted[0]), (second, wanted[1])):
        if not shape or equal(shape[-1], count) is False:
            gets = shape[-1] if shape else 0
            raise Refused("bilinear", f"it gets {gets} features and takes {count}", input1, gets=gets, takes=count)
    return at.result((*first[:-1], out), input1, input2)


def bilinear(at: Site, input1: Value, input2: Value, weight: Value, bias: Value = NONE) -> Value:
    """``F.bilinear``."""
    shape = shape_of(weight)
    if shape is None or len(shape) != 3:
        return at.result(None, input1, input2, weight, bias)
    return _bilinear_shape(at, input1, input2, (shape[1], shape[2]), shape[0])


class Identity(Layer):
    """``nn.Identity``: gives back what it gets."""

    @staticmethod
    def build(*args: Any, **kwargs: Any) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        return input


# --- embeddings ---------------------------------------------------------------------------------


def _embedding_weights(num_embeddings: Value, embedding_dim: Value, **settings: Value) -> dict[str, Shape | None]:
    count, padding = dim_of(num_embeddings), integer(settings.get("padding_idx"))
    if padding is not None and isinstance(count, int) and not -count <= padding < count:
        raise Refused("embedding", f"padding_idx {padding} of {count} embeddings", NONE)
    return {"weight": (count, dim_of(embedding_dim))}


def _looked_up(at: Site, input: Value, weight: Value) -> Value:
    known, shape = shape_of(input), shape_of(weight)
    if isinstance(input, Tensor) and input.dtype not in (None, "int64", "int32"):
        raise Refused("embedding", f"it takes int64 or int32 and gets {input.dtype}", input)
    if shape is not None and len(shape) != 2:
        raise Refused("embedding", f"a weight of 2 dimensions is needed, not {show(shape)}", input)
    whole = (*known, shape[1]) if known is not None and shape is not None else None
    dtype = weight.dtype if isinstance(weight, Tensor) else None
    width = shape[1] if shape is not None and whole is None else None
    return replace(at.result(whole, input), dtype=dtype, width=width)


def _embedding(at: Site, input: Value, **settings: Value) -> Value:
    assert at.module is not None
    return _looked_up(at, input, at.module.parameters["weight"])


def embedding(at: Site, input: Value, weight: Value, **settings: Value) -> Value:
    """``F.embedding``."""
    found = _looked_up(at, input, weight)
    result = at.result(shape_of(found), input, weight)
    return replace(result, dtype=found.dtype if isinstance(found, Tensor) else None)


def _bags(at: Site, input: Value, offsets: Value, width: Dim, mode: Value) -> Value:
    known = shape_of(input)
    if isinstance(input, Tensor) and input.dtype not in (None, "int64", "int32"):
        raise Refused("embedding_bag", f"it takes int64 or int32 and gets {input.dtype}", input)
    if text(mode) not in (None, "sum", "mean", "max"):
        raise Refused("embedding_bag", f"there is no mode {text(mode)!r}", input)
    if known is None:
        return at.result(None, input)
    if len(known) == 2:
        if not is_none(offsets):
            raise Refused("embedding_bag", "offsets go with inputs of one dimension only", input)
        return at.result((known[0], width), input, dtype="float32")
    if len(known) != 1 or is_none(offsets):
        raise Refused("embedding_bag", f"it takes 2 dimensions, or 1 with offsets, and gets {show(known)}", input)
    bags = shape_of(offsets)
    return at.result((bags[0], width) if bags is not None and len(bags) == 1 else None, input, dtype="float32")


def _embedding_bag(at: Site, input: Value, offsets: Value, per_sample_weights: Value, **given: Value) -> Value:
    return _bags(at, input, offsets, dim_of(given["embedding_dim"]), given["mode"])


def embedding_bag(at: Site, input: Value, weight: Value, offsets: Value, mode: Value, **settings: Value) -> Value:
    """``F.embedding_bag``."""
    shape = shape_of(weight)
    if shape is None or len(shape) != 2:
        return at.result(None, input, weight)
    return at.result(shape_of(_bags(at, input, offsets, shape[1], mode)), weight)


# --- distances ----------------------------------------------------------------------------------


def cosine_similarity(at: Site, x1: Value, x2: Value, dim: Value, eps: Value) -> Value:
    """``cosine_similarity``: a dimension less."""
    from ft_lint.library.torch._arguments import axis
    from ft_lint.library.torch._elementwise import common_shape

    shape = common_shape("cosine_similarity", x1, x2)
    if shape is None:
        return at.result(None, x1, x2)
    position = axis("cosine_similarity", dim, len(shape), x1)
    return at.result(tuple(d for i, d in enumerate(shape) if i != position) if position is not None else None, x1, x2)


def pairwise_distance(at: Site, x1: Value, x2: Value, p: Value, eps: Value, keepdim: Value) -> Value:
    """``pairwise_distance``: over the last dimension."""
    from ft_lint.library.torch._elementwise import common_shape

    shape, keep = common_shape("pairwise_distance", x1, x2), truth(keepdim)
    if shape is None or keep is None:
        return at.result(None, x1, x2)
    return at.result((*shape[:-1], *((1,) if keep and shape else ())), x1, x2)


_EMBEDDING = "padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False"
_FACTORY = "device=None, dtype=None"


def _flatten_layer(at: Site, input: Value, start_dim: Value, end_dim: Value) -> Value:
    return flatten(at, input, start_dim, end_dim)


def _unflatten_layer(at: Site, input: Value, dim: Value, unflattened_size: Value) -> Value:
    return unflattened(at, input, dim, unflattened_size)


LAYERS = layers(
    layer(f"Linear(in_features, out_features, bias=True, {_FACTORY})", _linear, _linear_weights),
    layer(f"LazyLinear(out_features, bias=True, {_FACTORY})", _lazy, _lazy_weights),
    layer(
        f"Bilinear(in1_features, in2_features, out_features, bias=True, {_FACTORY})",
        _bilinear,
        _bilinear_weights,
        inputs="input1, input2",
    ),
    Identity,
    layer("Flatten(start_dim=1, end_dim=-1)", _flatten_layer),
    layer("Unflatten(dim, unflattened_size)", _unflatten_layer),
    layer(
        f"Embedding(num_embeddings, embedding_dim, {_EMBEDDING}, _weight=None, _freeze=False, {_FACTORY})",
        _embedding,
        _embedding_weights,
    ),
    layer(
        "EmbeddingBag(num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, "
        f"mode='mean', sparse=False, _weight=None, include_last_offset=False, padding_idx=None, {_FACTORY})",
        _embedding_bag,
        _embedding_weights,
        inputs="input, offsets=None, per_sample_weights=None",
    ),
    layer("CosineSimilarity(dim=1, eps=1e-08)", cosine_similarity, inputs="x1, x2"),
    layer("PairwiseDistance(p=2.0, eps=1e-06, keepdim=False)", pairwise_distance, inputs="x1, x2"),
)
FUNCTIONS = functions(
    function("linear(input, weight, bias=None)", linear),
    function("bilinear(input1, input2, weight, bias=None)", bilinear),
    function(f"embedding(input, weight, {_EMBEDDING})", embedding),
    function(
        "embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode='mean', "
        "sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None)",
        embedding_bag,
    ),
    function("one_hot(tensor, num_classes=-1)", one_hot),
    function("cosine_similarity(x1, x2, dim=1, eps=1e-08)", cosine_similarity),
    function("pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False)", pairwise_distance),
)
