"""Random examples of torch's layers and their functions."""

from __future__ import annotations

from hypothesis import strategies as st

from operations.catalogue import operation
from operations.drawing import BOOLS, SIZES, Draw, broadcastable, shape
from operations.example import Example, Input

FLOAT_OR_WHOLE = st.sampled_from(["float32"] * 9 + ["float64", "int64"])


def _layers(*names: str) -> list[str]:
    return [f"torch.nn.{name}" for name in names]


def _functions(*names: str) -> list[str]:
    return [f"torch.nn.functional.{name}" for name in names]


def _keywords(draw: Draw, **choices: st.SearchStrategy[object]) -> str:
    """Some of the keyword arguments, each with a comma before it."""
    given = {name: draw(values) for name, values in choices.items() if draw(BOOLS)}
    return "".join(f", {name}={value!r}" for name, value in given.items())


def _rank(name: str) -> int:
    return int(name[-2])


def _per_axis(rank: int, least: int, most: int) -> st.SearchStrategy[object]:
    """One number for all axes, or one for each; now and then one too many or too few."""
    number = st.integers(least, most)
    return st.one_of(number, number, st.tuples(*[number] * rank))


def _image(draw: Draw, rank: int, channels: int, *, least: int = 1, most: int = 9) -> tuple[int, ...]:
    """Channels and spatial sizes, mostly with a batch; now and then of another rank."""
    sizes = tuple(draw(st.integers(least, most)) for _ in range(rank))
    match draw(st.integers(0, 9)):
        case 0:
            return (channels, *sizes)
        case 1:
            return sizes
    return (draw(SIZES), channels, *sizes)


# --- activations, dropout, identity -------------------------------------------------------------

_SIMPLE = """ReLU ReLU6 LeakyReLU GELU SiLU ELU SELU CELU Mish Hardswish Hardsigmoid Hardtanh Softplus Softsign
Tanhshrink RReLU Softshrink Hardshrink Sigmoid Tanh LogSigmoid Identity""".split()
_SIMPLE_FUNCTIONS = """relu relu6 leaky_relu gelu silu elu selu celu mish hardswish hardsigmoid hardtanh softplus
softsign tanhshrink rrelu softshrink hardshrink sigmoid tanh logsigmoid""".split()


@operation(*_layers(*_SIMPLE))
def activation(draw: Draw, name: str) -> Example:
    return Example(f"{name}()(x)", {"x": Input(shape(draw, empty=True))})


@operation(*_functions(*_SIMPLE_FUNCTIONS))
def activation_function(draw: Draw, name: str) -> Example:
    return Example(f"{name}(x)", {"x": Input(shape(draw, empty=True), draw(st.sampled_from(["float32", "float64"])))})


@operation(*_layers("Threshold"), *_functions("threshold"))
def threshold(draw: Draw, name: str) -> Example:
    written = "nn.Threshold(0.1, 20)(x)" if name.startswith("nn") else "F.threshold(x, 0.1, 20)"
    return Example(written, {"x": Input(shape(draw))})


@operation(*_layers("PReLU"))
def prelu(draw: Draw, name: str) -> Example:
    count = draw(st.sampled_from([1, 1, 2, 3]))
    given = shape(draw, 2) if draw(BOOLS) else (2, count, 3)
    return Example(f"nn.PReLU({count})(x)", {"x": Input(given)}, real=True)


@operation(*_functions("prelu"))
def prelu_function(draw: Draw, name: str) -> Example:
    count = draw(st.sampled_from([1, 2, 3]))
    given = shape(draw, 2) if draw(BOOLS) else (2, count, 3)
    return Example("F.prelu(x, w)", {"x": Input(given), "w": Input((count,))}, real=True)


def _dim(draw: Draw, rank: int) -> int:
    return draw(st.integers(-max(rank, 1) - (draw(st.integers(0, 9)) == 0), max(rank, 1) - 1))


@operation(*_layers("Softmax", "LogSoftmax", "Softmin"))
def softmax(draw: Draw, name: str) -> Example:
    given = shape(draw)
    return Example(f"{name}(dim={_dim(draw, len(given))})(x)", {"x": Input(given)}, real=True)


@operation(*_functions("softmax", "log_softmax", "softmin"))
def softmax_function(draw: Draw, name: str) -> Example:
    given = shape(draw)
    dtype = draw(st.sampled_from(["", "", ", dtype=torch.float64"]))
    return Example(f"{name}(x, dim={_dim(draw, len(given))}{dtype})", {"x": Input(given)}, real=True)


@operation(*_functions("gumbel_softmax"))
def gumbel(draw: Draw, name: str) -> Example:
    given = shape(draw, 1)
    hard = _keywords(draw, tau=st.just(0.5), hard=BOOLS)
    return Example(f"{name}(x{hard}, dim={draw(st.integers(-len(given), len(given) - 1))})", {"x": Input(given)})


@operation(*_layers("Softmax2d"))
def softmax2d(draw: Draw, name: str) -> Example:
    return Example("nn.Softmax2d()(x)", {"x": Input(shape(draw, 2, 5))})


@operation(*_layers("GLU"), *_functions("glu"))
def glu(draw: Draw, name: str) -> Example:
    given = shape(draw, 1)
    where = draw(st.integers(-len(given), len(given) - 1))
    given = tuple(2 * size if i == where % len(given) and draw(BOOLS) else size for i, size in enumerate(given))
    written = f"nn.GLU({where})(x)" if name.startswith("nn") else f"F.glu(x, {where})"
    return Example(written, {"x": Input(given)})


@operation(*_layers("Dropout", "AlphaDropout", "FeatureAlphaDropout"), *_functions("dropout", "alpha_dropout"))
def dropout(draw: Draw, name: str) -> Example:
    least = 2 if "Feature" in name else 0
    rate = draw(st.sampled_from([0.0, 0.1, 0.5, 1.5]))
    written = f"{name}({rate})(x)" if name.startswith("nn") else f"{name}(x, {rate}, training={draw(BOOLS)})"
    return Example(written, {"x": Input(shape(draw, least))}, real=True)


@operation(
    *_layers("Dropout1d", "Dropout2d", "Dropout3d"),
    *_functions("dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"),
)
def dropout_of_channels(draw: Draw, name: str) -> Example:
    rank = _rank(name) if name.endswith("d") else 1
    written = f"{name}(0.2)(x)" if name.startswith("nn") else f"{name}(x, 0.2)"
    return Example(written, {"x": Input(_image(draw, rank, 2))}, real=True)


# --- linear, embeddings -------------------------------------------------------------------------


@operation(*_layers("Linear", "LazyLinear"))
def linear(draw: Draw, name: str) -> Example:
    given, out = shape(draw, 0 if draw(st.integers(0, 9)) == 0 else 1), draw(SIZES)
    takes = draw(st.sampled_from([given[-1]] * 4 + [given[-1] + 1])) if given else 3
    bias = _keywords(draw, bias=BOOLS)
    sizes = f"{out}" if "Lazy" in name else f"{takes}, {out}"
    return Example(
        f"{name}({sizes}{bias})(x)", {"x": Input(given, draw(FLOAT_OR_WHOLE.filter(lambda d: "64" not in d)))}
    )


@operation(*_functions("linear"))
def linear_function(draw: Draw, name: str) -> Example:
    given, out = shape(draw, 1), draw(SIZES)
    takes = draw(st.sampled_from([given[-1]] * 4 + [given[-1] + 1]))
    inputs = {"x": Input(given), "w": Input((out, takes)), "b": Input((out,))}
    return Example(draw(st.sampled_from(["F.linear(x, w)", "F.linear(x, w, b)"])), inputs)


@operation(*_layers("Bilinear"), *_functions("bilinear"))
def bilinear(draw: Draw, name: str) -> Example:
    lead = shape(draw, 1, 2)
    first, second, out = draw(SIZES), draw(SIZES), draw(SIZES)
    takes = first + draw(st.sampled_from([0, 0, 0, 1]))
    other = lead if draw(st.integers(0, 5)) else (*lead[:-1], lead[-1] + 1)
    inputs = {"x": Input((*lead, first)), "y": Input((*other, second)), "w": Input((out, takes, second))}
    layer = f"nn.Bilinear({takes}, {second}, {out})(x, y)"
    return Example(layer if name.startswith("nn") else "F.bilinear(x, y, w)", inputs, real=True)


@operation(*_layers("Flatten"))
def flatten(draw: Draw, name: str) -> Example:
    given = shape(draw, 1, 5)
    bounds = draw(st.sampled_from(["", "0", "1", "1, 2", "start_dim=2", "0, -2", "end_dim=-2"]))
    return Example(f"nn.Flatten({bounds})(x)", {"x": Input(given)})


@operation(*_layers("Unflatten"))
def unflatten(draw: Draw, name: str) -> Example:
    a, b = draw(SIZES), draw(SIZES)
    sizes = draw(st.sampled_from([(a, b), (a, -1), (-1, b), (a + 1, b)]))
    return Example(f"nn.Unflatten(1, {sizes})(x)", {"x": Input((draw(SIZES), a * b))})


@operation(*_layers("Embedding"), *_functions("embedding"))
def embedding(draw: Draw, name: str) -> Example:
    rows, width = draw(SIZES), draw(SIZES)
    dtype = draw(st.sampled_from(["int64", "int64", "int32", "float32"]))
    inputs = {"x": Input(shape(draw), dtype), "w": Input((rows, width))}
    return Example(f"nn.Embedding({rows}, {width})(x)" if name.startswith("nn") else "F.embedding(x, w)", inputs)


@operation(*_layers("EmbeddingBag"), *_functions("embedding_bag"))
def embedding_bag(draw: Draw, name: str) -> Example:
    rows, width = draw(SIZES), draw(SIZES)
    mode = draw(st.sampled_from(["'sum'", "'mean'"]))
    inputs = {"x": Input(shape(draw, 1, 3), "int64"), "w": Input((rows, width)), "o": Input((1,), "int64")}
    offsets = ", o" if len(inputs["x"].shape) == 1 else ""
    layer = f"nn.EmbeddingBag({rows}, {width}, mode={mode})(x{offsets})"
    return Example(
        layer if name.startswith("nn") else f"F.embedding_bag(x, w{offsets}, mode={mode})", inputs, real=True
    )


@operation(*_functions("one_hot"))
def one_hot(draw: Draw, name: str) -> Example:
    dtype = draw(st.sampled_from(["int64", "int64", "int32"]))
    return Example(f"F.one_hot(x, {draw(SIZES)})", {"x": Input(shape(draw), dtype)}, real=True)


@operation(*_layers("CosineSimilarity"), *_functions("cosine_similarity"))
def cosine(draw: Draw, name: str) -> Example:
    given = shape(draw, 1)
    dim = draw(st.integers(-len(given), len(given) - 1))
    written = f"nn.CosineSimilarity(dim={dim})(x, y)" if name.startswith("nn") else f"F.cosine_similarity(x, y, {dim})"
    return Example(written, {"x": Input(given), "y": Input(broadcastable(draw, given))}, real=True)


@operation(*_layers("PairwiseDistance"), *_functions("pairwise_distance"))
def distance(draw: Draw, name: str) -> Example:
    given, keep = shape(draw, 1), _keywords(draw, keepdim=BOOLS)
    head = f"nn.PairwiseDistance(p=2{keep})(x, y)" if name.startswith("nn") else f"F.pairwise_distance(x, y{keep})"
    return Example(head, {"x": Input(given), "y": Input(broadcastable(draw, given))}, real=True)


# --- convolutions -------------------------------------------------------------------------------

_CONVS = [f"{lazy}Conv{turned}{rank}d" for lazy in ("", "Lazy") for turned in ("", "Transpose") for rank in (1, 2, 3)]


def _conv_settings(draw: Draw, rank: int, turned: bool) -> str:
    most = 2 if rank == 3 else 3
    # of a transposed convolution that leaves nothing torch says one thing with a batch and another without
    settings = {
        "stride": _per_axis(rank, 1, 3),
        "padding": _per_axis(rank, 0, 1 if turned else 2),
        "dilation": _per_axis(rank, 1, 2),
    }
    if turned:
        settings["output_padding"] = st.integers(0, 2)
    elif draw(st.integers(0, 3)) == 0:
        settings["padding"] = st.sampled_from(["same", "valid"])
    return f"{draw(_per_axis(rank, 2 if turned else 1, most))!r}" + _keywords(draw, **settings)


@operation(*_layers(*_CONVS))
def convolution(draw: Draw, name: str) -> Example:
    rank, turned = _rank(name), "Transpose" in name
    groups = draw(st.sampled_from([1, 1, 1, 2])) if "Lazy" not in name else 1
    channels, out = draw(st.sampled_from([2, 4])), draw(st.sampled_from([2, 4, 3]))
    takes = channels + draw(st.sampled_from([0] * 6 + [2]))
    sizes = f"{out}" if "Lazy" in name else f"{takes}, {out}"
    settings = _conv_settings(draw, rank, turned)
    given = _image(draw, rank, channels, least=2 if turned else 1)
    bias = _keywords(draw, bias=BOOLS)
    # groups by keyword: the place of the argument differs between the two kinds
    return Example(f"{name}({sizes}, {settings}, groups={groups}{bias})(x)", {"x": Input(given)}, real=True)


@operation(*_functions(*(f"conv{turned}{rank}d" for turned in ("", "_transpose") for rank in (1, 2, 3))))
def convolution_function(draw: Draw, name: str) -> Example:
    rank, turned = _rank(name), "transpose" in name
    groups, channels, out = (
        draw(st.sampled_from([1, 1, 2])),
        draw(st.sampled_from([2, 4])),
        draw(st.sampled_from([2, 4])),
    )
    kernel = tuple(draw(st.integers(2 if turned else 1, 3)) for _ in range(rank))
    wrong = draw(st.sampled_from([0] * 6 + [1]))
    weight = (channels, out // groups + wrong) if turned else (out, channels // groups + wrong)
    around = _per_axis(rank, 0, 1 if turned else 2)
    settings = _keywords(draw, stride=_per_axis(rank, 1, 3), padding=around, dilation=_per_axis(rank, 1, 2))
    inputs = {"x": Input(_image(draw, rank, channels, least=2 if turned else 1)), "w": Input((*weight, *kernel))}
    return Example(f"{name}(x, w{settings}, groups={groups})", inputs, real=True)


# --- pooling ------------------------------------------------------------------------------------

_RANKS = (1, 2, 3)


def _pool_settings(draw: Draw, name: str, rank: int) -> str:
    choices: dict[str, st.SearchStrategy[object]] = {"stride": _per_axis(rank, 1, 3), "ceil_mode": BOOLS}
    if "max" in name.lower():
        choices |= {"padding": _per_axis(rank, 0, 2), "dilation": _per_axis(rank, 1, 2)}
    elif "avg" in name.lower():
        choices |= {"padding": _per_axis(rank, 0, 2), "count_include_pad": BOOLS}
    return f"{draw(_per_axis(rank, 1, 3))!r}" + _keywords(draw, **choices)


@operation(
    *_layers(*(f"{kind}Pool{rank}d" for kind in ("Max", "Avg") for rank in _RANKS)),
    *_functions(*(f"{kind}_pool{rank}d" for kind in ("max", "avg") for rank in _RANKS)),
)
def pooling(draw: Draw, name: str) -> Example:
    rank = _rank(name)
    settings = _pool_settings(draw, name, rank)
    if "max" in name.lower() and draw(st.integers(0, 4)) == 0:
        settings += ", return_indices=True"
    written = f"{name}({settings})(x)" if name.startswith("nn") else f"{name}(x, {settings})"
    return Example(written, {"x": Input(_image(draw, rank, 2))}, real=True)


@operation(
    *_layers(*(f"LPPool{rank}d" for rank in _RANKS)),
    *_functions(*(f"lp_pool{rank}d" for rank in _RANKS)),
)
def lp_pooling(draw: Draw, name: str) -> Example:
    rank = _rank(name)
    settings = "2, " + _pool_settings(draw, name, rank)
    written = f"{name}({settings})(x)" if name.startswith("nn") else f"{name}(x, {settings})"
    return Example(written, {"x": Input(_image(draw, rank, 2, least=3))}, real=True)


@operation(
    *_layers(*(f"Adaptive{kind}Pool{rank}d" for kind in ("Avg", "Max") for rank in _RANKS)),
    *_functions(*(f"adaptive_{kind}_pool{rank}d" for kind in ("avg", "max") for rank in _RANKS)),
)
def adaptive_pooling(draw: Draw, name: str) -> Example:
    rank = _rank(name)
    number = st.integers(1, 4)
    each = st.tuples(*[st.one_of(number, st.none())] * rank) if rank > 1 else st.tuples(number)
    size = draw(st.one_of(number, each))
    written = f"{name}({size!r})(x)" if name.startswith("nn") else f"{name}(x, {size!r})"
    return Example(written, {"x": Input(_image(draw, rank, 2))}, real=True)


@operation(*_layers("FractionalMaxPool2d", "FractionalMaxPool3d"))
def fractional(draw: Draw, name: str) -> Example:
    rank = _rank(name)
    how = draw(st.sampled_from(["output_size=2", "output_ratio=0.5", f"output_size={(2,) * rank}"]))
    return Example(f"{name}(2, {how})(x)", {"x": Input(_image(draw, rank, 2, least=5))}, real=True)


@operation(
    *_layers(*(f"MaxUnpool{rank}d" for rank in _RANKS)),
    *_functions(*(f"max_unpool{rank}d" for rank in _RANKS)),
)
def unpooling(draw: Draw, name: str) -> Example:
    rank = _rank(name)
    given = Input(_image(draw, rank, 2, most=4))
    kernel, stride = draw(st.integers(1, 3)), _keywords(draw, stride=st.integers(1, 3))
    where = Input(given.shape, "int64")
    written = f"{name}({kernel}{stride})(x, i)" if name.startswith("nn") else f"{name}(x, i, {kernel}{stride})"
    return Example(written, {"x": given, "i": where}, real=True)


# --- padding ------------------------------------------------------------------------------------

_PADS = ("Constant", "Reflection", "Replication", "Zero", "Circular")


@operation(*_layers(*(f"{kind}Pad{rank}d" for kind in _PADS for rank in _RANKS)))
def padding(draw: Draw, name: str) -> Example:
    rank = _rank(name)
    number = st.integers(-1 if "Constant" in name or "Zero" in name else 0, 3)
    amount = draw(st.one_of(number, st.tuples(*[number] * (2 * rank))))
    value = ", 0.5" if "Constant" in name else ""
    return Example(f"{name}({amount!r}{value})(x)", {"x": Input(_image(draw, rank, 2, most=5))}, real=True)


@operation(*_functions("pad"))
def pad(draw: Draw, name: str) -> Example:
    given = shape(draw, 1)
    count = draw(st.integers(0, 2 * len(given) + 1))
    amount = tuple(draw(st.integers(-1, 2)) for _ in range(count))
    return Example(f"F.pad(x, {amount!r})", {"x": Input(given)}, real=True)


# --- normalization ------------------------------------------------------------------------------

_BATCH = {"BatchNorm1d": (0, 1), "BatchNorm2d": (2, 2), "BatchNorm3d": (3, 3)}


@operation(*_layers(*_BATCH, *(f"Lazy{name}" for name in _BATCH), "SyncBatchNorm"))
def batch_norm(draw: Draw, name: str) -> Example:
    plain = name.removeprefix("nn.").removeprefix("Lazy")
    rank = draw(st.sampled_from(_BATCH.get(plain, (1, 2))))
    channels = draw(SIZES)
    takes = "" if "Lazy" in name else f"{channels + draw(st.sampled_from([0] * 5 + [1]))}"
    settings = _keywords(draw, affine=BOOLS, track_running_stats=BOOLS).removeprefix("" if takes else ", ")
    given = (draw(SIZES), channels, *(draw(SIZES) for _ in range(rank)))
    given = given if draw(st.integers(0, 8)) else given[1:]
    mode = draw(st.sampled_from(["", ".eval()"])) if plain != "SyncBatchNorm" else ".eval()"
    return Example(f"{name}({takes}{settings}){mode}(x)", {"x": Input(given)}, real=True)


@operation(*_layers(*(f"InstanceNorm{rank}d" for rank in _RANKS)))
def instance_norm(draw: Draw, name: str) -> Example:
    rank, channels = _rank(name), draw(SIZES)
    settings = _keywords(draw, affine=BOOLS)
    given = _image(draw, rank, channels, least=2)
    return Example(f"{name}({channels}{settings})(x)", {"x": Input(given)}, real=True)


@operation(*_layers("LayerNorm", "RMSNorm"), *_functions("layer_norm", "rms_norm"))
def layer_norm(draw: Draw, name: str) -> Example:
    given = shape(draw, 1)
    last = draw(st.integers(1, len(given)))
    sizes = tuple(given[-last:])
    sizes = sizes if draw(st.integers(0, 5)) else (sizes[0] + 1, *sizes[1:])
    written = repr(sizes) if last > 1 or draw(BOOLS) or not name.startswith("nn") else repr(sizes[0])
    return Example(
        f"{name}({written})(x)" if name.startswith("nn") else f"{name}(x, {written})", {"x": Input(given)}, real=True
    )


@operation(*_layers("GroupNorm"), *_functions("group_norm"))
def group_norm(draw: Draw, name: str) -> Example:
    groups, each = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([1, 2]))
    channels = groups * each + draw(st.sampled_from([0] * 5 + [1]))
    given = (2, channels + draw(st.sampled_from([0] * 5 + [1])), *shape(draw, 1, 3))
    written = f"nn.GroupNorm({groups}, {channels})(x)" if name.startswith("nn") else f"F.group_norm(x, {groups})"
    return Example(written, {"x": Input(given)}, real=True)


@operation(*_layers("LocalResponseNorm"), *_functions("local_response_norm"))
def local_response(draw: Draw, name: str) -> Example:
    written = "nn.LocalResponseNorm(2)(x)" if name.startswith("nn") else "F.local_response_norm(x, 2)"
    return Example(written, {"x": Input(shape(draw, 1, 5))}, real=True)


@operation(*_functions("batch_norm"))
def batch_norm_function(draw: Draw, name: str) -> Example:
    channels = draw(SIZES)
    given = (2, channels, *shape(draw, 0, 3))
    stats = channels + draw(st.sampled_from([0] * 5 + [1]))
    inputs = {"x": Input(given), "m": Input((stats,)), "v": Input((stats,))}
    return Example("F.batch_norm(x, m, v)", inputs, real=True)


@operation(*_functions("normalize"))
def normalize(draw: Draw, name: str) -> Example:
    given = shape(draw, 1)
    return Example(f"F.normalize(x, dim={_dim(draw, len(given))})", {"x": Input(given)}, real=True)


# --- upsampling, shuffling, folding -------------------------------------------------------------


@operation(*_layers("Upsample"), *_functions("interpolate"))
def upsample(draw: Draw, name: str) -> Example:
    rank = draw(st.sampled_from(_RANKS))
    given = _image(draw, rank, 2)
    how = draw(
        st.sampled_from(
            ["scale_factor=2", "size=5", f"size={(4,) * rank}", "scale_factor=1.5", f"scale_factor={(2,) * rank}"]
        )
    )
    modes = {1: ["nearest", "linear"], 2: ["nearest", "bilinear", "bicubic"], 3: ["nearest", "trilinear"]}[rank]
    mode = _keywords(draw, mode=st.sampled_from(modes))
    written = f"nn.Upsample({how}{mode})(x)" if name.startswith("nn") else f"F.interpolate(x, {how}{mode})"
    return Example(written, {"x": Input(given)}, real=True)


@operation(*_layers("UpsamplingNearest2d", "UpsamplingBilinear2d"))
def upsampling2d(draw: Draw, name: str) -> Example:
    how = draw(st.sampled_from(["scale_factor=2", "size=5", "size=(4, 6)", "scale_factor=3"]))
    return Example(f"{name}({how})(x)", {"x": Input(_image(draw, 2, 2))}, real=True)


@operation(*_layers("PixelShuffle", "PixelUnshuffle"), *_functions("pixel_shuffle", "pixel_unshuffle"))
def pixel_shuffle(draw: Draw, name: str) -> Example:
    factor = draw(st.sampled_from([1, 2, 3]))
    channels = draw(st.sampled_from([1, 4, 8, 9]))
    given = _image(draw, 2, channels)
    written = f"{name}({factor})(x)" if name.startswith("nn") else f"{name}(x, {factor})"
    return Example(written, {"x": Input(given)})


@operation(*_layers("ChannelShuffle"), *_functions("channel_shuffle"))
def channel_shuffle(draw: Draw, name: str) -> Example:
    groups = draw(st.sampled_from([1, 2, 3]))
    given = (2, draw(st.sampled_from([2, 4, 6])), *shape(draw, 1, 2))
    written = f"{name}({groups})(x)" if name.startswith("nn") else f"{name}(x, {groups})"
    return Example(written, {"x": Input(given)}, real=True)


@operation(*_layers("Unfold"), *_functions("unfold"))
def unfold(draw: Draw, name: str) -> Example:
    settings = f"{draw(_per_axis(2, 1, 3))!r}" + _keywords(
        draw, dilation=_per_axis(2, 1, 2), padding=_per_axis(2, 0, 1), stride=_per_axis(2, 1, 2)
    )
    written = f"{name}({settings})(x)" if name.startswith("nn") else f"{name}(x, {settings})"
    return Example(written, {"x": Input(_image(draw, 2, 2))}, real=True)


@operation(*_layers("Fold"), *_functions("fold"))
def fold(draw: Draw, name: str) -> Example:
    height, width = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    blocks = (height - 1) * (width - 1) + draw(st.sampled_from([0] * 4 + [1]))
    given = (draw(SIZES), 2 * 4 + draw(st.sampled_from([0] * 4 + [1])), blocks)
    settings = f"({height}, {width}), 2"
    written = f"{name}({settings})(x)" if name.startswith("nn") else f"{name}(x, {settings})"
    return Example(written, {"x": Input(given)}, real=True)


# --- recurrent ----------------------------------------------------------------------------------


@operation(*_layers("LSTM", "GRU", "RNN"))
def recurrent(draw: Draw, name: str) -> Example:
    width, hidden, depth = draw(SIZES), draw(SIZES), draw(st.sampled_from([1, 2]))
    takes = width + draw(st.sampled_from([0] * 6 + [1]))
    ways, first = draw(BOOLS), draw(BOOLS)
    settings = f", num_layers={depth}, bidirectional={ways}, batch_first={first}"
    length, batch = draw(SIZES), draw(SIZES)
    given = (
        (length, width) if draw(st.integers(0, 4)) == 0 else (batch, length, width) if first else (length, batch, width)
    )
    inputs = {"x": Input(given)}
    if name != "nn.LSTM" and len(given) == 3 and draw(BOOLS):
        states = depth * (2 if ways else 1)
        inputs["h"] = Input((states, batch + draw(st.sampled_from([0] * 4 + [1])), hidden))
    return Example(f"{name}({takes}, {hidden}{settings})({', '.join(inputs)})", inputs, real=True)


@operation(*_layers("LSTMCell", "GRUCell", "RNNCell"))
def cell(draw: Draw, name: str) -> Example:
    width, hidden = draw(SIZES), draw(SIZES)
    takes = width + draw(st.sampled_from([0] * 6 + [1]))
    given = (width,) if draw(st.integers(0, 4)) == 0 else (draw(SIZES), width)
    return Example(f"{name}({takes}, {hidden})(x)", {"x": Input(given)}, real=True)


# --- attention ----------------------------------------------------------------------------------


def _sequence(draw: Draw, width: int, *, batch: int, length: int, first: bool) -> tuple[int, ...]:
    return (batch, length, width) if first else (length, batch, width)


@operation(*_layers("MultiheadAttention"))
def multihead(draw: Draw, name: str) -> Example:
    heads, each = draw(st.sampled_from([1, 2])), draw(st.sampled_from([1, 2]))
    width, first, batch = heads * each, draw(BOOLS), draw(SIZES)
    takes = width + heads * draw(st.sampled_from([0] * 5 + [1]))
    query = _sequence(draw, width, batch=batch, length=draw(SIZES), first=first)
    key = _sequence(draw, width, batch=batch, length=draw(SIZES), first=first)
    settings = _keywords(draw, need_weights=BOOLS, average_attn_weights=BOOLS)
    inputs = {"q": Input(query), "k": Input(key)}
    return Example(f"{name}({takes}, {heads}, batch_first={first})(q, k, k{settings})", inputs, real=True)


_BLOCK = ", dim_feedforward=4, batch_first="


@operation(*_layers("TransformerEncoderLayer", "TransformerEncoder"))
def encoder(draw: Draw, name: str) -> Example:
    width, first = 2 * draw(st.sampled_from([1, 2])), draw(BOOLS)
    takes = width + draw(st.sampled_from([0] * 5 + [2]))
    block = f"nn.TransformerEncoderLayer({takes}, 2{_BLOCK}{first})"
    written = block if name.endswith("Layer") else f"nn.TransformerEncoder({block}, 2)"
    given = _sequence(draw, width, batch=draw(SIZES), length=draw(SIZES), first=first)
    return Example(f"{written}(x)", {"x": Input(given)}, real=True)


@operation(*_layers("TransformerDecoderLayer", "TransformerDecoder"))
def decoder(draw: Draw, name: str) -> Example:
    width, first, batch = 2 * draw(st.sampled_from([1, 2])), draw(BOOLS), draw(SIZES)
    block = f"nn.TransformerDecoderLayer({width}, 2{_BLOCK}{first})"
    written = block if name.endswith("Layer") else f"nn.TransformerDecoder({block}, 2)"
    target = _sequence(draw, width, batch=batch, length=draw(SIZES), first=first)
    memory = _sequence(draw, width, batch=batch, length=draw(SIZES), first=first)
    return Example(f"{written}(x, y)", {"x": Input(target), "y": Input(memory)}, real=True)


@operation(*_layers("Transformer"))
def transformer(draw: Draw, name: str) -> Example:
    width, first, batch = 2 * draw(st.sampled_from([1, 2])), draw(BOOLS), draw(SIZES)
    other = batch + draw(st.sampled_from([0] * 5 + [1]))
    layer = f"nn.Transformer({width}, 2, 1, 1, 4, batch_first={first})"
    source = _sequence(draw, width, batch=batch, length=draw(SIZES), first=first)
    target = _sequence(draw, width, batch=other, length=draw(SIZES), first=first)
    return Example(f"{layer}(x, y)", {"x": Input(source), "y": Input(target)}, real=True)


@operation(*_functions("scaled_dot_product_attention"))
def attention(draw: Draw, name: str) -> Example:
    lead, width = shape(draw, 0, 2), draw(SIZES)
    queries, keys = draw(SIZES), draw(SIZES)
    inputs = {
        "q": Input((*lead, queries, width)),
        "k": Input((*lead, keys, width + draw(st.sampled_from([0] * 5 + [1])))),
        "v": Input((*lead, keys, draw(SIZES))),
    }
    return Example(f"{name}(q, k, v)", inputs, real=True)


# --- containers ---------------------------------------------------------------------------------


@operation(*_layers("Sequential"))
def sequential(draw: Draw, name: str) -> Example:
    channels, out = draw(SIZES), draw(SIZES)
    layers = (
        f"nn.Conv2d(3, {channels}, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear({channels}, {out})"
    )
    return Example(f"nn.Sequential({layers})(x)", {"x": Input((draw(SIZES), 3, *_image(draw, 2, 3)[-2:]))}, real=True)


# --- losses -------------------------------------------------------------------------------------

_REDUCTION = st.sampled_from(["mean", "sum", "none", "none", "other"])
_ALIKE = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss", "HuberLoss": "huber_loss",
    "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "KLDivLoss": "kl_div",
    "SoftMarginLoss": "soft_margin_loss", "PoissonNLLLoss": "poisson_nll_loss",
}  # fmt: skip


def _written(name: str, arguments: str, settings: str) -> str:
    if name.startswith("nn"):
        return f"{name}({settings.removeprefix(', ')})({arguments})"
    return f"{name}({arguments}{settings})"


@operation(*_layers(*_ALIKE), *_functions(*_ALIKE.values()))
def loss_of_numbers(draw: Draw, name: str) -> Example:
    given = shape(draw, 1)
    other = broadcastable(draw, given)
    settings = _keywords(draw, reduction=_REDUCTION)
    dtype = draw(st.sampled_from(["float32"] * 5 + ["float64"])) if name in ("nn.MSELoss", "nn.L1Loss") else "float32"
    return Example(_written(name, "x, y", settings), {"x": Input(given, dtype), "y": Input(other)}, real=True)


@operation(*_layers("CrossEntropyLoss", "NLLLoss"), *_functions("cross_entropy", "nll_loss"))
def loss_of_classes(draw: Draw, name: str) -> Example:
    classes, extra = draw(SIZES), shape(draw, 0, 2)
    batch = draw(SIZES)
    scores = (batch, classes, *extra) if draw(st.integers(0, 8)) else (classes,)
    target = tuple(size for i, size in enumerate(scores) if i != (len(scores) > 1))
    wrong = draw(st.integers(0, 6))
    if wrong == 0 and target:
        target = (target[0] + 1, *target[1:])
    kind = draw(st.sampled_from(["int64"] * 6 + ["float32", "int32", "uint8"]))
    probabilities = draw(st.integers(0, 6)) == 0
    inputs = {"x": Input(scores), "y": Input(scores, "float32") if probabilities else Input(target, kind)}
    return Example(_written(name, "x, y", _keywords(draw, reduction=_REDUCTION)), inputs, real=True)


_REDUCED = st.sampled_from(["mean", "sum"])


@operation(*_layers("MultiLabelSoftMarginLoss", "HingeEmbeddingLoss"))
def loss_of_labels(draw: Draw, name: str) -> Example:
    given = shape(draw, 2, 2)
    return Example(f"{name}(reduction={draw(_REDUCED)!r})(x, y)", {"x": Input(given), "y": Input(given)}, real=True)


@operation(*_layers("MultiLabelMarginLoss", "MultiMarginLoss"))
def loss_of_margins(draw: Draw, name: str) -> Example:
    given = shape(draw, 2, 2)
    target = given if "Label" in name else given[:1]
    inputs = {"x": Input(given), "y": Input(target, "int64")}
    return Example(f"{name}(reduction={draw(_REDUCED)!r})(x, y)", inputs, real=True)


@operation(*_layers("CTCLoss"))
def ctc(draw: Draw, name: str) -> Example:
    batch = draw(SIZES)
    inputs = {"x": Input((6, batch, 4)), "y": Input((batch, 2), "int64")}
    lengths = f"torch.full(({batch},), 6), torch.full(({batch},), 2)"
    return Example(f"nn.CTCLoss(reduction={draw(_REDUCED)!r})(x, y, {lengths})", inputs, real=True)


@operation(*_layers("GaussianNLLLoss"))
def gaussian(draw: Draw, name: str) -> Example:
    given = Input(shape(draw, 1, 2))
    return Example(f"nn.GaussianNLLLoss(reduction={draw(_REDUCED)!r})(x, y, y)", {"x": given, "y": given}, real=True)


@operation(*_layers("TripletMarginLoss"))
def triplet(draw: Draw, name: str) -> Example:
    given = shape(draw, 1, 3)
    inputs = {"x": Input(given), "y": Input(broadcastable(draw, given)), "z": Input(broadcastable(draw, given))}
    return Example(_written(name, "x, y, z", _keywords(draw, reduction=_REDUCTION)), inputs, real=True)


@operation(*_layers("CosineEmbeddingLoss", "MarginRankingLoss"))
def loss_of_pairs(draw: Draw, name: str) -> Example:
    given = (draw(SIZES), draw(SIZES)) if "Cosine" in name else (draw(SIZES),)
    inputs = {"x": Input(given), "y": Input(given), "t": Input(given[:1])}
    return Example(f"{name}(reduction={draw(_REDUCED)!r})(x, y, t)", inputs, real=True)
