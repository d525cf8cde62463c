"""What every model of timm can do: give its features, change its classifier."""

from __future__ import annotations

import ast

from ft_lint.library._zoo.building import instantiate, owner_of, resize
from ft_lint.library._zoo.running import run_head
from ft_lint.library.site import Site
from ft_lint.library.timm.table import TimmArchitecture, Weights
from ft_lint.library.torch._arguments import shape_of
from ft_lint.syntax.written import source_of
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Fields, Value, integer, is_none, text, truth
from ft_lint.values.containers import Dict, Tuple
from ft_lint.values.module import AS_BUILT, Module, modules_of
from ft_lint.values.shape import symbol, unknown_dim
from ft_lint.values.tensor import new_parameter


class Model:
    """The methods that timm's models share."""

    @staticmethod
    def reset_classifier(at: Site, self: Module, num_classes: Value, global_pool: Value = NONE) -> Value:
        """``model.reset_classifier(n)``: a new head where the old one was; none for 0."""
        found = self.architecture
        known = isinstance(found, TimmArchitecture) and found.reset_is_build and found.bare is not None
        pools_alike = is_none(global_pool) or text(global_pool) in ("avg", "max")
        if not isinstance(found, TimmArchitecture):
            _put(at, self, "(classifier)", _unseen_head(at))
            return NONE
        at.m.store.write(self.fields, "num_classes", num_classes)
        if not known or not pools_alike:
            _put(at, self, found.head.path, _unseen_head(at))
        elif integer(num_classes) == 0:
            for path in found.bare or ():
                _put(at, self, path, _identity(at))
        else:
            _renew(at, self, found, num_classes)
        return NONE

    @staticmethod
    def get_classifier(at: Site, self: Module) -> Value:
        """``model.get_classifier()``: the head, or the two of a distilled model."""
        from ft_lint.interpreter.attributes import read

        found = self.architecture
        if not isinstance(found, TimmArchitecture):
            return read(at.m, self, "(classifier)", at.node)
        heads: list[Value] = []
        for path in found.classifier:
            here: Value = self
            for name in path.split("."):
                here = read(at.m, here, name, at.node)
            heads.append(here)
        match heads:
            case []:
                return at.unknown("a model that does not say where its classifier is")
            case [one]:
                return one
        return Tuple(tuple(heads))

    @staticmethod
    def forward_features(at: Site, self: Module, x: Value, *args: Value, **kwargs: Value) -> Value:
        """Features before pooling, e.g. ``(B, 2048, 7, 7)`` for resnet50 and ``(B, 197, 768)`` for ViT-B/16."""
        found = self.architecture
        shape = None
        if isinstance(found, TimmArchitecture) and found.forward_features[0]:
            known, varies = found.forward_features
            given = shape_of(x)
            batch = given[0] if given is not None and len(given) == 4 else symbol("B")
            fits = not varies or (found.input is not None and given is not None and given[2:] == found.input[1:])
            shape = (batch, *known) if fits else (batch, *(unknown_dim() for _ in known))
        return _noted(at, self, at.result(shape, x))

    @staticmethod
    def forward_head(at: Site, self: Module, x: Value, pre_logits: Value = FALSE) -> Value:
        """Pools features and classifies them; only pools with ``pre_logits=True``."""
        found = self.architecture
        if not isinstance(found, TimmArchitecture) or truth(pre_logits) is not False or not found.heads:
            return _noted(at, self, at.result(None, x))
        return _noted(at, self, run_head(at, self, found, x))


def settings_of(found: TimmArchitecture, weights: Weights, classes: Value) -> Fields:
    """The plain attributes by which scripts ask a model for its sizes."""
    config = Dict(
        {
            "architecture": Constant(found.name),
            "tag": Constant(weights.tag),
            "num_classes": Constant(weights.num_classes),
            "input_size": _constants(weights.input_size),
            "fixed_input_size": Constant(weights.fixed_input_size),
            "mean": _constants(weights.mean),
            "std": _constants(weights.std),
            "interpolation": Constant(weights.interpolation),
            "crop_pct": Constant(weights.crop_pct),
        },
        {"incomplete": TRUE},
    )
    settings: Fields = {"pretrained_cfg": config, "default_cfg": config, "num_classes": classes}
    settings["num_features"] = Constant(found.num_features)
    if found.head_hidden_size is not None:
        settings["head_hidden_size"] = Constant(found.head_hidden_size)
    return settings


def take_classifier_away(at: Site, model: Module, found: TimmArchitecture) -> bool:
    """What ``num_classes=0`` builds; false where it changes more than the head."""
    for path in found.bare or ():
        owner = owner_of(model, path)
        if owner is not None:
            owner.children[path.rpartition(".")[2]] = _identity(at)
    return found.bare is not None


def _constants(values: tuple[float, ...]) -> Tuple:
    return Tuple(tuple(map(Constant, values)))


def _renew(at: Site, model: Module, found: TimmArchitecture, classes: Value) -> None:
    """New heads, or new parts that hold them, where the old ones were."""
    fresh = instantiate(at, found.root, pretrained=False)
    resize(fresh, found, found.heads, classes, pretrained=False)
    for path in found.bare or ():
        owner = owner_of(fresh, path)
        part = owner.children.get(path.rpartition(".")[2]) if owner is not None else None
        if isinstance(part, Module):
            _put(at, model, path, part)


def _put(at: Site, model: Module, path: str, part: Module) -> None:
    """Assign a part at a dotted path, as ``reset_classifier`` does; it is in the model's mode."""
    from ft_lint.interpreter.writing import put_child

    for inner in modules_of(part):
        inner.fields["mode"] = model.mode
    owner = owner_of(model, path)
    called = at.node.func if isinstance(at.node, ast.Call) else None
    text = source_of(called.value) if isinstance(called, ast.Attribute) else "model"
    if owner is not None:
        put_child(at.m, owner, path.rpartition(".")[2], part, at.node, text)


def _identity(at: Site) -> Module:
    return Module(kind="torch.nn.Identity", node=at.node, fields={"mode": AS_BUILT})


def _unseen_head(at: Site) -> Module:
    rest = new_parameter(rest=True)
    return Module(kind="torch.nn.Linear", rest=rest, node=at.node, fields={"mode": AS_BUILT})


def _noted(at: Site, model: Module, output: Value) -> Value:
    """The output of a method that runs the model: it depends on the model's weights."""
    from ft_lint.interpreter.calls import with_forward

    return with_forward(at.m, model, at.arguments, at.node, lambda: output)
