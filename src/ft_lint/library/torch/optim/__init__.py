"""``torch.optim``: parameter groups, gradients, steps."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ft_lint.facts import ancestors
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward, GroupAdded, OptimizerBuilt, ParametersSpent, Stepped
from ft_lint.interpreter.attributes import is_open, required
from ft_lint.interpreter.branches import MAX_SPLITS, Split, on_each_way
from ft_lint.interpreter.gradients import (
    HELD,
    add_to,
    add_where_required,
    causes,
    forget,
    leave_open,
    scale_of,
    set_scale,
    spend,
    states,
)
from ft_lint.interpreter.items import is_spent, items_of, iterate, take
from ft_lint.library.site import Site
from ft_lint.library.torch.optim._refusals import refuse_others
from ft_lint.library.tracing import graph_of, loaders_of
from ft_lint.syntax.written import source_of
from ft_lint.values.base import NONE, TRUE, Choice, Constant, Items, Unknown, Value, options
from ft_lint.values.callables import Bound, Function, Partial
from ft_lint.values.containers import Dict, Iterator, List, Tuple
from ft_lint.values.tensor import Cast, Parameter, Tensor
from ft_lint.values.training import Group, Parameters, Scaler
from ft_lint.values.training import Optimizer as OptimizerValue

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine

_DEFAULT_LR = {
    "SGD": 1e-3,
    "Adam": 1e-3,
    "AdamW": 1e-3,
    "NAdam": 2e-3,
    "RAdam": 1e-3,
    "RMSprop": 1e-2,
    "Adagrad": 1e-2,
    "Adamax": 2e-3,
    "Adafactor": 1e-2,
    "ASGD": 1e-2,
    "Adadelta": 1.0,
    "Rprop": 1e-2,
    "LBFGS": 1.0,
    "SparseAdam": 1e-3,
}
"""Default learning rates (torch 2.14's signatures)."""


# --- groups ------------------------------------------------------------------------------------


def members_of(m: Machine, value: Value) -> tuple[tuple[Parameter, ...], bool, tuple[Parameter, ...]]:
    """The parameters behind an argument, whether these are surely all, and those that were considered."""
    value = m.store.resolve(value)
    match value:
        case Parameters():
            members = value.members if take(m, value) else ()
            return members, value.complete, value.considered or value.members
        case Parameter():
            return (value,), True, (value,)
        case Choice(if_true=first, if_false=second):
            a, b = members_of(m, first), members_of(m, second)
            return tuple(dict.fromkeys(a[0] + b[0])), False, a[2] + b[2]
        case Tuple(values, complete) if len(values) == 2 and isinstance(values[1], Parameter):
            return (values[1],), complete, (values[1],)
        case Tuple() | List() | Iterator() | Dict():
            items = iterate(m, value, None)
            return _gathered(m, items.values, items.complete)
    return (), False, ()


def _gathered(m: Machine, values: tuple[Value, ...], complete: bool) -> tuple[Any, bool, Any]:
    found: list[Parameter] = []
    considered: list[Parameter] = []
    for value in values:
        members, whole, about = members_of(m, value)
        found += members
        considered += about
        complete = complete and whole
    return tuple(found), complete, tuple(considered)


def _groups(at: Site, params: Value, defaults: dict[str, Value], places: dict[str, ast.AST]) -> Items:
    params = at.m.store.resolve(params)
    items = items_of(at.m, params)
    if items is not None and items.values and all(isinstance(value, Dict) for value in items.values):
        groups = tuple(_group(at.m, value, defaults, places) for value in items.values if isinstance(value, Dict))
        return Items(groups, items.complete)
    members, complete, considered = members_of(at.m, params)
    return Items((Group(members, complete, defaults, places, considered),))


def _group(m: Machine, given: Dict, defaults: dict[str, Value], places: dict[str, ast.AST]) -> Group:
    params = m.store.resolve(given.entries.get("params", NONE))
    members, complete, considered = members_of(m, params)
    if isinstance(params, Parameter) and params.rest:
        complete = False  # one of many that we do not see, whichever it is
    named = {str(key): m.store.resolve(value) for key, value in given.entries.items() if key != "params"}
    own = {str(key): place for key, place in given.places.items()}
    return Group(members, complete, defaults | named, places | own, considered)


def note_spent(at: Site, user: str, params: Value, *, raises: bool) -> None:
    """Write down that a generator of parameters has nothing left for ``user``."""
    params = at.m.store.resolve(params)
    if isinstance(params, Parameters) and is_spent(at.m, params):
        at.emit(ParametersSpent, user=user, parameters=params, written=source_of(params.node), raises=raises)
    items = items_of(at.m, params)
    for value in items.values if items is not None else ():
        if isinstance(value, Dict):
            note_spent(at, user, value.entries.get("params", NONE), raises=False)


def _built_of_known(
    at: Site, kind: str, params: Value, given: dict[str, Value], places: dict[str, ast.AST]
) -> OptimizerValue:
    """An optimizer over parameters that a setting has chosen; raises Split where it has not yet."""
    condition = _choosing(at.m, params)
    if condition is not None:
        raise Split(condition)
    return _built(at, kind, params, given, places)


def _choosing(m: Machine, params: Value) -> Value | None:
    """The condition that says which parameters these are, or those of a group: one by which some of them are frozen."""
    if m.splits == MAX_SPLITS:
        return None
    params = m.store.resolve(params)
    items = items_of(m, params)
    groups = [one for one in items.values if isinstance(one, Dict)] if items is not None else []
    held = [m.store.resolve(one.entries.get("params", NONE)) for one in groups] or [params]
    chosen = (one for one in held if isinstance(one, Choice))
    return next((one.condition for one in chosen if _is_of_freezing(m, one)), None)


def _is_of_freezing(m: Machine, lists: Choice) -> bool:
    """Whether lists of parameters were filtered by what they require, as a flag has set it."""
    members: list[Value] = []
    for way in options(lists):
        match way:
            case List(fields={"items": Items(values, True)}):
                members += values
            case _:
                return False
    needs = [m.store.resolve(one.fields["requires_grad"]) for one in members if isinstance(one, Parameter)]
    by_flag = (need.condition for need in needs if isinstance(need, Choice))
    return len(needs) == len(members) and any(condition is lists.condition for condition in by_flag)


def _optimizer(kind: str, *names: str) -> Callable[..., Value]:
    def build(at: Site, params: Value, *args: Value, **settings: Value) -> Value:
        given = dict(zip(names, args, strict=False)) | settings
        at_position = {name: index + 1 for index, name in enumerate(names)}
        places = {
            name: place
            for name in given
            if (place := at.arguments.places.get(name) or at.arguments.places.get(at_position.get(name, -1)))
            is not None
        }
        unseen = not at.arguments.complete
        if "lr" not in given:
            given["lr"] = Unknown("may be passed by `**`") if unseen else Constant(_DEFAULT_LR.get(kind), default=True)
        if unseen:
            given.setdefault("momentum", Unknown("may be passed by `**`"))
        made = on_each_way(at.m, lambda: _built_of_known(at, kind, params, given, places))
        refuse_others(at, kind, params)
        return made

    return build


def _built(at: Site, kind: str, params: Value, given: dict[str, Value], places: dict[str, ast.AST]) -> OptimizerValue:
    made = OptimizerValue(kind, arguments=given, places=places, node=at.node)
    note_spent(at, kind, params, raises=True)
    made.fields["groups"] = _groups(at, params, given, places)
    at.m.optimizers.append(made)
    at.emit(OptimizerBuilt, optimizer=made, groups=made.groups(), complete=made.complete)
    return made


def of_another_library(at: Site, kind: str, params: Value) -> Value:
    """An optimizer that torch has not: all that is known of it are its parameters, and its rate where that is named."""
    given = {"lr": Unknown("a default of another library")} | at.arguments.keywords
    return _built(
        at, kind, params, given, {name: at.arguments.places[name] for name in given if name in at.arguments.places}
    )


_ADAM = ("lr", "betas", "eps", "weight_decay", "amsgrad")
Adam, AdamW, NAdam, RAdam, Adamax = (_optimizer(kind, *_ADAM) for kind in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax"))
SGD = _optimizer("SGD", "lr", "momentum", "dampening", "weight_decay", "nesterov")
RMSprop = _optimizer("RMSprop", "lr", "alpha", "eps", "weight_decay", "momentum", "centered")
Adagrad = _optimizer("Adagrad", "lr", "lr_decay", "weight_decay")
Adadelta = _optimizer("Adadelta", "lr", "rho", "eps", "weight_decay")
Adafactor = _optimizer("Adafactor", "lr")
ASGD = _optimizer("ASGD", "lr")
Rprop = _optimizer("Rprop", "lr")
SparseAdam = _optimizer("SparseAdam", "lr")
LBFGS = _optimizer("LBFGS", "lr", "max_iter")


# --- gradients ---------------------------------------------------------------------------------


def backward_through(at: Site, loss: Value, text: str = "") -> Backward:
    """A backward pass from ``loss``: every trainable weight on its way gets a gradient.

    It may get one where a branch lets its module run without gradients on the other way.
    """
    m = at.m
    graph, certain = graph_of([loss])
    trainable: dict[int, Parameter] = {}
    maybe: dict[int, Parameter] = {}
    for node in graph:
        if isinstance(node, Forward):
            sure = not _is_ungraded_else(m, node)
            (trainable if sure else maybe).update({id(p): p for p in node.trainable})
            maybe |= {id(p): p for p in node.maybe}
        elif isinstance(node, Parameter):
            trainable[id(node)] = node
    if not text and isinstance(at.node, ast.Call) and isinstance(at.node.func, ast.Attribute):
        text = source_of(at.node.func.value)
    unsure = tuple(p for key, p in maybe.items() if key not in trainable)
    fact = at.emit(
        Backward,
        loss=loss,
        text=text,
        forwards=graph,
        certain=certain,
        trainable=tuple(trainable.values()),
        maybe=unsure,
        loaders=loaders_of([loss]).union(*(node.loaders for node in graph if isinstance(node, Forward))),
        doubtful=tuple(p for p in unsure if is_open(m, p)),
        scaler=_scaler_of(loss),
    )
    others = [p for o in m.optimizers for g in o.groups() for p in g.parameters] if not certain else []
    by_setting = {id(p): p for p in unsure if required(m, p) is None and not is_open(m, p)}
    for parameter in (*trainable.values(), *by_setting.values()):
        set_scale(m, parameter, fact.scaler or NONE)
    add_to(m, trainable.values(), fact)
    add_where_required(m, by_setting.values(), fact)
    for parameter in (*unsure, *others):
        seen = id(parameter) in trainable or id(parameter) in by_setting
        if not seen and parameter.fields.get("grad") is not _FURTHER:
            m.store.write(parameter.fields, "grad", _FURTHER)
    return fact


def _is_ungraded_else(m: Machine, forward: Forward) -> bool:
    """Whether a pass stands on one way of a branch, behind which we are now, and on the other it has no gradients.

    Unless the other way cannot lead here, as one that has left the function: ``if args.evaluate: ...; return``.
    """
    if not forward.moment.path or set(forward.moment.path) <= set(m.path):
        return False
    others = (one for one in m.ungraded.get(id(forward.module), ()) if one.moment.loops == forward.moment.loops)
    return any(forward.excludes(other) and _may_have_led_here(m, other) for other in others)


def _may_have_led_here(m: Machine, fact: Forward) -> bool:
    """Whether nothing that is known here contradicts the branches that a fact stands in."""
    return all(m.store.decided(condition) in (None, arm) for condition, arm in fact.moment.path)


_FURTHER = Unknown("a backward pass that may go further than we see")


def _scaler_of(loss: Value) -> Value | None:
    """The scaler that multiplied a loss, also where the loss itself is not known."""
    parts = loss.touched if isinstance(loss, Unknown) else (loss,)
    return next((part.scaled for part in parts if isinstance(part, Tensor) and part.scaled is not None), None)


def step(at: Site, optimizer: OptimizerValue, scaler: Scaler | None = None, names: tuple[str, ...] = ()) -> None:
    """A step without a closure, between the hooks that were registered for it."""
    _run_hooks(at, optimizer, "before")
    _move(at, optimizer, scaler, names)
    _run_hooks(at, optimizer, "after")


def _move(at: Site, optimizer: OptimizerValue, scaler: Scaler | None = None, names: tuple[str, ...] = ()) -> None:
    """Move what has a gradient, and write down what was moved and what was not."""
    m = at.m
    members = list({id(p): p for group in optimizer.groups() for p in group.parameters}.values())
    moved: list[Parameter] = []
    idle: list[Parameter] = []
    unsure: list[Parameter] = []
    frozen: list[Parameter] = []
    for parameter in members:
        found, needs = states(m, parameter), required(m, parameter)
        if needs is False:
            frozen.append(parameter)
        elif found == {"none"} and not _is_reached_in_parts(m, parameter):
            idle.append(parameter)
        elif found <= HELD and needs:
            moved.append(parameter)
        else:
            unsure.append(parameter)
    by_setting = [p for p in unsure if not is_open(m, p) and states(m, p) <= {*HELD, "none"}]
    emptied = {id(f): f for p in idle for f in causes(m, p, "none")}
    stale = {id(f): f for p in moved for f in causes(m, p, "stale")}
    fact = at.emit(
        Stepped,
        optimizer=optimizer,
        moved=tuple(moved),
        idle=tuple(idle),
        unsure=tuple(unsure),
        frozen=tuple(frozen),
        emptied=tuple(emptied.values()),
        stale=tuple(stale.values()),
        complete=optimizer.complete,
        scaler=scaler,
        names=names,
        by_setting=tuple(by_setting),
        halved=_halved(m, moved),
        scales=tuple({id(scale): scale for scale in (scale_of(m, p) for p in moved)}.values()),
    )
    spend(m, (*moved, *unsure), fact)


def _is_reached_in_parts(m: Machine, parameter: Parameter) -> bool:
    """Whether something that was split off from what stands for many may have a gradient."""
    parts = (part for part in m.wholes if part is not parameter and parameter in ancestors(part))
    return parameter.rest and any(states(m, part) != {"none"} for part in parts)


def _halved(m: Machine, parameters: list[Parameter]) -> tuple[ast.AST, ...]:
    """The calls that surely made some of these into ``float16``."""
    casts = [m.store.resolve(p.fields["dtype"]) for p in parameters if "dtype" in p.fields]
    nodes = [one.node for one in casts if isinstance(one, Cast) and one.dtype == "float16" and one.node is not None]
    return tuple({id(node): node for node in nodes}.values())


class Optimizer:
    """The methods of an optimizer."""

    @staticmethod
    def zero_grad(at: Site, self: OptimizerValue, set_to_none: Value = TRUE) -> Value:
        """Forget the gradients of all groups."""
        members = tuple(p for group in self.groups() for p in group.parameters)
        forget(at.m, members, self, at.node)
        return NONE

    @staticmethod
    def step(at: Site, self: OptimizerValue, closure: Value = NONE, *args: Value, **kwargs: Value) -> Value:
        """Move what has a gradient; a closure is called first, one that we do not see may go back through the model.

        Optimizers of other libraries take the loss there, and go back themselves.
        """
        from ft_lint.interpreter.calls import call
        from ft_lint.interpreter.signature import Arguments

        _run_hooks(at, self, "before")
        if isinstance(closure, Function | Bound | Partial | Choice):
            call(at.m, closure, Arguments(), at.node)
        elif not isinstance(closure, Constant):
            leave_open(at.m, self)
        _move(at, self)
        _run_hooks(at, self, "after")
        return NONE

    @staticmethod
    def add_param_group(at: Site, self: OptimizerValue, param_group: Value) -> Value:
        """A further group."""
        present = at.m.store.resolve(self.fields["groups"])
        values = present.values if isinstance(present, Items) else self.groups()
        complete = isinstance(present, Items) and present.complete
        if isinstance(param_group, Dict):
            group = _group(at.m, param_group, self.arguments, self.places)
            before = tuple(g for g in values if isinstance(g, Group)) if isinstance(present, Items) else ()
            at.emit(GroupAdded, optimizer=self, group=group, before=before)
            if not any(one.shared(group) for one in before):
                at.m.store.write(self.fields, "groups", Items((*values, group), complete))
        else:
            at.m.store.write(self.fields, "groups", Items(tuple(values), complete=False))
        return NONE

    @staticmethod
    def state_dict(at: Site, self: OptimizerValue) -> Value:
        """The optimizer's state, which is no model's."""
        return at.unknown("the state of an optimizer")

    @staticmethod
    def load_state_dict(at: Site, self: OptimizerValue, state_dict: Value) -> Value:
        """Restores state; groups keep their parameters."""
        at.m.store.write(self.fields, "restored", TRUE)
        return NONE

    @staticmethod
    def register_step_pre_hook(at: Site, self: OptimizerValue, hook: Value) -> Value:
        """Each step begins with a call of the hook."""
        return _add_hook(at, self, "before", hook)

    @staticmethod
    def register_step_post_hook(at: Site, self: OptimizerValue, hook: Value) -> Value:
        """Each step ends with a call of the hook."""
        return _add_hook(at, self, "after", hook)


def _add_hook(at: Site, optimizer: OptimizerValue, when: str, hook: Value) -> Value:
    at.m.store.write(optimizer.fields, when, Tuple((*_hooks(at, optimizer, when), hook)))
    return at.unknown("a hook")


def _hooks(at: Site, optimizer: OptimizerValue, when: str) -> tuple[Value, ...]:
    kept = at.m.store.resolve(optimizer.fields.get(when, NONE))
    return kept.values if isinstance(kept, Tuple) else ()


def _run_hooks(at: Site, optimizer: OptimizerValue, when: str) -> None:
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    for hook in _hooks(at, optimizer, when):
        call(at.m, hook, Arguments((optimizer, at.unknown("arguments of `step`"), at.unknown("others"))), at.node)
