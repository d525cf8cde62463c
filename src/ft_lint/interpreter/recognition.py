"""What a script shows a value to be by what it does with it, or by what it calls it."""

from __future__ import annotations

import ast

from ft_lint.facts.models import ModelRecognised
from ft_lint.interpreter.escaping import changeable_in
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.site import Site
from ft_lint.syntax.names import is_of_models, of_training, optimizer_kind
from ft_lint.syntax.written import dotted_name
from ft_lint.values.base import ANYTHING, Items, Unknown, Value
from ft_lint.values.callables import Class, Function, Instance, Reference
from ft_lint.values.containers import Dict, List
from ft_lint.values.module import Module, modules_of, named_parameters, parameters_of
from ft_lint.values.tensor import Parameter, new_parameter
from ft_lint.values.training import Group, Optimizer, Parameters, Scaler

ASKED_OF_MODELS = frozenset({"parameters", "named_parameters"})
"""Methods by which a model of another file is known to be one."""


def as_model(m: Machine, value: Value, node: ast.AST) -> Value:
    """A model of which nothing is seen, in the place of something unknown that is used as only models are.

    It is asked for its parameters, say, or wrapped in a ``DataParallel``.  It was a model before that, on whichever
    way: what is known of it from now on is no change of state, so the trail does not hold it.
    """
    if isinstance(value, Module):
        _see_parts(m, value)
    if type(value) is not Unknown or any(isinstance(one, Module | Parameter) for one in changeable_in(m, value)):
        return value  # it may be a part of a model that is known, or made of one
    model = unseen_model("the mode in which it was built")
    if id(value) in m.facts.names:
        m.name(model, m.facts.names[id(value)])
    m.store.become[value] = model
    m.emit(ModelRecognised, node, module=model)
    return model


def unseen_model(mode: str) -> Module:
    """A model, or part of one, of which nothing is seen; ``mode`` tells which mode it is in."""
    model = Module(kind="?", rest=new_parameter(rest=True, pretrained=None), pretrained=None)
    model.fields["mode"] = Unknown(mode)
    return model


def _see_parts(m: Machine, model: Module) -> None:
    """Give a model of the script's own classes the parts that nobody saw when they were put into it.

    What a module holds and turns out to be a model is a child of it.  Where nothing it holds is known to have
    parameters, what is not known must have some: torch refuses an optimizer without any.
    """
    unseen = False
    for part in modules_of(model):
        if part.cls is None or part in m.building:
            continue
        unknown = ((name, value) for name, value in part.fields.items() if type(value) in ANYTHING and name != "mode")
        held = {name: m.store.resolve(value) for name, value in unknown}
        part.children.update({name: value for name, value in held.items() if isinstance(value, Module)})
        unseen = unseen or bool(held)
    if unseen and not parameters_of(model):
        object.__setattr__(model, "rest", new_parameter(rest=True, pretrained=None))


def as_optimizer(m: Machine, arguments: Arguments, node: ast.AST) -> Value | None:
    """The optimizer that a call which cannot be followed gives: ``Lion(...)``, ``kind(model.parameters(), lr=1e-4)``.

    Its name says so, or that it takes parameters and a rate.  A function that makes one from a model is taken to give
    it all weights of that model.
    """
    called = dotted_name(node.func) if isinstance(node, ast.Call) else None
    kind = optimizer_kind(called) if called is not None else None
    if kind is None and "lr" in arguments.keywords and len(arguments.positional) == 1:
        first, *others = map(m.store.resolve, arguments.all())
        alone = not any(isinstance(one, Reference | Class) for one in others)  # SAM takes another optimizer's class
        kind = "Optimizer" if alone and not isinstance(first, Module) and _is_to_be_optimized(first) else None
    if kind is None:
        return None
    given = [value for value in map(m.store.resolve, arguments.all()) if _is_to_be_optimized(value)]
    if len(given) != 1:
        return None
    from ft_lint.library.torch.optim import of_another_library

    (params,) = given
    site = Site(m, node, arguments, None, None)
    if isinstance(params, Module):
        params = Parameters(tuple(named_parameters(params)))
    return of_another_library(site, kind, params)


def _is_to_be_optimized(value: Value) -> bool:
    """Whether a value is a model, its parameters, or a list of parameters or groups."""
    match value:
        case Parameters():
            return True
        case Module():
            return bool(parameters_of(value))
        case List(fields={"items": Items(values)}) if values:
            one = values[0].entries.get("params") if isinstance(values[0], Dict) else values[0]
            return isinstance(one, Parameter | Parameters | List)
    return False


def arguments_of_training(m: Machine, function: Function, receiver: Value | None = None) -> Arguments:
    """What a function is called with by another file: of its parameters, what their names say.

    The model of a function that trains is a model, its optimizer holds the weights of that model; that of a method
    those of the model which its object is, or holds.
    """
    given = function.node.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    named = of_training(names if receiver is None else names[1:])
    passed: dict[str, Value] = {}
    model: Module | None = None
    if named.model is not None:
        passed[named.model] = model = unseen_model("the mode in which it was passed")
    elif named.optimizer is not None:
        model = _model_of(m, receiver, function.node)
    if named.optimizer is not None and model is not None:
        rate = Unknown("the rate of another file")
        group = Group(parameters_of(model), complete=True, options={"lr": rate}, places={})
        passed[named.optimizer] = optimizer = Optimizer("Optimizer", fields={"groups": Items((group,))})
        m.optimizers.append(optimizer)
    if named.scaler is not None:
        passed[named.scaler] = Scaler(Unknown("whether it is enabled"))
    for name, value in passed.items():
        m.name(value, name)
    return Arguments(keywords=passed, complete=False)


def _model_of(m: Machine, receiver: Value | None, node: ast.AST) -> Module | None:
    """The one model that an object is or holds, if it holds no optimizer."""
    if not isinstance(receiver, Instance):
        return receiver if isinstance(receiver, Module) else None
    held = {name: m.store.resolve(value) for name, value in receiver.fields.items()}
    models = [value for value in held.values() if isinstance(value, Module) and parameters_of(value)]
    if any(isinstance(value, Optimizer) for value in held.values()) or len(models) > 1:
        return None
    unseen = [value for name, value in held.items() if is_of_models(name) and not isinstance(value, Module)]
    if not models and len(unseen) == 1:
        models = [model for one in unseen if isinstance(model := as_model(m, one, node), Module)]
        unseen = []
    return models[0] if models and not unseen else None
