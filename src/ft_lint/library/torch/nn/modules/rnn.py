"""Recurrent layers and cells."""

from __future__ import annotations

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.dtypes import is_whole
from ft_lint.library.torch.nn.signatures import layer, layers
from ft_lint.library.torch.nn.utils.rnn import packed, padded_of
from ft_lint.light import replace
from ft_lint.values.base import NONE, TRUE, Value, integer, is_none, truth
from ft_lint.values.containers import Tuple
from ft_lint.values.shape import Dim, Shape, equal, scale, show, unknown_dim
from ft_lint.values.tensor import Tensor, last_of

MAX_LAYERS = 200
"""Layers whose weights are listed, one by one."""

_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def _weights(gates: int) -> object:
    def weights(
        input_size: Value, hidden_size: Value, num_layers: Value, bias: Value, bidirectional: Value, **settings: Value
    ) -> dict[str, Shape | None] | None:
        inputs, hidden, depth, ways = dim_of(input_size), dim_of(hidden_size), integer(num_layers), truth(bidirectional)
        if depth is None or ways is None or depth > MAX_LAYERS:
            return {"weight_ih_l0": None}
        if depth <= 0:
            raise Refused("rnn", f"{depth} layers", NONE)
        projected = integer(settings.get("proj_size")) or 0
        if projected and isinstance(hidden, int) and projected >= hidden:
            raise Refused("rnn", f"proj_size {projected} must be smaller than hidden_size {hidden}", NONE)
        out: Dim = projected or hidden
        found: dict[str, Shape | None] = {}
        for index in range(depth):
            width = inputs if index == 0 else scale(out, 2 if ways else 1)
            for suffix in ("", "_reverse")[: 2 if ways else 1]:
                found |= _of_layer(f"l{index}{suffix}", gates, hidden, width, out, bias, projected)
        return found

    return weights


def _of_layer(
    name: str, gates: int, hidden: Dim, width: Dim, out: Dim, bias: Value, projected: int
) -> dict[str, Shape | None]:
    rows = scale(hidden, gates)
    found: dict[str, Shape | None] = {f"weight_ih_{name}": (rows, width), f"weight_hh_{name}": (rows, out)}
    if truth(bias) is not False:
        found |= {f"bias_ih_{name}": (rows,), f"bias_hh_{name}": (rows,)}
    return found | ({f"weight_hr_{name}": (projected, hidden)} if projected else {})


def _layer(name: str) -> type[Layer]:
    def run(at: Site, input: Value, hx: Value, input_size: Value, hidden_size: Value, **given: Value) -> Value:
        padded = padded_of(input)
        if padded is not None:
            answer = run(at, padded, hx, input_size, hidden_size, **{**given, "batch_first": TRUE})
            return _packed_again(answer)
        known, depth, ways = shape_of(input), integer(given["num_layers"]), truth(given["bidirectional"])
        first = truth(given["batch_first"])
        if isinstance(input, Tensor) and input.dtype is not None and is_whole(input.dtype):
            raise Refused("rnn", f"it takes floats and gets {input.dtype}", input, form="dtype")
        if known is not None and len(known) not in (2, 3):
            raise Refused("rnn", f"it takes 2 or 3 dimensions and gets {show(known)}", input)
        gets, takes = last_of(input), dim_of(input_size)
        if gets is not None and equal(gets, takes) is False:
            raise Refused("rnn", f"it gets {gets} features and takes {takes}", input, gets=gets, takes=takes)
        if ways is None:
            return _outputs(at, name, (input, hx), None, None, None)
        hidden, projected = dim_of(hidden_size), integer(given.get("proj_size")) or 0
        out: Dim = projected or hidden
        width = scale(out, 2 if ways else 1)
        if known is None and not first:
            return _outputs(at, name, (input, hx), None, None, None, width, out)
        # A sequence without a batch has two dimensions (torch 1.11); who takes a state writes for batches.
        sequence = (*known[:-1], width) if known is not None else None
        if depth is None or first is None:
            return _outputs(at, name, (input, hx), sequence, None, None, width)
        batch = _batch_of(known, first)
        layers_ = depth * (2 if ways else 1)
        state, cell = (layers_, *batch, out), (layers_, *batch, hidden)
        if known is not None:
            _refuse_state(at, name, input, hx, state, cell)
        return _outputs(at, name, (input, hx), sequence, state, cell, width)

    kind = "nonlinearity='tanh', " if name == "RNN" else ""
    projection = ", proj_size=0" if name == "LSTM" else ""
    signature = (
        f"{name}(input_size, hidden_size, num_layers=1, {kind}bias=True, batch_first=False, dropout=0.0, "
        f"bidirectional=False{projection}, device=None, dtype=None)"
    )
    return layer(signature, run, _weights(_GATES[name]), inputs="input, hx=None")  # type: ignore[arg-type]


def _packed_again(answer: Value) -> Value:
    """What a layer gives for packed sequences: those are packed, too, and its state has them in their first order."""
    match answer:
        case Tuple((Tensor() as sequence, last)):
            return Tuple((packed(sequence), last))
    return answer


def _outputs(
    at: Site,
    name: str,
    inputs: tuple[Value, Value],
    sequence: Shape | None,
    state: Shape | None,
    cell: Shape | None,
    width: Dim | None = None,
    out: Dim | None = None,
) -> Value:
    last: Value = replace(at.result(state, *inputs), width=out)
    if name == "LSTM":
        last = Tuple((last, at.result(cell, *inputs)))
    return Tuple((replace(at.result(sequence, *inputs), width=width, steps=sequence is None), last))


def _batch_of(shape: Shape | None, first: bool) -> Shape:
    if shape is None:
        return (unknown_dim(),)
    return () if len(shape) == 2 else (shape[0] if first else shape[1],)


def _refuse_state(at: Site, name: str, input: Value, hx: Value, state: Shape, cell: Shape) -> None:
    from ft_lint.interpreter.items import items_of

    given = [hx]
    if name == "LSTM":
        items = items_of(at.m, hx)
        given = list(items.values) if items is not None else []
    for one, wanted in zip(given, (state, cell), strict=False):
        have = shape_of(one)
        if have is None or is_none(one):
            continue
        if len(have) != len(wanted) or any(equal(a, b) is False for a, b in zip(have, wanted, strict=True)):
            raise Refused("rnn", f"a state of {show(have)} where {show(wanted)} is needed", input)


def _cell(name: str) -> type[Layer]:
    gates = _GATES[name.removesuffix("Cell")]

    def weights(input_size: Value, hidden_size: Value, bias: Value, **settings: Value) -> dict[str, Shape | None]:
        inputs, hidden = dim_of(input_size), dim_of(hidden_size)
        rows = scale(hidden, gates)
        found: dict[str, Shape | None] = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden)}
        return found if truth(bias) is False else found | {"bias_ih": (rows,), "bias_hh": (rows,)}

    def run(at: Site, input: Value, hx: Value, input_size: Value, hidden_size: Value, **given: Value) -> Value:
        known, wanted = shape_of(input), dim_of(input_size)
        shape: Shape | None = None
        if known is not None:
            if len(known) not in (1, 2):
                raise Refused("rnn", f"it takes 1 or 2 dimensions and gets {show(known)}", input)
            if equal(known[-1], wanted) is False:
                why = f"it gets {known[-1]} features and takes {wanted}"
                raise Refused("rnn", why, input, gets=known[-1], takes=wanted)
            shape = (*known[:-1], dim_of(hidden_size))
        result = at.result(shape, input, hx)
        return Tuple((result, result)) if gates == 4 else result

    extra = ", nonlinearity='tanh'" if name == "RNNCell" else ""
    signature = f"{name}(input_size, hidden_size, bias=True{extra}, device=None, dtype=None)"
    return layer(signature, run, weights, inputs="input, hx=None")


LAYERS = layers(*map(_layer, _GATES), *(_cell(f"{name}Cell") for name in _GATES))
