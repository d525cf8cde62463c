"""What a forward pass writes down, and what its output depends on from then on."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ft_lint.facts.models import Forward
from ft_lint.interpreter.attributes import is_open, required
from ft_lint.interpreter.branches import truth_of
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.tracing import loaders_of
from ft_lint.light import replace
from ft_lint.values.base import NONE, Choice, Items, Unknown, Value, options
from ft_lint.values.callables import GradMode, Instance
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.module import (
    Mode,
    Module,
    child_modules,
    depends_on_mode,
    is_within,
    keeps_statistics,
    modules_of,
    parameters_of,
    walk,
)
from ft_lint.values.tensor import Parameter, Tensor
from ft_lint.values.training import Loader


def ungraded(m: Machine, value: Value, fact: Forward) -> Value:
    """The same value, with the switch that kept the gradients of trainable weights from being recorded."""
    switch = m.store.resolve(m.state.get("grad switch", NONE))
    return _without_gradients(value, switch) if fact.trainable and isinstance(switch, GradMode) else value


def _without_gradients(value: Value, switch: GradMode) -> Value:
    match value:
        case Tensor():
            return replace(value, ungraded=switch)
        case Tuple(values):
            return replace(value, values=tuple(_without_gradients(one, switch) for one in values))
        case Instance(kind="transformers.ModelOutput", fields=fields):
            for name, one in fields.items():
                fields[name] = _without_gradients(one, switch)
    return value


def blurred(value: Value) -> Value:
    """The output of a module that a call we cannot follow has had: its layers may be others by now."""
    match value:
        case Tensor():
            bare = replace(value, shape=None, activation=None, flattening=None, affine=None)
            return replace(bare, features_of=None, folding=None, order=None, certain=False)
        case Tuple(values, complete, names):
            return Tuple(tuple(map(blurred, values)), complete, names)
        case Dict(entries, flags, places):
            return Dict({key: blurred(one) for key, one in entries.items()}, flags, places)
    return value


def _used_parameters(module: Module) -> tuple[Parameter, ...]:
    """The parameters that the module's ``forward`` uses: a child that it never calls has no part in it."""
    if module.architecture is None:
        return parameters_of(module)
    from ft_lint.library._zoo.running import reads

    used = reads(module)
    own = [p for value in module.parameters.values() for p in options(value) if isinstance(p, Parameter)]
    return (*own, *(p for name, child in child_modules(module) if name in used for p in parameters_of(child)))


def attach(value: Value, fact: Forward) -> Value:
    """The same value, depending on the weights that ``fact`` used."""
    match value:
        case Tensor():
            certain = value.certain and not fact.open and fact.grad is True
            return replace(value, graph=value.graph | {fact}, certain=certain)
        case Tuple(values, complete, names):
            return Tuple(tuple(attach(one, fact) for one in values), complete, names)
        case Dict(entries, flags, places):
            return Dict({key: attach(one, fact) for key, one in entries.items()}, flags, places)
        case Unknown(why, touched):
            return Unknown(why, (*touched, Tensor(graph=frozenset({fact}), certain=False)))
        case Instance(fields=fields):
            for name, one in fields.items():
                fields[name] = attach(one, fact)
    return value


def _switched_off(m: Machine) -> ast.AST | None:
    """The ``no_grad`` that is in force, where one surely is."""
    switch = m.store.resolve(m.state.get("grad switch", NONE))
    return switch.node if isinstance(switch, GradMode) and truth_of(switch.enabled) is False else None


def forward_fact(m: Machine, module: Module, arguments: Arguments, node: ast.AST, output: Value, own: bool) -> Forward:
    """``own``: the parts inside write facts of their own, so only direct parameters count here."""
    inputs = arguments.all()
    values = module.parameters.values() if own else _used_parameters(module)
    mine = [p for value in values for p in options(value) if isinstance(p, Parameter)]
    if own and module.rest is not None:
        mine.append(module.rest)
    states = [(p, required(m, p)) for p in mine]
    registered, shelf = _where_kept(m, module)
    fact = m.emit(
        Forward,
        node,
        module=module,
        inputs=inputs,
        output=output,
        mode=_mode(m, module),
        grad=truth_of(m.store.resolve(m.state["grad"])),
        trainable=tuple(p for p, state in states if state is True),
        maybe=tuple(p for p, state in states if state is None),
        within=tuple(m.running),
        loaders=_loaders_of(m, inputs) if m.loader_count else frozenset(),
        registered=registered,
        shelf=shelf,
        no_grad=_switched_off(m),
        open=any(state is None and is_open(m, p) for p, state in states),
        drifting=_drifting(m, module),
        by_method=_by_method(m, module) if m.asked and not m.running else None,
        noisy=not m.running and any(_may_train(m, part) for part in modules_of(module) if depends_on_mode(part)),
    )
    if fact.grad is False and m.path:
        m.ungraded.setdefault(id(module), []).append(fact)
    return fact


def _by_method(m: Machine, module: Module) -> tuple[Module, ast.AST] | None:
    """The module whose method runs, and its call; not where that calls the module as a whole, or goes through a loader
    itself, as ``fit`` does.
    """
    asked, call, around = m.asked[0]
    return None if module is asked or any(loop.over_batches for loop in m.loops[around:]) else (asked, call)


def _loaders_of(m: Machine, inputs: tuple[Value, ...]) -> frozenset[Loader]:
    """The loaders that gave the inputs; where ways differ, that alone which is drawn from here.

    ``if len(batch) == 2: x, y = batch`` leaves, on the way that is never taken, what an earlier loop bound.
    """
    loaders = loaders_of(inputs)
    if len(loaders) < 2 or not m.loops:
        return loaders
    drawn = loaders.intersection({m.loops[-1].over})
    by_way = any(isinstance(one, Choice) and len({loaders_of([way]) for way in options(one)}) > 1 for one in inputs)
    return drawn if drawn and by_way else loaders


def _mode(m: Machine, module: Module) -> Value:
    """The mode of a module; unknown for a wrapper of adapters whose model is, or may be, in another one."""
    own = m.store.resolve(module.mode)
    inner = m.store.resolve(module.wrapped.mode) if module.wrapped is not None else own
    agree = isinstance(own, Mode) and isinstance(inner, Mode) and own.training is inner.training
    return own if agree or inner is own else Unknown("the parts are in different modes")


def _drifting(m: Machine, module: Module) -> tuple[Module, ...]:
    """The frozen batch norms that surely update their statistics; layers of the script's own tell of themselves."""
    parts = walk(module) if module.architecture is not None else [("", module)]
    return tuple(part for _, part in parts if keeps_statistics(part) and _is_frozen_in_training(m, part))


def _may_train(m: Machine, part: Module) -> bool:
    """Whether a part is in training mode on one way: a setting puts it into evaluation mode, or does not."""
    return any(isinstance(way, Mode) and way.training for way in options(m.store.resolve(part.mode)))


def _in_training(m: Machine, part: Module) -> bool:
    mode = m.store.resolve(part.mode)
    return isinstance(mode, Mode) and mode.training


def _is_frozen_in_training(m: Machine, part: Module) -> bool:
    frozen = [required(m, p) is False for value in part.parameters.values() for p in _parameters_in(value)]
    return _in_training(m, part) and bool(frozen) and all(frozen)


def _parameters_in(value: Value) -> list[Parameter]:
    return [option for option in options(value) if isinstance(option, Parameter)]


def _where_kept(m: Machine, module: Module) -> tuple[bool, str]:
    """Whether the module that runs now has another in its tree; if not, the plain attribute that holds it."""
    owner = m.running[-1] if m.running else None
    if owner is None or owner.rest is not None or "escaped" in owner.fields:
        return True, ""
    if is_within(module, owner) or not owner.complete:
        return True, ""
    for name, value in owner.fields.items():
        if isinstance(value, List | Dict | Tuple) and _holds(m, value, module):
            return False, str(name)
    return False, ""


def _holds(m: Machine, container: Value, module: Module, depth: int = 3) -> bool:
    """Whether a module lies in a list, tuple or dict, or in one inside it."""
    match m.store.resolve(container):
        case List(fields):
            items = m.store.resolve(fields["items"])
            values: Iterable[Value] = items.values if isinstance(items, Items) else ()
        case Tuple(found):
            values = found
        case Dict(entries):
            values = entries.values()
        case other:
            return other is module
    return depth > 0 and any(_holds(m, value, module, depth - 1) for value in values)
