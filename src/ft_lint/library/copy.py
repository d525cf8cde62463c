"""``copy``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ft_lint.library.site import Site
from ft_lint.light import replace
from ft_lint.values.base import Choice, Items, Value
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict, List, Tuple, new_list
from ft_lint.values.hub import TokenIds
from ft_lint.values.module import Module, modules_of
from ft_lint.values.store import gate
from ft_lint.values.tensor import Parameter, new_parameter
from ft_lint.values.training import Dataset, StateDict, states_in


def copy_(at: Site, x: Value) -> Value:
    """``copy.copy``: the same parts; what is set on the copy of a dataset or object is its own."""
    if isinstance(x, TokenIds):
        return x.copy()
    return _twin_object(x) if isinstance(x, Dataset | Instance) else x


def _twin_object(x: Dataset | Instance) -> Dataset | Instance:
    """An object that holds the same, and keeps to itself what is set on it."""
    return replace(x, fields=dict(x.fields))


def deepcopy(at: Site, x: Value, memo: Value | None = None) -> Value:
    """``copy.deepcopy``: parts of its own; of modules, parameters of their own."""
    match x:
        case TokenIds():
            return x.copy()
        case Choice(condition, if_true, if_false):
            return gate(condition, deepcopy(at, if_true), deepcopy(at, if_false))
        case StateDict():
            return replace(x, live=False)
        case Tuple(values) if _holds_states(values):
            return replace(x, values=tuple(deepcopy(at, value) for value in values))
        case Dict(entries) if _holds_states(entries.values()):
            return replace(x, entries={key: deepcopy(at, value) for key, value in entries.items()}, flags=dict(x.flags))
        case List(fields={"items": Items(values, complete)}) if _holds_states(values):
            return new_list(tuple(deepcopy(at, value) for value in values), complete)
        case Module():
            return _copied(x)
        case Dataset(parent=Value() as parent):
            return replace(x, fields=dict(x.fields), parent=deepcopy(at, parent))
        case Dataset() | Instance():
            return _twin_object(x)
    return x


def _holds_states(values: Iterable[Value]) -> bool:
    """Whether state dicts are among these, or among what these hold."""
    return any(states_in(value) for value in values)


def _copied(module: Module) -> Module:
    """A module of the same layout whose parameters are others."""
    made: dict[int, Module] = {}
    for part in modules_of(module):
        made[id(part)] = replace(
            part,
            children={},
            parameters={key: _twin(value) for key, value in part.parameters.items()},
            fields=dict(part.fields),
            rest=_rest_twin(part.rest),
            reads=set(part.reads),
        )
    for part in modules_of(module):
        for name, child in part.children.items():
            made[id(part)].children[name] = _among(made, child)
    return made[id(module)]


def _among(made: dict[int, Module], child: Value) -> Value:
    """The copy of a child; of one that only a branch has put there, on that way."""
    if isinstance(child, Choice):
        return gate(child.condition, _among(made, child.if_true), _among(made, child.if_false))
    return made.get(id(child), child)


def _twin(value: Value) -> Value:
    if isinstance(value, Choice):
        return gate(value.condition, _twin(value.if_true), _twin(value.if_false))
    if not isinstance(value, Parameter):
        return value
    return new_parameter(
        value.shape,
        pretrained=value.pretrained,
        rest=value.rest,
        required=value.fields["requires_grad"],
        cast=value.fields.get("dtype"),
        split_from=_rest_twin(value.split_from),
    )


def _rest_twin(rest: Parameter | None) -> Parameter | None:
    twin = _twin(rest) if rest is not None else None
    return twin if isinstance(twin, Parameter) else None
