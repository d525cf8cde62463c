"""Attention and the layers of transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ft_lint.interpreter.calls import call
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.nn.modules.normalization import note_dropout
from ft_lint.library.torch.nn.signatures import function, functions, layer, layers
from ft_lint.library.torch.shapes import ShapeError, broadcast
from ft_lint.light import replace
from ft_lint.values.base import NONE, TRUE, Constant, Value, integer, is_none, number, truth
from ft_lint.values.callables import Reference
from ft_lint.values.containers import Tuple
from ft_lint.values.module import Module, further_children
from ft_lint.values.shape import Dim, Shape, equal, modulo, scale, show
from ft_lint.values.tensor import Tensor, last_of


def _heads(operation: str, width: Dim, heads: Value) -> None:
    count = integer(heads)
    if count is not None and (count <= 0 or equal(modulo(width, count), 0) is False):
        raise Refused(operation, f"a width of {width} cannot be divided among {count} heads", NONE)


def _attention_weights(embed_dim: Value, num_heads: Value, bias: Value, **given: Value) -> dict[str, Shape | None]:
    width = dim_of(embed_dim)
    _heads("attention", width, num_heads)
    keys, values = (width if is_none(given[name]) else dim_of(given[name]) for name in ("kdim", "vdim"))
    found: dict[str, Shape | None]
    if keys == width and values == width:
        found = {"in_proj_weight": (scale(width, 3), width)}
    else:
        found = {"q_proj_weight": (width, width), "k_proj_weight": (width, keys), "v_proj_weight": (width, values)}
    if truth(bias) is not False:
        found["in_proj_bias"] = (scale(width, 3),)
    if truth(given["add_bias_kv"]):
        found |= {"bias_k": (1, 1, width), "bias_v": (1, 1, width)}
    return found


def _attend(
    at: Site, query: Value, key: Value, value: Value, need_weights: Value, average_attn_weights: Value, **given: Value
) -> Value:
    known, keys, values = shape_of(query), shape_of(key), shape_of(value)
    first, width = truth(given["batch_first"]), dim_of(given["embed_dim"])
    outputs = _of_width(at.result(known, query, key, value), given["embed_dim"])
    if known is None or keys is None or values is None:
        return Tuple((outputs, at.unknown("attention weights")))
    if len(known) not in (2, 3) or len(keys) != len(known) or len(values) != len(known):
        raise Refused("attention", f"query, key and value of {show(known)}, {show(keys)}, {show(values)}", query)
    widths = (width, *(width if is_none(given[name]) else dim_of(given[name]) for name in ("kdim", "vdim")))
    for shape, wanted in zip((known, keys, values), widths, strict=True):
        if equal(shape[-1], wanted) is False:
            why = f"it gets {shape[-1]} features and takes {wanted}"
            raise Refused("attention", why, query, gets=shape[-1], takes=wanted)
    if first is None:
        return Tuple((outputs, at.unknown("attention weights")))
    batch, length = ((), 0) if len(known) == 2 else ((known[0],), 1) if first else ((known[1],), 0)
    _refuse_pairs(query, known, keys, values, length)
    sizes = (*batch, *_per_head(average_attn_weights, given["num_heads"]), known[length], keys[length])
    extended = truth(given["add_zero_attn"]) is not False or truth(given["add_bias_kv"]) is not False
    if truth(need_weights) is False:
        return Tuple((outputs, NONE))
    if extended or truth(need_weights) is None or truth(average_attn_weights) is None:
        return Tuple((outputs, at.unknown("attention weights")))
    return Tuple((outputs, at.result(sizes, query, key)))


def _refuse_pairs(query: Value, known: Shape, keys: Shape, values: Shape, length: int) -> None:
    """Keys and values are as many; all come in batches of one size."""
    if any(equal(a, b) is False for a, b in zip(keys[:-1], values[:-1], strict=True)):
        raise Refused("attention", f"keys of {show(keys)} and values of {show(values)}", query)
    if len(known) == 3 and equal(known[1 - length], keys[1 - length]) is False:
        raise Refused("attention", f"batches of {known[1 - length]} and {keys[1 - length]}", query)


def _per_head(average: Value, heads: Value) -> Shape:
    return () if truth(average) else (dim_of(heads),)


def _child(at: Site, module: Module, name: str, path: str, *args: Value, **settings: Value) -> None:
    at.m.store.write(module.children, name, call(at.m, Reference(path), Arguments(args, settings), at.node))


def _refuse_width(operation: str, input: Value, width: Value) -> Shape | None:
    known, gets, wanted = shape_of(input), last_of(input), dim_of(width)
    if known is not None and len(known) not in (2, 3):
        raise Refused(operation, f"it takes 2 or 3 dimensions and gets {show(known)}", input)
    if gets is not None and equal(gets, wanted) is False:
        raise Refused(operation, f"it gets {gets} features and takes {wanted}", input, gets=gets, takes=wanted)
    return known


def _of_width(result: Tensor, width: Value) -> Tensor:
    """What a block gives: as many features as it takes."""
    return replace(result, width=dim_of(width)) if result.shape is None else result


def _encode(at: Site, src: Value, d_model: Value, **settings: Value) -> Value:
    return _of_width(at.result(_refuse_width("transformer", src, d_model), src), d_model)


def _decode(at: Site, tgt: Value, memory: Value, d_model: Value, **settings: Value) -> Value:
    known, other = _refuse_width("transformer", tgt, d_model), _refuse_width("transformer", memory, d_model)
    if known is not None and other is not None and len(known) != len(other):
        raise Refused("transformer", f"{show(known)} and {show(other)}", tgt)
    return _of_width(at.result(known, tgt, memory), d_model)


def _checked(d_model: Value, nhead: Value, **settings: Value) -> dict[str, Shape | None]:
    _heads("transformer", dim_of(d_model), nhead)
    return {}


def _parts(names: Callable[[dict[str, Value]], list[tuple[str, str, tuple[Value, ...]]]]) -> Any:
    def fill(at: Site, module: Module) -> None:
        bias = {"bias": module.arguments["bias"]}
        for name, path, args in names(module.arguments):
            extra = bias if path.endswith(("Linear", "LayerNorm", "MultiheadAttention")) else {}
            if path.endswith("MultiheadAttention"):
                extra = extra | {"batch_first": module.arguments["batch_first"]}
            _child(at, module, name, path, *args, **extra)

    return fill


def _block(attentions: tuple[str, ...]) -> Any:
    def names(given: dict[str, Value]) -> list[tuple[str, str, tuple[Value, ...]]]:
        width, inner, rate = given["d_model"], given["dim_feedforward"], given["dropout"]
        count = len(attentions) + 1
        return [
            *((name, "torch.nn.MultiheadAttention", (width, given["nhead"], rate)) for name in attentions),
            ("linear1", "torch.nn.Linear", (width, inner)),
            ("dropout", "torch.nn.Dropout", (rate,)),
            ("linear2", "torch.nn.Linear", (inner, width)),
            *((f"norm{index}", "torch.nn.LayerNorm", (width,)) for index in range(1, count + 1)),
            *((f"dropout{index}", "torch.nn.Dropout", (rate,)) for index in range(1, count + 1)),
        ]

    return _parts(names)


def _projection(at: Site, module: Module) -> None:
    width = module.arguments["embed_dim"]
    _child(at, module, "out_proj", "torch.nn.Linear", width, width, bias=module.arguments["bias"])


_BLOCK = (
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, batch_first=False, "
    "norm_first=False, bias=True, device=None, dtype=None"
)


def _with_fill(made: type[Layer], fill: Any) -> type[Layer]:
    return type(made.__name__, (made,), {"fill": staticmethod(fill), "__doc__": made.__doc__})


MultiheadAttention = _with_fill(
    layer(
        "MultiheadAttention(embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, "
        "kdim=None, vdim=None, batch_first=False, device=None, dtype=None)",
        _attend,
        _attention_weights,
        inputs="query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, "
        "average_attn_weights=True, is_causal=False",
        stochastic=True,
    ),
    _projection,
)
TransformerEncoderLayer = _with_fill(
    layer(
        f"TransformerEncoderLayer({_BLOCK})",
        _encode,
        _checked,
        inputs="src, src_mask=None, src_key_padding_mask=None, is_causal=False",
        stochastic=True,
    ),
    _block(("self_attn",)),
)
TransformerDecoderLayer = _with_fill(
    layer(
        f"TransformerDecoderLayer({_BLOCK})",
        _decode,
        _checked,
        inputs="tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None, "
        "tgt_is_causal=False, memory_is_causal=False",
        stochastic=True,
    ),
    _block(("self_attn", "multihead_attn")),
)


MAX_BLOCKS = 200
"""Copies of a block that are made, one by one."""


def _copies(kind: str) -> Any:
    """The stack of a given block: as many copies."""

    def fill(at: Site, module: Module) -> None:
        from ft_lint.library.copy import deepcopy

        block, count = module.arguments[kind], integer(module.arguments["num_layers"])
        if not isinstance(block, Module) or count is None or count > MAX_BLOCKS:
            further_children(module)
            return
        stack = call(at.m, Reference("torch.nn.ModuleList"), Arguments(()), at.node)
        if isinstance(stack, Module):
            for index in range(count):
                at.m.store.write(stack.children, str(index), deepcopy(at, block))
            at.m.store.write(module.children, "layers", stack)
        if isinstance(module.arguments["norm"], Module):
            at.m.store.write(module.children, "norm", module.arguments["norm"])

    return fill


def _width_of(block: Value) -> Value:
    return block.arguments.get("d_model", NONE) if isinstance(block, Module) else NONE


def _encode_stack(at: Site, src: Value, encoder_layer: Value, **settings: Value) -> Value:
    width = _width_of(encoder_layer)
    return at.result(shape_of(src), src) if is_none(width) else _encode(at, src, width)


def _decode_stack(at: Site, tgt: Value, memory: Value, decoder_layer: Value, **settings: Value) -> Value:
    width = _width_of(decoder_layer)
    return at.result(shape_of(tgt), tgt, memory) if is_none(width) else _decode(at, tgt, memory, width)


TransformerEncoder = _with_fill(
    layer(
        "TransformerEncoder(encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True)",
        _encode_stack,
        inputs="src, mask=None, src_key_padding_mask=None, is_causal=None",
        stochastic=True,
    ),
    _copies("encoder_layer"),
)
TransformerDecoder = _with_fill(
    layer(
        "TransformerDecoder(decoder_layer, num_layers, norm=None)",
        _decode_stack,
        inputs="tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None, "
        "tgt_is_causal=None, memory_is_causal=False",
        stochastic=True,
    ),
    _copies("decoder_layer"),
)


def _translate(at: Site, src: Value, tgt: Value, d_model: Value, **settings: Value) -> Value:
    known, other = _refuse_width("transformer", src, d_model), _refuse_width("transformer", tgt, d_model)
    first = truth(settings["batch_first"])
    if known is not None and other is not None:
        if len(known) != len(other):
            raise Refused("transformer", f"{show(known)} and {show(other)}", src)
        place = 0 if first else 1
        if len(known) == 3 and first is not None and equal(known[place], other[place]) is False:
            raise Refused("transformer", f"batches of {known[place]} and {other[place]}", src)
    return at.result(other, src, tgt)


def _translator(at: Site, module: Module) -> None:
    given = module.arguments
    shared = {name: given[name] for name in ("nhead", "dim_feedforward", "dropout", "batch_first", "bias")}
    norm = Reference("torch.nn.LayerNorm")
    for side in ("encoder", "decoder"):
        path = f"torch.nn.Transformer{side.capitalize()}"
        block = call(at.m, Reference(f"{path}Layer"), Arguments((given["d_model"],), shared), at.node)
        last = call(at.m, norm, Arguments((given["d_model"],), {"bias": given["bias"]}), at.node)
        _child(at, module, side, path, block, given[f"num_{side}_layers"], last)


Transformer = _with_fill(
    layer(
        "Transformer(d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, "
        "dropout=0.1, activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, "
        "batch_first=False, norm_first=False, bias=True, device=None, dtype=None)",
        _translate,
        _checked,
        inputs="src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None, "
        "tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None, "
        "memory_is_causal=False",
        stochastic=True,
    ),
    _translator,
)


def scaled_dot_product_attention(at: Site, query: Value, key: Value, value: Value, **settings: Value) -> Value:
    """``scaled_dot_product_attention``: ``(..., L, E), (..., S, E), (..., S, Ev) -> (..., L, Ev)``."""
    note_dropout(at, "scaled_dot_product_attention", settings.get("dropout_p", Constant(0.0)), TRUE, False)
    shapes = [shape_of(one) for one in (query, key, value)]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < 3:
        return at.result(None, query, key, value)
    for shape in known:
        if len(shape) < 2:
            raise Refused("attention", f"it takes at least 2 dimensions and gets {show(shape)}", query)
    q, k, v = known
    if equal(q[-1], k[-1]) is False:
        raise Refused("attention", f"queries of {q[-1]} features and keys of {k[-1]}", query, gets=k[-1], takes=q[-1])
    if number(settings.get("dropout_p")) is None and truth(settings.get("enable_gqa")):
        return at.result(None, query, key, value)
    try:
        lead = broadcast(broadcast(q[:-2], k[:-2]), v[:-2])
    except ShapeError as error:
        if truth(settings.get("enable_gqa")) is not False:
            return at.result(None, query, key, value)
        raise Refused("attention", error.why, query) from error
    return at.result((*lead, q[-2], v[-1]), query, key, value)


LAYERS = layers(
    MultiheadAttention,
    TransformerEncoderLayer,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerDecoder,
    Transformer,
)
FUNCTIONS = functions(
    function(
        "scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, "
        "enable_gqa=False)",
        scaled_dot_product_attention,
    )
)
