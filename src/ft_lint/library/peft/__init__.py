"""``peft``: adapters are new parameters; the model that they are put into is frozen."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value
from ft_lint.values.module import Mode, Module, parameters_of
from ft_lint.values.tensor import Grad, new_parameter


def get_peft_model(at: Site, model: Value, peft_config: Value = NONE, *args: Value, **kwargs: Value) -> Value:
    """``get_peft_model(model, config)``: adapters inside ``model``, which itself stops training."""
    if not isinstance(model, Module):
        return at.unknown("adapters in something unknown", model)
    for parameter in parameters_of(model):
        at.m.store.write(parameter.fields, "requires_grad", Grad(False, at.node))
    made = Module(kind="peft.PeftModel", rest=new_parameter(rest=True), pretrained=model.pretrained, node=at.node)
    made.fields["mode"] = Mode(True)
    made.children["base_model"] = model
    return made
