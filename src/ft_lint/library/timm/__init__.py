"""``timm``: models whose inside is not followed."""

from __future__ import annotations

import libcst as cst

from ft_lint.facts import ModelBuilt
from ft_lint.library.site import Site
from ft_lint.library.torchvision.models.table import architecture
from ft_lint.values.base import FALSE, NONE, TRUE, Value, text, truth
from ft_lint.values.module import Mode, Module
from ft_lint.values.tensor import new_parameter


def create_model(at: Site, model_name: Value, pretrained: Value = FALSE, *args: Value, **kwargs: Value) -> Value:
    """``create_model(name, pretrained=..., num_classes=...)``: the head is made anew for other classes.

    Whether it has batch norm is taken from torchvision's model of the same name, where there is one.
    """
    loaded = truth(pretrained)
    model = Module(
        kind="timm",
        arguments={"model_name": model_name} | kwargs,
        rest=new_parameter(rest=True, pretrained=loaded),
        pretrained=loaded,
        node=at.node,
    )
    model.fields["mode"] = Mode(True)
    namesake = architecture(text(model_name) or "")
    if namesake is not None and (namesake.has_batchnorm or namesake.has_dropout):
        model.fields["stochastic"] = TRUE
    at.emit(ModelBuilt, model=model, path="timm.create_model", arguments=kwargs, places=at.places())
    at.m.models.append(model)
    return model


def reset_classifier(at: Site, self: Module, num_classes: Value, *args: Value, **kwargs: Value) -> Value:
    """``model.reset_classifier(n)``: a new head under a name that depends on the architecture."""
    from ft_lint.interpreter.machine import source_of
    from ft_lint.interpreter.writing import put_child

    head = Module(kind="torch.nn.Linear", rest=new_parameter(rest=True), node=at.node)
    head.fields["mode"] = self.mode
    owner = (
        source_of(at.node.func.value)
        if isinstance(at.node, cst.Call) and isinstance(at.node.func, cst.Attribute)
        else "model"
    )
    put_child(at.m, self, "(classifier)", head, at.node, owner)
    return NONE


def get_classifier(at: Site, self: Module) -> Value:
    """``model.get_classifier()``: the head."""
    from ft_lint.interpreter.attributes import read

    return read(at.m, self, "(classifier)", at.node)
