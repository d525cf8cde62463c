"""``timm``: models whose inside is not followed."""

from __future__ import annotations

from ft_lint.facts import ModelBuilt
from ft_lint.library.site import Site
from ft_lint.values.base import FALSE, Value, truth
from ft_lint.values.module import Mode, Module
from ft_lint.values.tensor import new_parameter


def create_model(at: Site, model_name: Value, pretrained: Value = FALSE, *args: Value, **kwargs: Value) -> Value:
    """``create_model(name, pretrained=..., num_classes=...)``: the head is made anew for other classes."""
    loaded = truth(pretrained)
    model = Module(
        kind="timm",
        arguments={"model_name": model_name} | kwargs,
        rest=new_parameter(rest=True, pretrained=loaded),
        pretrained=loaded,
        node=at.node,
    )
    model.fields["mode"] = Mode(True)
    at.emit(ModelBuilt, model=model, path="timm.create_model", arguments=kwargs, places=at.places())
    at.m.models.append(model)
    return model
