"""What a script shows a value to be by what it does with it."""

from __future__ import annotations

from ft_lint.interpreter.escaping import changeable_in
from ft_lint.interpreter.machine import Machine
from ft_lint.values.base import Unknown, Value
from ft_lint.values.module import Module
from ft_lint.values.tensor import Parameter, new_parameter

ASKED_OF_MODELS = frozenset({"parameters", "named_parameters"})
"""Methods by which a model of another file is known to be one."""


def as_model(m: Machine, value: Value) -> Value:
    """A model of which nothing is seen, in the place of something unknown that is asked for its parameters.

    It was a model before somebody asked, on whichever way: what is known of it from now on is no change of state, so
    the trail does not hold it.
    """
    if type(value) is not Unknown or any(isinstance(one, Module | Parameter) for one in changeable_in(m, value)):
        return value  # it may be a part of a model that is known, or made of one
    model = Module(kind="?", rest=new_parameter(rest=True, pretrained=None), pretrained=None)
    model.fields["mode"] = Unknown("the mode in which it was built")
    if id(value) in m.facts.names:
        m.name(model, m.facts.names[id(value)])
    m.store.become[value] = model
    return model
