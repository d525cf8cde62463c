"""What a model of a zoo gives: its head runs on features of the shape that its body was seen to give."""

from __future__ import annotations

import dataclasses

from ft_lint.library._zoo.architecture import Architecture, Auxiliary
from ft_lint.library._zoo.building import descend
from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site
from ft_lint.library.torch._arguments import ONE, shape_of
from ft_lint.library.torch._reshaping import flatten
from ft_lint.light import replace
from ft_lint.values.base import NONE, Fields, Unknown, Value, options
from ft_lint.values.containers import Dict, Tuple
from ft_lint.values.module import Mode, Module, modules_of
from ft_lint.values.shape import Dim, Shape, equal, floor_divide, symbol, unknown_dim
from ft_lint.values.tensor import Tensor


def architecture_of(module: Module) -> Architecture:
    """The entry behind a model of a zoo."""
    found = module.architecture
    assert isinstance(found, Architecture)
    return found


def reads(module: Module) -> frozenset[str]:
    """The names of the children that the model's own ``forward`` calls."""
    found = architecture_of(module)
    return frozenset((*found.called_in_training, *found.called_in_evaluation))


def forward(at: Site, module: Module, *args: Value, **kwargs: Value) -> Value:
    """What the model gives for a batch of images or clips, or for a list of images (detection).

    Raises Refused for another number of channels than the first layer takes.
    """
    found = architecture_of(module)
    if found.family not in _FOLLOWED or len(args) != 1:
        return Unknown(f"the output of a model of {found.family}", (*args, *kwargs.values()))
    x = args[0]
    _refuse(module, found, x)
    if found.family == "segmentation":
        return _segment(at, module, found, x)
    return _with_auxiliary(at, module, found, _logits(at, module, found, x), x)


_FOLLOWED = ("classification", "video", "segmentation")


def _refuse(module: Module, found: Architecture, x: Value) -> None:
    shape = shape_of(x)
    if found.input is None or shape is None or len(shape) != len(found.input) + 1:
        return
    takes, gets = _channels(module, found), shape[1]
    if isinstance(takes, int) and isinstance(gets, int) and takes != gets:
        raise Refused("conv", f"the first layer takes {takes} channels and gets {gets}", x, takes=takes, gets=gets)
    _refuse_size(module, found, x, shape)


def _refuse_size(module: Module, found: Architecture, x: Value, shape: Shape) -> None:
    """Transformers take images of one size, others of a least size."""
    meant, sides = found.input, [size for size in shape[2:] if isinstance(size, int)]
    if meant is None or len(sides) < len(shape[2:]) or not _has_own_body(module, found):
        return
    if found.fixed_size and shape[2:] != meant[1:]:
        why = f"the model takes images of {meant[-2]} by {meant[-1]} and gets {shape[-2]} by {shape[-1]}"
        raise Refused("image size", why, x, takes=meant[-1], gets=shape[-1])
    if min(sides) < found.least_size:
        why = f"the model takes images of at least {found.least_size} pixels a side and gets {min(sides)}"
        raise Refused("image size", why, x, takes=meant[-1], gets=min(sides))


def _has_own_body(module: Module, found: Architecture) -> bool:
    """Whether all but the head stands as the library built it."""
    head = found.heads[0].child if found.heads else ""
    parts = [part for name, value in module.children.items() if name != head for part in options(value)]
    return all(isinstance(part, Module) and part.node is module.node for part in parts)


def _channels(module: Module, found: Architecture) -> Dim | None:
    """Channels that the first layer takes as it is now."""
    layer = descend(module, found.first[0]) if found.first else None
    weight = shape_of(layer.parameters.get("weight", NONE)) if layer is not None else None
    is_convolution = weight is not None and len(weight) == len(found.input or ()) + 1
    return weight[1] if weight is not None and is_convolution else None


def _logits(at: Site, module: Module, found: Architecture, x: Value) -> Value:
    """The output of the head for the features that reach it."""
    if not found.heads:
        return at.result(None, x)
    _, path = _entry(module, found.head.path)
    return _classify(at, module, found, at.result(_features(module, found, path, x), x))


def run_head(at: Site, module: Module, found: Architecture, features: Value) -> Value:
    """The output of the head for features that the script has; their own shape counts where the head gets vectors."""
    _, path = _entry(module, found.head.path)
    flow, known = found.shapes.get(path), shape_of(features)
    pooled = (known[0], *flow.input) if known and flow is not None and len(flow.input) == 1 else None
    return _classify(at, module, found, at.result(pooled, features))


def _classify(at: Site, module: Module, found: Architecture, features: Tensor) -> Value:
    """What the head makes of features; squeezenet flattens what its convolutions give."""
    owner, path = _entry(module, found.head.path)
    head, flow = owner.children.get(path.rpartition(".")[2]), found.shapes.get(path)
    logits = _call(at, head, replace(features, features_of=module))
    return flatten(at, logits, ONE) if flow is not None and len(flow.output) > 1 else logits


def _entry(module: Module, path: str) -> tuple[Module, str]:
    """The first module on the way to ``path`` whose inside we follow, as its owner and its own path."""
    owner, taken = module, ""
    for name in path.split("."):
        taken = f"{taken}.{name}" if taken else name
        inner = owner.children.get(name)
        if taken == path or not (isinstance(inner, Module) and _is_opaque(inner)):
            break
        owner = inner
    return owner, taken


def _is_opaque(module: Module) -> bool:
    from ft_lint.library import find

    known = find(module.kind)
    return module.cls is None and not (isinstance(known, type) and issubclass(known, Layer))


def _call(at: Site, head: Value | None, features: Tensor) -> Value:
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    return features if head is None else call(at.m, head, Arguments((features,)), at.node)


def flowing(module: Module, known: Shape) -> Shape | None:
    """What a part of a model of a zoo gives for an input of a known shape, batch first.

    Where it was seen to make its input smaller by a whole factor, it does so with any that the factor divides.
    """
    flow = module.flow
    if flow is None or len(known) != len(flow.input) + 1 or not flow.output or equal(known[1], flow.input[0]) is False:
        return None
    if not flow.output_varies or known[1:] == flow.input:
        return (known[0], *flow.output)
    if len(flow.output) != len(flow.input):
        return None
    sizes = (_smaller(a, b, c) for a, b, c in zip(known[2:], flow.input[1:], flow.output[1:], strict=True))
    return (known[0], flow.output[0], *sizes)


def _smaller(size: Dim, seen: int, given: int) -> Dim:
    factor = seen // given if given and seen % given == 0 else 0
    whole = isinstance(size, int) and factor > 0 and size % factor == 0
    return floor_divide(size, factor) if whole else unknown_dim()


def is_untouched(module: Module) -> bool:
    """Whether every part below stands as the library built it, with the settings that it had then."""
    return all(
        part.node is module.node and part.arguments.keys().isdisjoint(part.fields) for part in modules_of(module)
    )


def _features(module: Module, found: Architecture, path: str, x: Value) -> Shape | None:
    """The shape of what reaches ``path``: unknown once another part of the body was exchanged."""
    flow, child = found.shapes.get(path), path.partition(".")[0]
    for name, value in module.children.items():
        own = all(isinstance(option, Module) and option.node is module.node for option in options(value))
        if name != child and not own:
            return None
    if flow is None or not flow.input:
        return None
    known, meant = shape_of(x), found.input
    fits = known is not None and (meant is None or len(known) == len(meant) + 1)
    batch = known[0] if known and fits else symbol("B")
    if flow.input_varies and (known is None or meant is None or known[2:] != meant[1:]):
        return (batch, flow.input[0], *(unknown_dim() for _ in flow.input[1:]))
    return (batch, *flow.input)


def _segment(at: Site, module: Module, found: Architecture, x: Value) -> Value:
    """The classes of every pixel under ``out``, and those of the auxiliary head under ``aux``."""
    known = shape_of(x)
    pixels = known[2:] if known is not None and len(known) == 4 else (unknown_dim(), unknown_dim())
    entries: Fields = {}
    for key, child in (("out", found.head.child), *(("aux", auxiliary.path) for auxiliary in found.auxiliary)):
        if child in module.children:
            features = at.result(_features(module, found, child, x), x)
            logits = _call(at, module.children[child], replace(features, features_of=module))
            shape = shape_of(logits)
            classes = shape[:2] if shape is not None and len(shape) == 4 else (symbol("B"), unknown_dim())
            entries[key] = at.result((*classes, *pixels), logits, x)
    return Dict(entries)


def _auxiliary_logits(at: Site, module: Module, auxiliary: Auxiliary, x: Value) -> Value:
    """What an auxiliary head gives: as many classes as it has now."""
    head, known = descend(module, auxiliary.head), shape_of(x)
    weight = shape_of(head.parameters.get("weight", NONE)) if head is not None else None
    batch = known[0] if known else symbol("B")
    shape = (batch, weight[0]) if weight is not None else None
    return replace(at.result(shape, x), answer_of=head)


def _with_auxiliary(at: Site, module: Module, found: Architecture, logits: Value, x: Value) -> Value:
    present = [auxiliary for auxiliary in found.auxiliary if auxiliary.path in module.children]
    surely = not any(isinstance(module.children[auxiliary.path], Unknown) for auxiliary in present)
    at.m.asked_for_mode = at.m.asked_for_mode or bool(present)
    match at.m.store.resolve(module.mode):
        case _ if not present:
            return logits
        case Mode(training=False):
            return logits
        case _ if not surely:
            return Unknown("the output may have auxiliary parts", (logits,))
        case Mode(training=True):
            names = ("logits", "aux_logits") if len(present) == 1 else ("logits", "aux_logits2", "aux_logits1")
            extra = tuple(_auxiliary_logits(at, module, one, x) for one in reversed(present))
            return Tuple((logits, *extra), names=names)
    return Unknown("the output has auxiliary parts in training mode", (logits,))
