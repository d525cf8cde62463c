"""Normalization and dropout: shapes stay, the mode matters."""

from __future__ import annotations

from ft_lint.facts.models import DropoutApplied
from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of, dims_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.dtypes import is_whole
from ft_lint.library.torch.nn.signatures import Run, function, functions, layer, layers
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Value, integer, is_none, number, truth
from ft_lint.values.containers import Tuple
from ft_lint.values.module import Mode
from ft_lint.values.shape import Dim, Shape, equal, modulo, product, show
from ft_lint.values.tensor import Tensor, last_of


def _refuse_whole(operation: str, input: Value) -> None:
    if isinstance(input, Tensor) and input.dtype is not None and is_whole(input.dtype):
        raise Refused(operation, f"it takes floats and gets {input.dtype}", input, form="dtype")


def _refuse_rank(operation: str, input: Value, ranks: tuple[int, ...]) -> Shape | None:
    known = shape_of(input)
    if known is not None and len(known) not in ranks:
        wanted = " or ".join(map(str, ranks))
        raise Refused(operation, f"it takes {wanted} dimensions and gets {show(known)}", input, dimensions=len(known))
    return known


def _refuse_channels(operation: str, input: Value, have: Dim, count: Dim) -> None:
    if equal(have, count) is False:
        raise Refused(operation, f"it gets {have} channels and takes {count}", input, gets=have, takes=count)


def _affine(num_features: Value, affine: Value, **settings: Value) -> dict[str, Shape | None]:
    count = dim_of(num_features)
    return {} if truth(affine) is False else {"weight": (count,), "bias": (count,)}


def _lazy_affine(affine: Value, **settings: Value) -> dict[str, Shape | None]:
    return {} if truth(affine) is False else {"weight": None, "bias": None}


def _in_training(at: Site) -> bool:
    module = at.module
    mode = at.m.store.resolve(module.mode) if module is not None else None
    return isinstance(mode, Mode) and mode.training


def _batch_norm(ranks: tuple[int, ...]) -> Run:
    def run(
        at: Site, input: Value, num_features: Value = NONE, track_running_stats: Value = FALSE,
        affine: Value = FALSE, **settings: Value,
    ) -> Value:  # fmt: skip
        known = _refuse_rank("batch_norm", input, ranks)
        _refuse_whole("batch_norm", input)
        if known is None:
            return at.result(None, input)
        if not is_none(num_features) and (truth(affine) or truth(track_running_stats)):
            _refuse_channels("batch_norm", input, known[1], dim_of(num_features))
        each = product((known[0], *known[2:]))
        if each == 1 and (_in_training(at) or truth(track_running_stats) is False):
            raise Refused("batch_norm", "one value per channel has no variance, in training mode", input)
        return at.result(known, input)

    return run


def _instance_norm(rank: int) -> Run:
    def run(
        at: Site, input: Value, num_features: Value, affine: Value, track_running_stats: Value, **settings: Value
    ) -> Value:
        known = _refuse_rank("instance_norm", input, (rank + 1, rank + 2))
        _refuse_whole("instance_norm", input)
        if known is None:
            return at.result(None, input)
        if truth(affine) or truth(track_running_stats):
            _refuse_channels("instance_norm", input, known[-rank - 1], dim_of(num_features))
        if product(known[-rank:]) == 1 and (_in_training(at) or truth(track_running_stats) is False):
            raise Refused("instance_norm", "one value per channel has no variance", input)
        return at.result(known, input)

    return run


def _trailing(operation: str) -> Run:
    def run(at: Site, input: Value, normalized_shape: Value, **settings: Value) -> Value:
        known, wanted = shape_of(input), dims_of(at, normalized_shape)
        _refuse_whole(operation, input)
        width = last_of(input)
        if known is None and width is not None and wanted and equal(width, wanted[-1]) is False:
            why = f"it gets {width} features and takes {wanted[-1]}"
            raise Refused(operation, why, input, gets=width, takes=wanted[-1])
        if known is None or wanted is None:
            return at.alike(input)
        if not wanted:
            raise Refused(operation, "normalized_shape must not be empty", input)
        last = known[-len(wanted) :]
        if len(last) < len(wanted) or any(equal(a, b) is False for a, b in zip(last, wanted, strict=True)):
            gets, takes = (last[-1] if last else 0), wanted[-1]
            why = f"it gets {show(known)} and takes {show(tuple(wanted))} at the end"
            raise Refused(operation, why, input, gets=gets, takes=takes)
        return at.result(known, input)

    return run


def _sizes(value: Value) -> Shape | None:
    match value:
        case Tuple(values, True):
            return tuple(dim_of(one) for one in values)
        case Constant(int()):
            return (dim_of(value),)
    return None


def _layer_weights(
    normalized_shape: Value, elementwise_affine: Value, bias: Value = FALSE, **settings: Value
) -> dict[str, Shape | None]:
    if truth(elementwise_affine) is False:
        return {}
    shape = _sizes(normalized_shape)
    return {"weight": shape} | ({"bias": shape} if truth(bias) is not False else {})


def _groups(num_groups: Value, num_channels: Value, affine: Value, **settings: Value) -> dict[str, Shape | None]:
    count, groups = dim_of(num_channels), integer(num_groups)
    if groups is not None and (groups <= 0 or equal(modulo(count, groups), 0) is False):
        raise Refused("group_norm", f"{count} channels cannot be divided into {groups} groups", NONE)
    return {} if truth(affine) is False else {"weight": (count,), "bias": (count,)}


def _group_norm(at: Site, input: Value, num_groups: Value, num_channels: Value = NONE, **settings: Value) -> Value:
    known, groups = shape_of(input), integer(num_groups)
    _refuse_whole("group_norm", input)
    if known is None:
        return at.result(None, input)
    if len(known) < 2:
        raise Refused("group_norm", f"it takes at least 2 dimensions and gets {show(known)}", input)
    if not is_none(num_channels) and truth(settings.get("affine", FALSE)) is not False:
        _refuse_channels("group_norm", input, known[1], dim_of(num_channels))
    if groups and equal(modulo(known[1], groups), 0) is False:
        raise Refused("group_norm", f"{known[1]} channels cannot be divided into {groups} groups", input)
    values = product((known[0], *known[2:]))
    if values == 1 and isinstance(known[1], int) and groups == known[1]:
        raise Refused("group_norm", "one value per group has no variance", input)
    return at.result(known, input)


def _local(at: Site, input: Value, size: Value, **settings: Value) -> Value:
    known = shape_of(input)
    if known is not None and len(known) < 3:
        raise Refused("local_response_norm", f"it takes at least 3 dimensions and gets {show(known)}", input)
    return at.result(known, input)


def normalize(at: Site, input: Value, p: Value, dim: Value, **settings: Value) -> Value:
    """``F.normalize``."""
    from ft_lint.library.torch._arguments import axes

    known = shape_of(input)
    if known is not None:
        axes(at, "normalize", dim, len(known), input)
    _refuse_whole("normalize", input)
    return at.result(known, input)


# --- dropout ------------------------------------------------------------------------------------


def _probability(p: Value, **settings: Value) -> dict[str, Shape | None]:
    rate = number(p)
    if rate is not None and not 0 <= rate <= 1:
        raise Refused("dropout", f"a probability of {rate} is not between 0 and 1", NONE)
    return {}


def _dropout(ranks: tuple[int, ...] | None) -> Run:
    def run(at: Site, input: Value, p: Value, **settings: Value) -> Value:
        _probability(p)
        known = shape_of(input)
        if known is not None and ranks is not None and len(known) not in ranks:
            raise Refused("dropout", f"it does not take {show(known)}", input, dimensions=len(known))
        return at.alike(input, keep=True)

    return run


def note_dropout(at: Site, name: str, rate: Value, training: Value, given: bool) -> None:
    """Write down a function that drops out."""
    module = at.m.running[-1] if at.m.running else None
    receiver = next((key for key, value in at.m.scope.names.items() if module is not None and value is module), None)
    mode = at.m.store.resolve(module.mode) if module is not None else NONE
    obeys = given and at.m.asked_for_mode and isinstance(mode, Mode) and truth(training) is mode.training
    if module is not None and obeys and number(rate) != 0 and "stochastic" not in module.fields:
        at.m.store.write(module.fields, "stochastic", TRUE)
    at.emit(
        DropoutApplied, name=name, rate=rate, training=training, given=given, module=module, mode=mode,
        receiver=receiver,
    )  # fmt: skip


def _functional(name: str, default: bool, ranks: tuple[int, ...] | None) -> Run:
    """``F.dropout`` and kin."""

    def run(at: Site, input: Value, p: Value, training: Value, **settings: Value) -> Value:
        given = at.arguments
        told = "training" in given.keywords or len(given.positional) > 2 or not given.complete
        note_dropout(at, name, p, training, told)
        takes = ranks if name != "feature_alpha_dropout" or truth(training) else None  # without, any shape will do
        return _dropout(takes)(at, input, p)

    return function(f"{name}(input, p=0.5, training={default}, inplace=False)", run)


_MANY = tuple(range(2, 12))
"""Dropout of whole channels warns of other ranks, and refuses those below 2."""
_NORM = "num_features, eps=1e-05, momentum=0.1"
_BATCH = f"{_NORM}, affine=True, track_running_stats=True, device=None, dtype=None"
_INSTANCE = f"{_NORM}, affine=False, track_running_stats=False, device=None, dtype=None"


def _batch_layers(rank: int, ranks: tuple[int, ...]) -> list[type[Layer]]:
    lazy = _BATCH.removeprefix("num_features, ")
    return [
        layer(f"BatchNorm{rank}d({_BATCH})", _batch_norm(ranks), _affine, stochastic=True),
        layer(f"LazyBatchNorm{rank}d({lazy})", _batch_norm(ranks), _lazy_affine, stochastic=True),
    ]


def _converted(at: Site, module: Value, process_group: Value = NONE) -> Value:
    """The same tree with the same weights and statistics: batch norms that work together are batch norms."""
    return module


_DROPOUT = "p=0.5, inplace=False"
LAYERS = layers(
    *_batch_layers(1, (2, 3)),
    *_batch_layers(2, (4,)),
    *_batch_layers(3, (5,)),
    layer(
        f"SyncBatchNorm({_NORM}, affine=True, track_running_stats=True, process_group=None, device=None, dtype=None)",
        _batch_norm(_MANY),
        _affine,
        stochastic=True,
        methods={"convert_sync_batchnorm": _converted},
    ),
    *(layer(f"InstanceNorm{rank}d({_INSTANCE})", _instance_norm(rank), _affine) for rank in (1, 2, 3)),
    layer(
        "LayerNorm(normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None)",
        _trailing("layer_norm"),
        _layer_weights,
    ),
    layer(
        "RMSNorm(normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None)",
        _trailing("rms_norm"),
        _layer_weights,
    ),
    layer("GroupNorm(num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None)", _group_norm, _groups),
    layer("LocalResponseNorm(size, alpha=0.0001, beta=0.75, k=1.0)", _local),
    layer(f"Dropout({_DROPOUT})", _dropout(None), _probability, stochastic=True),
    layer(f"Dropout1d({_DROPOUT})", _dropout((2, 3)), _probability, stochastic=True),
    layer(f"Dropout2d({_DROPOUT})", _dropout(_MANY), _probability, stochastic=True),
    layer(f"Dropout3d({_DROPOUT})", _dropout(_MANY), _probability, stochastic=True),
    layer(f"AlphaDropout({_DROPOUT})", _dropout(None), _probability, stochastic=True),
    layer(f"FeatureAlphaDropout({_DROPOUT})", _dropout(_MANY), _probability, stochastic=True),
)


def _functional_batch_norm(
    at: Site, input: Value, running_mean: Value, running_var: Value, weight: Value, training: Value, **settings: Value
) -> Value:
    known = shape_of(input)
    if known is not None and len(known) < 2:
        raise Refused("batch_norm", f"it takes at least 2 dimensions and gets {show(known)}", input)
    for given in (running_mean, running_var, weight):
        own = shape_of(given)
        if known is not None and own is not None and len(own) == 1 and equal(own[0], known[1]) is False:
            raise Refused("batch_norm", f"it gets {known[1]} channels and takes {own[0]}", input)
    if known is not None and truth(training) and product((known[0], *known[2:])) == 1:
        raise Refused("batch_norm", "one value per channel has no variance, in training mode", input)
    return at.result(known, input, weight)


FUNCTIONS = functions(
    function(
        "batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05)",
        _functional_batch_norm,
    ),
    function("layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05)", _trailing("layer_norm")),
    function("rms_norm(input, normalized_shape, weight=None, eps=None)", _trailing("rms_norm")),
    function("group_norm(input, num_groups, weight=None, bias=None, eps=1e-05)", _group_norm),
    function("local_response_norm(input, size, alpha=0.0001, beta=0.75, k=1.0)", _local),
    function("normalize(input, p=2.0, dim=1, eps=1e-12, out=None)", normalize),
    _functional("dropout", True, None),
    _functional("dropout1d", True, (2, 3)),
    _functional("dropout2d", True, _MANY),
    _functional("dropout3d", True, _MANY),
    _functional("alpha_dropout", False, None),
    _functional("feature_alpha_dropout", False, _MANY),
)
