"""Losses: what goes in is written down, a scalar comes out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ft_lint.facts.optimization import LossComputed
from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.dtypes import is_floating, promote
from ft_lint.library.torch.nn.signatures import Run, function, layer, layers
from ft_lint.library.torch.shapes import ShapeError, broadcast
from ft_lint.light import replace
from ft_lint.values.base import NONE, Value, is_none, text
from ft_lint.values.shape import Shape, differ_in_general, equal, pairs_up, show
from ft_lint.values.tensor import Tensor

Check = Callable[[Site, str, Value, Value], "Shape | None"]
"""Refuses what torch refuses of input and target; gives the shape of the loss before it is reduced."""


def _dtype(value: Value) -> str | None:
    return value.dtype if isinstance(value, Tensor) else None


def _shapes(input: Value, target: Value) -> tuple[Shape, Shape] | None:
    left, right = shape_of(input), shape_of(target)
    return (left, right) if left is not None and right is not None else None


def _unlike(value: Value, left: Shape, right: Shape) -> bool:
    """Whether one of two that was made one row does not fit the other, but for a batch of one."""
    folded = isinstance(value, Tensor) and value.folding is not None and len(left) == len(right)
    pairs = zip(left, right, strict=True) if folded else ()
    return any(1 not in pair and differ_in_general(*pair) for pair in pairs)


def refolded(input: Value, target: Value) -> Value:
    """The one of the two whose rows were changed, else the input."""
    changed = isinstance(target, Tensor) and target.folding is not None
    return target if changed else input


def _differ(left: Shape, right: Shape) -> bool:
    return len(left) != len(right) or any(equal(a, b) is False for a, b in zip(left, right, strict=True))


def _classes(at: Site, kind: str, input: Value, target: Value) -> Shape | None:
    """``cross_entropy`` and ``nll_loss``: scores ``(N, C, ...)`` against indices ``(N, ...)`` or probabilities."""
    found, dtype = _shapes(input, target), _dtype(target)
    if found is None:
        return None
    scores, wanted = found
    if not scores or len(scores) < 1:
        raise Refused("loss", f"it takes at least 1 dimension and gets {show(scores)}", input, form="rank")
    if kind == "cross_entropy" and not _differ(scores, wanted) and len(scores) == len(wanted):
        if dtype is not None and not is_floating(dtype) and scores == wanted:
            raise Refused("loss", f"probabilities must be floats and are {dtype}", input, form="dtype", gets=dtype)
        if dtype is None or is_floating(dtype):
            return (scores[0], *scores[2:]) if len(scores) > 1 else ()
    classes = 0 if len(scores) == 1 else 1
    _refuse_targets(input, target, scores, wanted, classes)
    if dtype is not None and dtype not in (("int64", "uint8") if len(scores) <= 2 else ("int64",)):
        raise Refused("loss", f"class indices are int64, not {dtype}", input, form="dtype", gets=dtype)
    return wanted


def _refuse_targets(input: Value, target: Value, scores: Shape, wanted: Shape, classes: int) -> None:
    """The target has the shape of the scores without their classes."""
    rest = (*scores[:classes], *scores[classes + 1 :])
    if not classes and len(wanted) == 1 and wanted == (1,):
        return
    if wanted and rest and equal(wanted[0], rest[0]) is False:
        why = f"a batch of {rest[0]} against one of {wanted[0]}"
        raise Refused("loss", why, refolded(input, target), form="batch", gets=rest[0], takes=wanted[0])
    if _differ(rest, wanted):
        raise Refused("loss", f"scores of {show(scores)} go with targets of {show(rest)}, not {show(wanted)}", input,
                      form="shape")  # fmt: skip


def _alike(at: Site, kind: str, input: Value, target: Value) -> Shape | None:
    """``binary_cross_entropy`` and kin: one shape, floats."""
    found, dtype = _shapes(input, target), _dtype(target)
    if found is not None and _differ(*found):
        form = "pairs" if pairs_up(*found) else "sizes"
        raise Refused("loss", f"an input of {show(found[0])} against a target of {show(found[1])}", input, form=form)
    if dtype is not None and not is_floating(dtype):
        raise Refused("loss", f"targets must be floats and are {dtype}", input, form="dtype", gets=dtype)
    return found[0] if found is not None else None


def _broadcast(at: Site, kind: str, input: Value, target: Value) -> Shape | None:
    """``mse_loss`` and kin: whatever broadcasts (with a warning)."""
    found = _shapes(input, target)
    if found is None:
        return None
    if isinstance(refolded(input, target), Tensor) and _unlike(refolded(input, target), *found):
        raise Refused("loss", f"{show(found[0])} and {show(found[1])} do not broadcast", refolded(input, target),
                      form="broadcast")  # fmt: skip
    try:
        return broadcast(*found)
    except ShapeError as error:
        raise Refused("loss", error.why, refolded(input, target), form="broadcast") from error


def _onto_input(at: Site, kind: str, input: Value, target: Value) -> Shape | None:
    """``soft_margin_loss``: the target broadcasts to the input, not the other way."""
    shape, known = _broadcast(at, kind, input, target), shape_of(input)
    if shape is not None and known is not None and _differ(shape, known):
        why = f"a target of {show(shape)} is larger than the input of {show(known)}"
        raise Refused("loss", why, input, form="sizes")
    return shape


_CHECKS: dict[str, Check] = {
    "cross_entropy": _classes,
    "nll_loss": _classes,
    "binary_cross_entropy": _alike,
    "binary_cross_entropy_with_logits": _alike,
    "soft_margin_loss": _onto_input,
}


def _reduction(value: Value) -> str | None:
    """``reduction=``; torch still takes the old name of ``mean``."""
    word = text(value)
    return "mean" if word == "elementwise_mean" else word


def compute(
    at: Site, kind: str, name: str, input: Value, target: Value, reduction: Value, settings: dict[str, Value]
) -> Value:
    """A loss: a scalar, unless it is not reduced.  The fact is written down before a refusal."""
    word = _reduction(reduction)
    loss = at.result(() if word in ("mean", "sum", "batchmean") else None, input, target, settings.get("weight"))
    loss = replace(loss, dtype=_loss_dtype(kind, input, target), rescaled=word != "mean")
    built = at.module.node if at.module is not None else None
    at.emit(LossComputed, kind=kind, name=name, input=input, target=target, output=loss, settings=settings, built=built)
    if word is not None and word not in ("none", "mean", "sum", "batchmean"):
        raise Refused("loss", f"there is no reduction {word!r}", input, form="reduction")
    whole = _CHECKS.get(kind, _broadcast)(at, kind, input, target)
    return replace(loss, shape=whole) if word == "none" else loss


def _loss_dtype(kind: str, input: Value, target: Value) -> str | None:
    own, other = _dtype(input), _dtype(target)
    if own is None or kind in ("cross_entropy", "nll_loss"):
        return own
    if kind == "binary_cross_entropy_with_logits" and own != other:
        return None
    return promote(own, other) if other is not None else None


def _reduced(size_average: Value, reduce: Value, reduction: Value) -> Value:
    """The old settings ``size_average`` and ``reduce`` leave the reduction unknown."""
    return reduction if is_none(size_average) and is_none(reduce) else NONE


def _loss(kind: str, name: str) -> Run:
    def run(
        at: Site, input: Value, target: Value, reduction: Value, size_average: Value = NONE, reduce: Value = NONE,
        weight: Value = NONE, **settings: Value,
    ) -> Value:  # fmt: skip
        how = _reduced(size_average, reduce, reduction)
        result = compute(at, kind, name, input, target, how, settings | {"weight": weight})
        _refuse_weight(kind, input, weight)
        return result

    return run


def _refuse_weight(kind: str, input: Value, weight: Value) -> None:
    """One weight for each class."""
    scores, own = shape_of(input), shape_of(weight)
    if kind not in ("cross_entropy", "nll_loss") or is_none(weight) or scores is None or own is None or not scores:
        return
    classes = scores[1] if len(scores) > 1 else scores[0]
    if len(own) != 1 or equal(own[0], classes) is False:
        raise Refused("loss", f"weights of {show(own)} for {classes} classes", input, form="weight")


# --- losses of three tensors --------------------------------------------------------------------


def _triplet(at: Site, anchor: Value, positive: Value, negative: Value, reduction: Value, **settings: Value) -> Value:
    from ft_lint.library.torch._elementwise import common_shape

    ranks = {len(known) for one in (anchor, positive, negative) if (known := shape_of(one)) is not None}
    if len(ranks) > 1:
        raise Refused("loss", "its three tensors have different numbers of dimensions", anchor, form="rank")
    near, far = common_shape("loss", anchor, positive), common_shape("loss", anchor, negative)
    word = _reduction(reduction)
    result = at.result(() if word in ("mean", "sum") else None, anchor, positive, negative)
    if word not in (None, "none", "mean", "sum"):
        raise Refused("loss", f"there is no reduction {word!r}", anchor, form="reduction")
    if word != "none" or not near or not far:
        return result
    try:
        return replace(result, shape=broadcast(near[:-1], far[:-1]))
    except ShapeError as error:
        raise Refused("loss", error.why, anchor, form="broadcast") from error


def _pairs(at: Site, input1: Value, input2: Value, target: Value, reduction: Value, **settings: Value) -> Value:
    return at.result(() if text(reduction) in ("mean", "sum") else None, input1, input2, target)


_OLD = "size_average=None, reduce=None, reduction='mean'"
_SIMPLE = {
    "CrossEntropyLoss": (
        "cross_entropy",
        "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0",
    ),
    "NLLLoss": ("nll_loss", "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'"),
    "BCELoss": ("binary_cross_entropy", f"weight=None, {_OLD}"),
    "BCEWithLogitsLoss": ("binary_cross_entropy_with_logits", f"weight=None, {_OLD}, pos_weight=None"),
    "MSELoss": ("mse_loss", _OLD),
    "L1Loss": ("l1_loss", _OLD),
    "SmoothL1Loss": ("smooth_l1_loss", f"{_OLD}, beta=1.0"),
    "HuberLoss": ("huber_loss", "reduction='mean', delta=1.0"),
    "KLDivLoss": ("kl_div", f"{_OLD}, log_target=False"),
    "SoftMarginLoss": ("soft_margin_loss", _OLD),
    "PoissonNLLLoss": (
        "poisson_nll_loss",
        "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'",
    ),
}
"""torch's loss classes, the functions that they call, and the settings."""
_TWINS = {
    "cross_entropy": _SIMPLE["CrossEntropyLoss"][1],
    "nll_loss": _SIMPLE["NLLLoss"][1],
    "binary_cross_entropy": _SIMPLE["BCELoss"][1],
    "binary_cross_entropy_with_logits": _SIMPLE["BCEWithLogitsLoss"][1],
    "mse_loss": f"{_OLD}, weight=None",
    "l1_loss": f"{_OLD}, weight=None",
    "smooth_l1_loss": f"{_OLD}, beta=1.0",
    "huber_loss": "reduction='mean', delta=1.0, weight=None",
    "kl_div": f"{_OLD}, log_target=False",
    "soft_margin_loss": _OLD,
    "poisson_nll_loss": _SIMPLE["PoissonNLLLoss"][1],
}
_OTHERS = {
    "MultiLabelSoftMarginLoss": f"weight=None, {_OLD}",
    "MultiLabelMarginLoss": _OLD,
    "MultiMarginLoss": f"p=1, margin=1.0, weight=None, {_OLD}",
    "HingeEmbeddingLoss": f"margin=1.0, {_OLD}",
    "CTCLoss": "blank=0, reduction='mean', zero_infinity=False",
    "GaussianNLLLoss": "full=False, eps=1e-06, reduction='mean'",
}
"""Losses whose shapes of input and target are not checked."""


def _unchecked(at: Site, input: Value, target: Value, reduction: Value, **settings: Value) -> Value:
    how = _reduced(settings.get("size_average", NONE), settings.get("reduce", NONE), reduction)
    return at.result(() if text(how) in ("mean", "sum") else None, input, target)


def _settings(**given: Value) -> dict[str, Shape | None]:
    """A loss object takes its tensors when it is called; of its settings only weights are tensors.

    A tensor without dimensions passes for a number, and one alone, of which we know nothing, may be such.
    """
    tensors = [value for value in given.values() if isinstance(value, Tensor)]
    for name, value in given.items():
        if name in ("weight", "pos_weight") or not isinstance(value, Tensor) or value.shape == ():
            continue
        if value.shape is not None or value.graph or value.batch_of is not None or len(tensors) > 1:
            why = f"`{name}` is a setting, not a tensor"
            raise Refused("loss", why, value, form="setting", name=name, tensors=len(tensors))
    return {}


def _layers() -> list[type[Layer]]:
    found = [
        layer(f"{name}({text_})", _loss(kind, name), _settings, inputs="input, target")
        for name, (kind, text_) in _SIMPLE.items()
    ]
    more = "input, target, input_lengths=None, target_lengths=None, var=None"
    found += [layer(f"{name}({text_})", _unchecked, _settings, inputs=more) for name, text_ in _OTHERS.items()]
    triplet = f"margin=1.0, p=2.0, eps=1e-06, swap=False, {_OLD}"
    return [
        *found,
        layer(f"TripletMarginLoss({triplet})", _triplet, _settings, inputs="anchor, positive, negative"),
        layer(f"CosineEmbeddingLoss(margin=0.0, {_OLD})", _pairs, _settings, inputs="input1, input2, target"),
        layer(f"MarginRankingLoss(margin=0.0, {_OLD})", _pairs, _settings, inputs="input1, input2, target"),
    ]


LAYERS = layers(*_layers())
FUNCTIONS = {kind: function(f"{kind}(input, target, {text_})", _loss(kind, kind)) for kind, text_ in _TWINS.items()}
LOSSES = {name: kind for name, (kind, _) in _SIMPLE.items()}
"""torch's loss classes and the functions that they call."""
