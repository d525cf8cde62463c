"""``torchvision.models``: classifiers with their whole trees, from harvested tables."""

from __future__ import annotations

import dataclasses
from typing import Any

from ft_lint.facts import ModelBuilt
from ft_lint.library.site import Site
from ft_lint.library.torch._arguments import ONE, shape_of
from ft_lint.library.torch._reshaping import flatten
from ft_lint.library.torchvision.models.table import Architecture, Node, architecture, names
from ft_lint.values.base import NONE, Constant, Unknown, Value, integer, is_none, options, text, truth
from ft_lint.values.callables import Reference
from ft_lint.values.containers import Tuple
from ft_lint.values.module import Mode, Module
from ft_lint.values.shape import Shape, symbol, unknown_dim
from ft_lint.values.tensor import Tensor, new_parameter

_PREFIX = "torchvision.models."


def is_model(path: str) -> bool:
    """Whether a path is a builder of a torchvision classifier."""
    return path.startswith(_PREFIX) and path.rpartition(".")[2] in names()


def get_model(at: Site, name: Value, **config: Value) -> Value:
    """``get_model("resnet18", weights=...)``."""
    known = text(name)
    if known is None or not is_model(_PREFIX + known):
        return at.unknown("a model whose name we do not know")
    return build(at, _PREFIX + known, dataclasses.replace(at.arguments, positional=()))


def build(at: Site, path: str, arguments: Any) -> Value:
    """Build a classifier: its tree, its parameters, whether its weights are pretrained."""
    found = architecture(path.rpartition(".")[2])
    assert found is not None
    given = dict(arguments.keywords)
    if arguments.positional:
        first = (
            "pretrained"
            if truth(arguments.positional[0]) is not None and _is_bool(arguments.positional[0])
            else "weights"
        )
        given.setdefault(first, arguments.positional[0])
    pretrained = _pretrained(given, arguments.complete)
    model = _instantiate(at, found.root, pretrained, _PREFIX + found.name)
    object.__setattr__(model, "architecture", found)
    _resize(at, model, found, given)
    _drop_auxiliary(at, model, found, given, pretrained)
    places = {str(key): place for key, place in arguments.places.items() if isinstance(key, str)}
    at.emit(ModelBuilt, model=model, path=path, arguments=given, places=places)
    at.m.models.append(model)
    return model


def _is_bool(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, bool)


def _pretrained(given: dict[str, Value], complete: bool) -> bool | None:
    for name in ("weights", "pretrained"):
        value = given.get(name)
        if value is None or is_none(value):
            continue
        if isinstance(value, Reference):
            return True
        ways = {_is_given(option) for option in options(value)}
        return ways.pop() if len(ways) == 1 else None
    return False if complete else None


def _is_given(value: Value) -> bool | None:
    if isinstance(value, Reference):
        return True
    return bool(value.value) if isinstance(value, Constant) else None


def _instantiate(at: Site, node: Node, pretrained: bool | None, kind: str) -> Module:
    made = Module(kind=kind, arguments=_settings(node), pretrained=pretrained, node=at.node)
    made.fields["mode"] = Mode(True)
    for name, shape in node.parameters:
        made.parameters[name] = new_parameter(tuple(shape), pretrained=pretrained)
    for name, child in node.children:
        sequential = child.forward.rpartition(".")[2] == "Sequential"
        inner = "torch.nn.Sequential" if sequential else child.kind
        made.children[name] = _instantiate(at, child, pretrained, inner)
    return made


def _settings(node: Node) -> dict[str, Value]:
    """A layer's constructor arguments, those that the table leaves out at torch's defaults."""
    from ft_lint.library import Layer, find

    given = {name: _value(value) for name, value in dict(node.config).items()}
    found = find(node.kind)
    if not (isinstance(found, type) and issubclass(found, Layer)):
        return given
    import inspect

    parameters = inspect.signature(found.build).parameters
    known = {name: value for name, value in given.items() if name in parameters}
    defaults = {n: p.default for n, p in parameters.items() if p.default is not inspect.Parameter.empty}
    return defaults | known


def _value(value: Any) -> Value:
    if isinstance(value, list | tuple):
        return Tuple(tuple(_value(one) for one in value))
    return Constant(value)


def _resize(at: Site, model: Module, found: Architecture, given: dict[str, Value]) -> None:
    """``num_classes=`` makes the last layer another size (with weights, torchvision refuses)."""
    if "num_classes" not in given:
        return
    classes = integer(given["num_classes"])
    outputs = classes if classes is not None else unknown_dim()
    head = _descend(model, found.head.path)
    if head is None:
        return
    for name, parameter in list(head.parameters.items()):
        shape = shape_of(parameter)
        if shape is not None:
            head.parameters[name] = new_parameter((outputs, *shape[1:]), pretrained=model.pretrained)
    key = "out_features" if "out_features" in head.arguments else "out_channels"
    head.arguments[key] = given["num_classes"]


def _drop_auxiliary(
    at: Site, model: Module, found: Architecture, given: dict[str, Value], pretrained: bool | None
) -> None:
    wanted = truth(given.get("aux_logits", NONE)) if "aux_logits" in given else None
    for auxiliary in found.auxiliary:
        dropped = wanted is False or (wanted is None and pretrained is True and not auxiliary.kept_with_weights)
        if dropped:
            model.children.pop(auxiliary.path.split(".")[0], None)


def _descend(model: Module, path: str) -> Module | None:
    here: Value | None = model
    for part in path.split("."):
        here = here.children.get(part) if isinstance(here, Module) else None
    return here if isinstance(here, Module) else None


def reads(module: Module) -> frozenset[str]:
    """The names of the children that the classifier's own ``forward`` calls."""
    found = module.architecture
    assert isinstance(found, Architecture)
    return frozenset((*found.called_in_training, *found.called_in_evaluation))


def forward(at: Site, module: Module, x: Value) -> Value:
    """The classifier's output: what its head makes of the features that its body gives."""
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    found = module.architecture
    assert isinstance(found, Architecture)
    name = found.head.child
    features = dataclasses.replace(at.result(_features(module, found, name, x), x), features_of=module)
    head = module.children.get(name)
    logits = call(at.m, head, Arguments((features,)), at.node) if head is not None else features
    if len(found.shapes[name].output) > 1:  # squeezenet flattens what its convolutional head gives
        logits = flatten(at, logits, ONE)
    return _with_auxiliary(at, module, found, logits, x)


def _features(module: Module, found: Architecture, name: str, x: Value) -> Shape | None:
    """The shape of what the head gets: unknown once another part of the body was exchanged."""
    flow = found.shapes.get(name)
    for child, value in module.children.items():
        own = all(isinstance(option, Module) and option.node is module.node for option in options(value))
        if child != name and not own:
            return None
    if flow is None:
        return None
    known = shape_of(x)
    batch = known[0] if known is not None and len(known) == 4 else symbol("B")
    size = (found.input_size, found.input_size)
    if flow.input_varies and (known is None or len(known) != 4 or known[2:] != size):
        return (batch, flow.input[0], *(unknown_dim() for _ in flow.input[1:]))
    return (batch, *flow.input)


def _with_auxiliary(at: Site, module: Module, found: Architecture, logits: Value, x: Value) -> Value:
    present = [a for a in found.auxiliary if a.path.split(".")[0] in module.children]
    if not present:
        return logits
    match module.mode:
        case Mode(training=False):
            return logits
        case Mode(training=True) if len(present) == 1:
            return Tuple((logits, at.result(None, x)), names=("logits", "aux_logits"))
        case Mode(training=True):
            return Tuple(
                (logits, at.result(None, x), at.result(None, x)), names=("logits", "aux_logits2", "aux_logits1")
            )
    return Unknown("the output has auxiliary parts in training mode", (logits,))
