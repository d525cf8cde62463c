"""Random examples of torch's functions and a tensor's methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from hypothesis import strategies as st

from ft_lint.library.torch import _elementwise
from ft_lint.library.torch.dtypes import OF_CLASSES
from operations.catalogue import operation
from operations.drawing import (
    BOOLS,
    DTYPES,
    FLOATS,
    SIZES,
    Draw,
    broadcastable,
    call,
    dim,
    dims,
    either,
    one,
    shape,
)
from operations.example import Example, Input


def real(function: Callable[[Draw, str], Example]) -> Callable[[Draw, str], Example]:
    """Examples that torch computes with values: see :class:`Example`."""
    return wraps(function)(lambda draw, name: replace(function(draw, name), real=True))


def _paths(*names: str) -> list[str]:
    return [f"torch.{name}" for name in names]


# --- each element -------------------------------------------------------------------------------

_ONE = [*_elementwise.FLOATING, *_elementwise.KEEPING, *_elementwise.TRUTHS]
_FLOATS_ONLY = {"frac", "lgamma", "digamma", "logit", "positive", "neg", "negative", "trunc", "fix", "sgn", "sign"}
_NO_METHOD = {"isposinf_"}


@operation(*_paths(*_ONE))
def unary(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    dtype = draw(FLOATS if plain in _FLOATS_ONLY else DTYPES.filter(lambda found: found != "bool"))
    return one(call(draw, either(draw, name), "x"), shape(draw, empty=True), dtype)


_NUMBERS = st.sampled_from(["2", "3", "0.5", "True"])


@operation(
    *_paths(*_elementwise.ARITHMETIC, *_elementwise.DIVISION, *_elementwise.COMPARISONS, *_elementwise.ORDERINGS)
)
def binary(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    first = shape(draw, empty=True)
    dtypes = DTYPES.filter(lambda found: found != "bool")
    left = Input(first, draw(dtypes))
    written = either(draw, name)
    tensors_only = ("maximum", "minimum", "fmax", "fmin")
    if plain not in tensors_only and draw(st.integers(0, 2)) == 0:
        numbers = st.sampled_from(["2", "3", "0.5"])
        return Example(call(draw, written, "x", draw(numbers)), {"x": left})
    right = Input(broadcastable(draw, first), draw(dtypes))
    return Example(call(draw, written, "x", "y"), {"x": left, "y": right})


@operation(*_paths(*_elementwise.FLOATING_PAIRS, *_elementwise.LOGICAL))
def pairs(draw: Draw, name: str) -> Example:
    first = shape(draw)
    inputs = {"x": Input(first, draw(DTYPES)), "y": Input(broadcastable(draw, first), draw(DTYPES))}
    return Example(call(draw, either(draw, name), "x", "y"), inputs)


@operation(*_paths(*_elementwise.BITWISE))
@real
def bitwise(draw: Draw, name: str) -> Example:
    first = shape(draw)
    dtypes = st.sampled_from(["int64", "int32", "bool", "uint8", "float32"])
    inputs = {"x": Input(first, draw(dtypes)), "y": Input(broadcastable(draw, first), draw(dtypes))}
    sign = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}[name.rpartition(".")[2]]
    return Example(draw(st.sampled_from([call(draw, either(draw, name), "x", "y"), f"x {sign} y"])), inputs)


@operation("operators")
def operators(draw: Draw, name: str) -> Example:
    first = shape(draw, empty=True)
    dtypes = DTYPES.filter(lambda found: found != "bool")
    sign = draw(st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">=", ">", "<="]))
    left, right = Input(first, draw(dtypes)), Input(broadcastable(draw, first), draw(dtypes))
    match draw(st.integers(0, 3)):
        case 0:
            return Example(f"x {sign} {draw(st.sampled_from(['2', '0.5', 'True', '3']))}", {"x": left})
        case 1:
            return Example(f"{draw(st.sampled_from(['2', '0.5']))} {sign} x", {"x": left})
        case 2:
            return Example(f"-x {sign} y", {"x": left, "y": right}) if sign != "**" else Example("-x", {"x": left})
    return Example(f"x {sign} y", {"x": left, "y": right})


@operation(*_paths("clamp", "clip"))
def clamp(draw: Draw, name: str) -> Example:
    first = shape(draw)
    bounds = draw(st.sampled_from(["0", "0, 1", "min=0.5", "max=2", "0.0, 1.5", "None, 3", "min=y"]))
    inputs = {"x": Input(first, draw(st.sampled_from(["float32", "int64"])))}
    return Example(call(draw, either(draw, name), "x", bounds), inputs | {"y": Input(broadcastable(draw, first))})


@operation("torch.where")
def where(draw: Draw, name: str) -> Example:
    first = shape(draw)
    dtypes = st.sampled_from(["float32", "float64", "int64"])
    inputs = {"c": Input(broadcastable(draw, first), "bool"), "x": Input(first, draw(dtypes))}
    if draw(BOOLS):
        return Example(f"torch.where(c, x, {draw(st.sampled_from(['0.0', '1', 'x']))})", inputs)
    inputs["y"] = Input(broadcastable(draw, first), draw(dtypes))
    return Example(draw(st.sampled_from(["torch.where(c, x, y)", "x.where(c, y)"])), inputs)


@operation("torch.lerp")
def lerp(draw: Draw, name: str) -> Example:
    first = shape(draw)
    dtypes = st.sampled_from(["float32", "float32", "float32", "float64"])
    inputs = {"x": Input(first, draw(dtypes)), "y": Input(broadcastable(draw, first), draw(dtypes))}
    return Example(call(draw, either(draw, name), "x", "y", "0.5"), inputs)


@operation(*_paths("addcmul", "addcdiv"))
def addcmul(draw: Draw, name: str) -> Example:
    first = shape(draw)
    inputs = {"x": Input(first), "y": Input(broadcastable(draw, first)), "z": Input(broadcastable(draw, first))}
    return Example(call(draw, either(draw, name), "x", "y", "z"), inputs)


@operation(*_paths("softmax", "log_softmax"))
@real
def softmax(draw: Draw, name: str) -> Example:
    sizes = shape(draw, empty=True)
    more = draw(st.sampled_from(["", ", dtype=torch.float64"]))
    return one(call(draw, either(draw, name), "x", f"{dim(draw, len(sizes))}{more}"), sizes, draw(FLOATS))


@operation("torch.sigmoid")
def sigmoid(draw: Draw, name: str) -> Example:
    return one(call(draw, either(draw, name), "x"), shape(draw), draw(DTYPES))


# --- shapes -------------------------------------------------------------------------------------


def _view_sizes(draw: Draw, sizes: tuple[int, ...]) -> list[int]:
    """Sizes that mostly hold as many numbers."""
    total = 1
    for size in sizes:
        total *= size
    wanted: list[int] = []
    rest = total
    for _ in range(draw(st.integers(0, 3))):
        factor = draw(st.sampled_from([n for n in range(1, rest + 1) if rest % n == 0] or [1]))
        wanted.append(factor)
        rest //= factor
    wanted.append(rest)
    if draw(BOOLS):
        wanted[draw(st.integers(0, len(wanted) - 1))] = -1
    if draw(st.integers(0, 5)) == 0:
        wanted.insert(draw(st.integers(0, len(wanted))), draw(st.integers(-1, 4)))
    return wanted


@operation("torch.reshape", "torch.Tensor.view")
def view(draw: Draw, name: str) -> Example:
    sizes = shape(draw, empty=True)
    wanted = _view_sizes(draw, sizes)
    if name == "torch.reshape" and draw(BOOLS):
        return one(f"torch.reshape(x, {wanted})", sizes)
    method = "reshape" if name == "torch.reshape" else "view"
    written = ", ".join(map(str, wanted)) if draw(BOOLS) else str(tuple(wanted))
    return one(f"x.{method}({written})", sizes, draw(DTYPES))


@operation("torch.Tensor.view_as", "torch.Tensor.reshape_as", "torch.Tensor.expand_as")
def as_other(draw: Draw, name: str) -> Example:
    sizes = shape(draw)
    if name == ".expand_as":
        return Example("x.expand_as(y)", {"x": Input(broadcastable(draw, sizes)), "y": Input(sizes)})
    wanted = tuple(abs(size) for size in _view_sizes(draw, sizes))
    return Example(f"x{name}(y)", {"x": Input(sizes), "y": Input(wanted)})


@operation("torch.flatten")
def flatten(draw: Draw, name: str) -> Example:
    sizes = shape(draw, empty=True)
    given = draw(st.sampled_from(["", "{a}", "{a}, {b}", "start_dim={a}", "end_dim={b}"]))
    written = given.format(a=dim(draw, len(sizes)), b=dim(draw, len(sizes)))
    return one(call(draw, either(draw, name), "x", *([written] if written else [])), sizes)


@operation("torch.ravel")
def ravel(draw: Draw, name: str) -> Example:
    return one(call(draw, either(draw, name), "x"), shape(draw, empty=True))


@operation("torch.unflatten")
def unflatten(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1)
    position = dim(draw, len(sizes))
    inner = _view_sizes(draw, (sizes[position],)) if -len(sizes) <= position < len(sizes) else [2]
    return one(call(draw, either(draw, name), "x", str(position), str(tuple(inner))), sizes)


@operation("torch.squeeze")
def squeeze(draw: Draw, name: str) -> Example:
    sizes = tuple(draw(st.lists(st.sampled_from([1, 1, 2, 3]), max_size=4)))
    given = draw(st.sampled_from(["", str(dim(draw, len(sizes))), dims(draw, len(sizes))]))
    return one(call(draw, either(draw, name), "x", *([given] if given not in ("", "None") else [])), sizes)


@operation("torch.unsqueeze")
def unsqueeze(draw: Draw, name: str) -> Example:
    sizes = shape(draw)
    return one(call(draw, either(draw, name), "x", str(dim(draw, len(sizes) + 1))), sizes)


@operation(*_paths("transpose", "swapaxes", "swapdims"))
def transpose(draw: Draw, name: str) -> Example:
    sizes = shape(draw)
    return one(call(draw, either(draw, name), "x", str(dim(draw, len(sizes))), str(dim(draw, len(sizes)))), sizes)


@operation("torch.t")
def t(draw: Draw, name: str) -> Example:
    return one(draw(st.sampled_from(["torch.t(x)", "x.t()"])), shape(draw, 0, 3))


@operation("attributes")
def attributes(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 2, 4)
    written = draw(st.sampled_from(["x.mT", "x.shape", "x.ndim", "x.shape[0]", "x.shape[-1]", "len(x)", "x.size()"]))
    return one(written, sizes)


@operation("torch.permute")
def permute(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1)
    order = draw(st.permutations(range(len(sizes))))
    if draw(st.integers(0, 4)) == 0:
        order = draw(st.sampled_from([order[:-1], [*order, 0], [dim(draw, len(sizes)) for _ in sizes]]))
    if draw(BOOLS):
        return one(f"torch.permute(x, {tuple(order)})", sizes)
    written = str(tuple(order)) if not order or draw(BOOLS) else ", ".join(map(str, order))
    return one(f"x.permute({written})", sizes)


@operation(*_paths("movedim", "moveaxis"))
def movedim(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1)
    if draw(BOOLS):
        given = [str(dim(draw, len(sizes))), str(dim(draw, len(sizes)))]
    else:
        count = draw(st.integers(1, len(sizes)))
        given = [str(tuple(draw(st.permutations(range(len(sizes))))[:count])) for _ in range(2)]
    return one(call(draw, either(draw, name), "x", *given), sizes)


@operation("torch.broadcast_to", "torch.Tensor.expand")
def expand(draw: Draw, name: str) -> Example:
    wanted = shape(draw, 1)
    sizes = broadcastable(draw, wanted)
    asked = [draw(st.sampled_from([size, size, size, -1])) for size in wanted]
    written = str(tuple(asked)) if name != ".expand" or draw(BOOLS) else ", ".join(map(str, asked))
    return one(call(draw, name, "x", written), sizes)


@operation("torch.tile", "torch.Tensor.repeat")
def repeat(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    times = draw(st.lists(st.integers(0, 3), min_size=max(len(sizes) - 1, 1), max_size=4))
    written = str(tuple(times)) if name != ".repeat" or draw(BOOLS) else ", ".join(map(str, times))
    return one(call(draw, name, "x", written), sizes)


@operation("torch.repeat_interleave")
@real
def repeat_interleave(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    given = [str(draw(st.integers(0, 3)))]
    if draw(BOOLS):
        given.append(f"dim={dim(draw, len(sizes))}")
    return one(call(draw, either(draw, name), "x", *given), sizes)


def _alike(draw: Draw, along: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that mostly differs along one dimension only."""
    found = list(sizes)
    if found and -len(found) <= along < len(found):
        found[along] = draw(SIZES)
    if found and draw(st.integers(0, 6)) == 0:
        found[draw(st.integers(0, len(found) - 1))] = draw(SIZES)
    return tuple(found) if draw(st.integers(0, 9)) else (*found, 1)


@operation(*_paths("cat", "concat", "concatenate"))
def cat(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    along = dim(draw, len(sizes))
    dtypes = st.sampled_from(["float32", "float32", "float64", "int64"])
    inputs = {"x": Input(sizes, draw(dtypes)), "y": Input(_alike(draw, along, sizes), draw(dtypes))}
    parts = draw(st.sampled_from(["[x, y]", "(x, y)", "[x, y, x]", "[x]"]))
    given = draw(st.sampled_from([f", {along}", f", dim={along}", f", axis={along}"])) if along else ""
    return Example(f"{name}({parts}{given})", inputs)


@operation("torch.stack")
def stack(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    other = sizes if draw(st.integers(0, 3)) else shape(draw, 0, 3)
    parts = draw(st.sampled_from(["[x, y]", "(x, y, x)", "[x]", "[]"]))
    along = dim(draw, len(sizes) + 1)
    return Example(f"torch.stack({parts}, {along})", {"x": Input(sizes), "y": Input(other)})


@operation(*_paths("hstack", "vstack", "dstack", "row_stack"))
def stacks(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    other = _alike(draw, draw(st.integers(0, 2)), sizes)
    return Example(f"{name}([x, y])", {"x": Input(sizes), "y": Input(other)})


@operation("torch.split")
def split(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    along = dim(draw, len(sizes))
    size = sizes[along] if sizes and -len(sizes) <= along < len(sizes) else 3
    first = draw(st.integers(0, size))
    sections = [first, size - first] if draw(st.integers(0, 3)) else [1, 2]
    given = draw(st.sampled_from([str(draw(st.integers(-1, 6))), str(sections)]))
    return one(call(draw, either(draw, name), "x", given, f"dim={along}"), sizes)


@operation(*_paths("chunk", "tensor_split"))
def chunk(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    count = str(draw(st.integers(0, 6)))
    if name.endswith("tensor_split") and draw(BOOLS):
        count = str(tuple(draw(st.lists(st.integers(-3, 5), min_size=1, max_size=3))))
    return one(call(draw, either(draw, name), "x", count, f"dim={dim(draw, len(sizes))}"), sizes)


@operation("torch.unbind")
def unbind(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    return one(call(draw, either(draw, name), "x", str(dim(draw, len(sizes)))), sizes)


@operation("torch.narrow")
def narrow(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    given = [dim(draw, len(sizes)), draw(st.integers(-2, 4)), draw(st.integers(-1, 4))]
    return one(call(draw, either(draw, name), "x", *map(str, given)), sizes)


@operation("torch.select")
def select(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    return one(call(draw, either(draw, name), "x", str(dim(draw, len(sizes))), str(draw(st.integers(-3, 3)))), sizes)


@operation("torch.Tensor.unfold")
def unfold(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    return one(f"x.unfold({dim(draw, len(sizes))}, {draw(st.integers(0, 4))}, {draw(st.integers(0, 3))})", sizes)


@operation("torch.diagonal")
def diagonal(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1, 3)
    given = draw(st.sampled_from(["", "1", "-1", f"0, {dim(draw, len(sizes))}, {dim(draw, len(sizes))}"]))
    return one(call(draw, either(draw, name), "x", *([given] if given else [])), sizes)


@operation("torch.diag")
def diag(draw: Draw, name: str) -> Example:
    given = draw(st.sampled_from(["", "1", "-2"]))
    return one(call(draw, either(draw, name), "x", *([given] if given else [])), shape(draw, 0, 3))


@operation(*_paths("roll", "flip", "fliplr", "flipud", "tril", "triu", "rot90"))
def places(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    least = {"fliplr": 2, "flipud": 1}.get(plain, 0)
    sizes = shape(draw, least, 3)
    given = {
        "roll": ["1"],
        "flip": [str((dim(draw, len(sizes)),))],
        "rot90": draw(st.sampled_from([[], ["1"], ["2"], ["1", "(0, 1)"], ["3", "(0, 2)"]])),
        "tril": draw(st.sampled_from([[], ["1"]])),
    }.get(plain, [])
    return one(call(draw, either(draw, name), "x", *given), sizes)


@operation(*_paths("atleast_1d", "atleast_2d", "atleast_3d"))
def at_least(draw: Draw, name: str) -> Example:
    return one(f"{name}(x)", shape(draw, 0, 4))


# --- reductions ---------------------------------------------------------------------------------


def _keep(draw: Draw) -> list[str]:
    return draw(st.sampled_from([[], ["keepdim=True"], ["keepdim=False"], ["keepdims=True"]]))


@operation(*_paths("sum", "nansum", "mean", "nanmean", "amax", "amin", "all", "any", "norm"))
def reductions(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    sizes = shape(draw, 0, 4, empty=True)
    dtype = draw(FLOATS if plain in ("nanmean", "norm", "nansum") else DTYPES)
    given = dims(draw, len(sizes))
    arguments = [] if given == "None" else [f"{draw(st.sampled_from(['dim', 'axis']))}={given}", *_keep(draw)]
    if plain in ("amax", "amin", "norm"):
        arguments = [one.replace("axis", "dim").replace("keepdims", "keepdim") for one in arguments]
    return one(call(draw, either(draw, name), "x", *arguments), sizes, dtype)


@operation("torch.prod")
def prod(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    arguments = [f"dim={dim(draw, len(sizes))}", *_keep(draw)] if draw(BOOLS) else []
    return one(call(draw, either(draw, name), "x", *arguments), sizes, draw(DTYPES))


@operation(*_paths("std", "var", "std_mean", "var_mean"))
@real
def spread(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    given = dims(draw, len(sizes))
    arguments = [] if given == "None" else [f"dim={given}", *draw(st.sampled_from([[], ["keepdim=True"]]))]
    written = name if name.endswith("_mean") else either(draw, name)
    return one(call(draw, written, "x", *arguments), sizes, draw(st.sampled_from(["float32", "float64", "int64"])))


@operation(*_paths("max", "min", "median", "nanmedian", "mode"))
@real
def extremes(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    sizes = shape(draw, 0, 3)
    if plain in ("max", "min") and draw(st.integers(0, 3)) == 0:
        inputs = {"x": Input(sizes), "y": Input(broadcastable(draw, sizes))}
        return Example(call(draw, either(draw, name), "x", "y"), inputs)
    along = [str(dim(draw, len(sizes))), *draw(st.sampled_from([[], ["keepdim=True"]]))] if draw(BOOLS) else []
    return one(call(draw, either(draw, name), "x", *along), sizes, draw(st.sampled_from(["float32", "int64"])))


@operation(*_paths("argmax", "argmin"))
def places_of_extremes(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    along = [f"dim={dim(draw, len(sizes))}", *_keep(draw)] if draw(BOOLS) else []
    return one(call(draw, either(draw, name), "x", *along), sizes)


@operation("torch.count_nonzero")
def count_nonzero(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    given = dims(draw, len(sizes))
    return one(call(draw, either(draw, name), "x", *([] if given == "None" else [given])), sizes, draw(DTYPES))


@operation("torch.logsumexp")
def logsumexp(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    given = draw(st.sampled_from([str(dim(draw, len(sizes))), str((dim(draw, len(sizes), wrong=False),))]))
    return one(call(draw, either(draw, name), "x", given), sizes, draw(st.sampled_from(["float32", "int64"])))


@operation(*_paths("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "sort", "argsort", "diff"))
@real
def along(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    sizes = shape(draw, 0, 3)
    dtype = draw(st.sampled_from(["float32", "int64"])) if plain != "logcumsumexp" else "float32"
    given = [f"dim={dim(draw, len(sizes))}"]
    if plain in ("sort", "argsort") and draw(BOOLS):
        given = draw(st.sampled_from([[], ["descending=True"], [*given, "descending=True"]]))
    return one(call(draw, either(draw, name), "x", *given), sizes, dtype)


@operation(*_paths("topk", "kthvalue"))
@real
def topk(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1, 3)
    given = [str(draw(st.integers(0, 5)))] + ([str(dim(draw, len(sizes)))] if draw(BOOLS) else [])
    return one(call(draw, either(draw, name), "x", *given), sizes)


# --- products -----------------------------------------------------------------------------------


def _pair(draw: Draw, left: tuple[int, ...], right: tuple[int, ...], expression: str) -> Example:
    inputs = {"x": Input(left), "y": Input(right)}
    if draw(st.integers(0, 7)) == 0:
        inputs["y"] = Input(right, "float64")
    return Example(expression, inputs, real=True)


@operation("torch.matmul")
def matmul(draw: Draw, name: str) -> Example:
    inner, lead = draw(SIZES), shape(draw, 0, 2)
    left = (*lead, draw(SIZES), inner) if draw(st.integers(0, 3)) else (inner,)
    wanted = inner if draw(st.integers(0, 4)) else draw(SIZES)
    right = (*broadcastable(draw, lead), wanted, draw(SIZES)) if draw(st.integers(0, 3)) else (wanted,)
    return _pair(draw, left, right, draw(st.sampled_from(["x @ y", "torch.matmul(x, y)", "x.matmul(y)"])))


@operation(*_paths("mm", "bmm", "mv", "dot", "vdot"))
@real
def ranked(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    inner = draw(SIZES)
    wanted = inner if draw(st.integers(0, 4)) else draw(SIZES)
    batch = (draw(SIZES),) if plain == "bmm" else ()
    left = (inner,) if "dot" in plain else (*batch, draw(SIZES), inner)
    right = (wanted,) if plain in ("mv", "dot", "vdot") else (*batch, wanted, draw(SIZES))
    if draw(st.integers(0, 7)) == 0:
        right = shape(draw, 0, 3)
    return _pair(draw, left, right, call(draw, either(draw, name), "x", "y"))


@operation(*_paths("addmm", "addmv", "baddbmm"))
@real
def added(draw: Draw, name: str) -> Example:
    plain = name.rpartition(".")[2]
    rows, inner, columns = draw(SIZES), draw(SIZES), draw(SIZES)
    batch = (draw(SIZES),) if plain == "baddbmm" else ()
    left = (*batch, rows, inner)
    right = (inner,) if plain == "addmv" else (*batch, inner, columns)
    result = (rows,) if plain == "addmv" else (*batch, rows, columns)
    extra = broadcastable(draw, result)
    return Example(
        call(draw, either(draw, name), "z", "x", "y"), {"z": Input(extra), "x": Input(left), "y": Input(right)}
    )


@operation(*_paths("outer", "ger", "kron"))
def outer(draw: Draw, name: str) -> Example:
    vectors = not name.endswith("kron") and draw(st.integers(0, 4)) > 0
    left, right = (shape(draw, 1, 1) if vectors else shape(draw, 0, 3) for _ in range(2))
    return Example(call(draw, either(draw, name), "x", "y"), {"x": Input(left), "y": Input(right)})


@operation("torch.cross")
def cross(draw: Draw, name: str) -> Example:
    sizes = (*shape(draw, 0, 2), 3 if draw(st.integers(0, 3)) else 2)
    return Example(call(draw, either(draw, name), "x", "y", "dim=-1"), {"x": Input(sizes), "y": Input(sizes)})


@operation("torch.cdist")
def cdist(draw: Draw, name: str) -> Example:
    lead, width = shape(draw, 0, 1), draw(SIZES)
    wanted = width if draw(st.integers(0, 4)) else draw(SIZES)
    left = (*lead, draw(SIZES), width) if draw(st.integers(0, 7)) else (width,)
    return Example("torch.cdist(x, y)", {"x": Input(left), "y": Input((*lead, draw(SIZES), wanted))})


@operation("torch.tensordot")
@real
def tensordot(draw: Draw, name: str) -> Example:
    count = draw(st.integers(0, 2))
    inner = tuple(draw(SIZES) for _ in range(count))
    other = inner if draw(st.integers(0, 4)) else shape(draw, 0, 2)
    inputs = {"x": Input((*shape(draw, 0, 2), *inner)), "y": Input((*other, *shape(draw, 0, 2)))}
    return Example(f"torch.tensordot(x, y, {count})", inputs)


_EQUATIONS = [
    "ij,jk->ik", "bij,bjk->bik", "bhqd,bhkd->bhqk", "ij->ji", "ij->", "ii->i", "bi,bi->b", "...ij,...jk->...ik",
    "ij,jk", "b i j, b j -> b i", "i,j->ij", "ij,kl->ik", "ijk->ikz", "ij,j->ii",
]  # fmt: skip


@operation("torch.einsum")
@real
def einsum(draw: Draw, name: str) -> Example:
    equation = draw(st.sampled_from(_EQUATIONS))
    sizes = {letter: draw(SIZES) for letter in "abcdefghijklmnopqrstuvwxyz"}
    lead = shape(draw, 0, 2)
    shapes = []
    for letters in equation.replace(" ", "").partition("->")[0].split(","):
        found = [] if "..." not in letters else list(lead)
        found += [sizes[letter] for letter in letters if letter != "."]
        if found and draw(st.integers(0, 7)) == 0:
            found[-1] = draw(SIZES)
        shapes.append(tuple(found))
    names = "xy"[: len(shapes)]
    given = ", ".join(names)
    return Example(f"torch.einsum({equation!r}, {given})", {n: Input(s) for n, s in zip(names, shapes, strict=True)})


# --- indexing -----------------------------------------------------------------------------------

_PARTS = ["0", "-1", ":", "1:", ":-1", "::2", "None", "...", "4", "1:3", "-2:", "[0, 0]", "i", "j"]


@operation("indexing")
def indexing(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 4)
    parts = draw(st.lists(st.sampled_from(_PARTS), min_size=1, max_size=len(sizes) + 1))
    if parts.count("...") > 1:
        parts = [part for part in parts if part != "..."] or [":"]
    inputs = {"x": Input(sizes), "i": Input((2,), "int64"), "j": Input((3, 2), "int64")}
    return Example(f"x[{', '.join(parts)}]", inputs)


@operation("masks")
def masks(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1, 3)
    rank = draw(st.integers(1, len(sizes)))
    mask = sizes[:rank] if draw(st.integers(0, 4)) else shape(draw, 1, 2)
    return Example("x[m]", {"x": Input(sizes), "m": Input(mask, "bool")}, content=True)


@operation("torch.index_select")
@real
def index_select(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    index = Input(
        shape(draw, 1, 1) if draw(st.integers(0, 4)) else shape(draw, 0, 2),
        draw(st.sampled_from(["int64", "int32", "float32"])),
    )
    return Example(
        call(draw, either(draw, name), "x", str(dim(draw, len(sizes))), "i"), {"x": Input(sizes), "i": index}
    )


@operation(*_paths("gather", "scatter", "scatter_add"))
def gather(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1, 3)
    index = tuple(draw(st.integers(1, size + (draw(st.integers(0, 6)) == 0))) for size in sizes)
    dtype = draw(st.sampled_from(["int64", "int64", "int64", "float32"]))
    inputs = {"x": Input(sizes), "i": Input(index, dtype)}
    given = [str(dim(draw, len(sizes))), "i"]
    if not name.endswith("gather"):
        given.append("s")
        inputs["s"] = Input(index if draw(st.integers(0, 4)) else shape(draw, len(sizes), len(sizes)))
    return Example(call(draw, either(draw, name), "x", *given), inputs)


@operation("torch.take")
def take(draw: Draw, name: str) -> Example:
    inputs = {"x": Input(shape(draw, 1, 3)), "i": Input(shape(draw, 0, 2), draw(st.sampled_from(["int64", "float32"])))}
    return Example(call(draw, either(draw, name), "x", "i"), inputs)


@operation(*_paths("masked_select", "masked_fill"))
def masked(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 0, 3)
    inputs = {
        "x": Input(sizes),
        "m": Input(broadcastable(draw, sizes), draw(st.sampled_from(["bool", "bool", "float32"]))),
    }
    given = ["m"] if name.endswith("select") else ["m", draw(st.sampled_from(["0", "-1e9", "float('-inf')"]))]
    return Example(call(draw, either(draw, name), "x", *given), inputs, content=name.endswith("select"))


@operation(*_paths("nonzero", "argwhere", "unique", "bincount"))
@real
def by_content(draw: Draw, name: str) -> Example:
    sizes = shape(draw, 1, 1) if name.endswith("bincount") else shape(draw, 1, 3)
    return one(call(draw, either(draw, name), "x"), sizes, "int64", content=True)


@operation("torch.bucketize")
@real
def bucketize(draw: Draw, name: str) -> Example:
    return Example("torch.bucketize(x, b)", {"x": Input(shape(draw, 0, 3)), "b": Input(shape(draw, 1, 2))})


# --- creation -----------------------------------------------------------------------------------

_DTYPE = st.sampled_from(["", ", dtype=torch.float64", ", dtype=torch.long", ", dtype=torch.half", ", device='meta'"])


@operation(*_paths("zeros", "ones", "empty", "rand", "randn"))
def sizes(draw: Draw, name: str) -> Example:
    wanted = draw(st.lists(st.integers(-1 if draw(st.integers(0, 9)) == 0 else 0, 4), max_size=3))
    written = ", ".join(map(str, wanted)) if wanted and draw(BOOLS) else str(tuple(wanted))
    dtype = draw(_DTYPE)
    return Example(f"{name}({written}{'' if 'rand' in name and 'long' in dtype else dtype})")


@operation(*_paths("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like", "full_like", "randint_like"))
def likes(draw: Draw, name: str) -> Example:
    more = {"full_like": ", 2.0", "randint_like": ", 0, 9"}.get(name.rpartition(".")[2], "")
    dtype = draw(st.sampled_from(["", ", dtype=torch.float64"]))
    return one(f"{name}(x{more}{dtype})", shape(draw, empty=True), draw(FLOATS))


@operation(*_paths(*OF_CLASSES))
def legacy(draw: Draw, name: str) -> Example:
    return Example(f"{name}({draw(st.sampled_from(['2, 3', '4', '2, 0', '']))}).to('meta')".replace("().", "(1)."))


@operation("torch.full", "torch.eye", "torch.randperm")
def filled(draw: Draw, name: str) -> Example:
    number = draw(st.integers(-1 if draw(st.integers(0, 5)) == 0 else 0, 5))
    if name == "torch.full":
        return Example(f"torch.full(({number}, 2), {draw(st.sampled_from(['0', '1.5', 'True']))}{draw(_DTYPE)})")
    if name == "torch.eye":
        return Example(f"torch.eye({number}{draw(st.sampled_from(['', ', 3']))})")
    return Example(f"torch.randperm({number})")


@operation("torch.randint")
def randint(draw: Draw, name: str) -> Example:
    low, high = draw(st.integers(-2, 5)), draw(st.integers(-1, 9))
    size = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    written = draw(st.sampled_from([f"{high}, {size}", f"{low}, {high}, {size}", f"{low}, {high}, size={size}"]))
    return Example(f"torch.randint({written})")


@operation("torch.arange")
def arange(draw: Draw, name: str) -> Example:
    numbers = st.sampled_from(["0", "1", "5", "7", "2.5", "-3", "10"])
    count = draw(st.integers(1, 3))
    given = [draw(numbers) for _ in range(min(count, 2))] + [draw(st.sampled_from(["1", "2", "0.5", "-1"]))] * (
        count == 3
    )
    return Example(f"torch.arange({', '.join(given)}{draw(st.sampled_from(['', ', dtype=torch.float64']))})")


@operation(*_paths("linspace", "logspace"))
def spaced(draw: Draw, name: str) -> Example:
    return Example(f"{name}(0, 1, {draw(st.integers(-1, 6))})")


@operation(*_paths("tensor", "as_tensor", "asarray"))
@real
def tensor(draw: Draw, name: str) -> Example:
    data = draw(st.sampled_from(["1", "2.5", "True", "[1, 2]", "[1, 2.5]", "[[1, 2], [3, 4]]", "[]", "[[1.0], [2.0]]",
                                 "[[1], [2, 3]]", "[True, False]", "(1, 2, 3)"]))  # fmt: skip
    return Example(f"{name}({data}{draw(st.sampled_from(['', ', dtype=torch.float64', ', dtype=torch.long']))})")


@operation("torch.normal")
def normal(draw: Draw, name: str) -> Example:
    return one(
        draw(st.sampled_from(["torch.normal(x)", "torch.normal(0.0, 1.0, (2, 3))", "torch.normal(x, 2.0)"])),
        shape(draw),
    )


@operation("torch.bernoulli", "torch.Tensor.bernoulli")
def bernoulli(draw: Draw, name: str) -> Example:
    return one(call(draw, name, "x"), shape(draw), draw(FLOATS))


@operation("torch.multinomial", "torch.Tensor.multinomial")
@real
def multinomial(draw: Draw, name: str) -> Example:
    replacement = draw(st.sampled_from([[], ["replacement=True"]]))
    return one(call(draw, name, "x", str(draw(st.integers(0, 4))), *replacement), shape(draw, 0, 3))


@operation("torch.meshgrid")
def meshgrid(draw: Draw, name: str) -> Example:
    inputs = {"x": Input(shape(draw, 1, 1)), "y": Input(shape(draw, 0, 1))}
    return Example(draw(st.sampled_from(["torch.meshgrid(x, y)", "torch.meshgrid([x, y])"])), inputs)


@operation("torch.Tensor.new_zeros", "torch.Tensor.new_ones", "torch.Tensor.new_empty")
def new(draw: Draw, name: str) -> Example:
    wanted = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    written = ", ".join(map(str, wanted)) if draw(BOOLS) else str(tuple(wanted))
    return one(f"x{name}({written}{draw(st.sampled_from(['', ', dtype=torch.long']))})", shape(draw), draw(DTYPES))


@operation("torch.Tensor.new_full", "torch.Tensor.new_tensor")
def new_filled(draw: Draw, name: str) -> Example:
    given = "(2, 3), 1.5" if name == ".new_full" else "[[1, 2], [3, 4]]"
    return one(f"x{name}({given})", shape(draw), draw(DTYPES))


# --- dtypes and sizes ---------------------------------------------------------------------------


@operation(*(f"torch.Tensor.{name}" for name in "float double half bfloat16 long int short bool byte clone".split()))
def converted(draw: Draw, name: str) -> Example:
    return one(f"x{name}()", shape(draw), draw(DTYPES))


@operation("torch.Tensor.to", "torch.Tensor.type", "torch.Tensor.type_as")
def to(draw: Draw, name: str) -> Example:
    if name == ".type_as":
        return Example("x.type_as(y)", {"x": Input(shape(draw), draw(DTYPES)), "y": Input((2,), draw(DTYPES))})
    dtype = draw(st.sampled_from(["torch.float64", "torch.long", "torch.half", "torch.bool", "torch.float"]))
    more = draw(st.sampled_from([f"dtype={dtype}", "'meta'", "torch.device('meta')", f"'meta', {dtype}"]))
    return one(f"x{name}({dtype if name == '.type' or draw(BOOLS) else more})", shape(draw), draw(DTYPES))


@operation("torch.Tensor.size", "torch.Tensor.numel", "torch.Tensor.dim")
def sizes_of(draw: Draw, name: str) -> Example:
    sizes = shape(draw)
    given = str(dim(draw, len(sizes))) if name == ".size" and draw(BOOLS) and sizes else ""
    return one(f"x{name}({given})", sizes)
