"""Reading and writing attributes and items, and what a value gives when it is looped over."""

from __future__ import annotations

import math

import libcst as cst

from ft_lint.facts import AttributeSet, Frozen, LayerReplaced, ParameterReplaced, Unfrozen
from ft_lint.interpreter.branches import truth_of
from ft_lint.interpreter.machine import Machine
from ft_lint.library import canonical, find, type_path
from ft_lint.values.base import (
    MISSING,
    NONE,
    TRUE,
    Choice,
    Constant,
    Items,
    Missing,
    Unknown,
    Value,
    integer,
    is_none,
)
from ft_lint.values.callables import Bound, Class, Function, Instance, Reference, Super
from ft_lint.values.containers import Dict, Iterator, List, Range, Tuple, new_list
from ft_lint.values.module import Mode, Module, parameters_of
from ft_lint.values.shape import Dim
from ft_lint.values.store import gate
from ft_lint.values.tensor import Dimension, Grad, Parameter, Tensor, TensorShape, new_parameter
from ft_lint.values.training import Dataset, Group, Loader, Optimizer, Parameters, Scheduler

MAX_RANGE = 200
"""Numbers of a range that are listed one by one."""


def read(m: Machine, owner: Value, name: str, node: cst.CSTNode) -> Value:
    """``owner.name``."""
    owner = m.store.resolve(owner)
    match owner:
        case Choice(condition, if_true, if_false):
            return gate(condition, read(m, if_true, name, node), read(m, if_false, name, node))
        case Unknown() if find(f"torch.Tensor.{name}") is not None:
            return Bound(owner, Reference(f"torch.Tensor.{name}"), name)
        case Unknown():
            version = m.versions.get(id(owner), 0)
            return m.same_unknown(("attribute", owner, name, version), owner.why, owner)
        case Reference(path):
            return _member(path, name)
        case Module():
            return _of_module(m, owner, name, node)
        case Instance():
            return _of_instance(m, owner, name, node)
        case Class():
            return _of_class(m, owner, name)
        case Super():
            return _of_super(m, owner, name)
        case Tensor():
            return _of_tensor(m, owner, name)
        case Tuple(values, names=names) if name in names:
            return values[names.index(name)]
    return _of_library(m, owner, name)


_NUMBERS = {"pi": math.pi, "e": math.e, "inf": math.inf, "tau": math.tau, "nan": math.nan}


def _member(path: str, name: str) -> Value:
    if name == "__name__":
        return Constant(path.rpartition(".")[2])
    number = _NUMBERS.get(name) if path in ("math", "numpy") else None
    if number is not None:
        return Constant(number)
    return Reference(canonical(f"{path}.{name}"))


def _of_module(m: Machine, module: Module, name: str, node: cst.CSTNode) -> Value:
    if m.running and m.running[-1] is module:
        module.reads.add(name)
    for held in (module.children, module.parameters, module.fields):
        found = held.get(name)
        if found is not None and name != "mode":
            return m.store.resolve(found)
    if name == "training":
        return _training(module)
    if name == "__class__":
        return module.cls or Reference(module.kind)
    if module.cls is not None:
        found = _class_member(m, module, module.cls, name, node)
        if found is not None:
            return found
    if find(f"{module.kind}.{name}") is not None:
        return Bound(module, Reference(f"{module.kind}.{name}"), name)
    for base in module.cls.library_bases() if module.cls else ():
        if find(f"{base}.{name}") is not None:
            return Bound(module, Reference(f"{base}.{name}"), name)
    if find(f"torch.nn.Module.{name}") is not None:
        return Bound(module, Reference(f"torch.nn.Module.{name}"), name)
    if name in module.arguments and module.cls is None:
        return module.arguments[name]
    if module.rest is not None:
        return _split(m, module, name)
    return m.same_unknown(("attribute", module, name), f"`.{name}` of a module", module)


def _training(module: Module) -> Value:
    match module.mode:
        case Mode(training):
            return Constant(training)
        case Choice(condition, Mode(first), Mode(second)):
            return gate(condition, Constant(first), Constant(second))
    return Unknown("the mode is not known")


def _split(m: Machine, module: Module, name: str) -> Value:
    """A child of a module whose inside we do not know: it may be a module, or anything else."""
    assert module.rest is not None
    rest = new_parameter(
        pretrained=module.rest.pretrained,
        rest=True,
        split_from=module.rest,
        required=module.rest.fields["requires_grad"],
    )
    m.store.write(rest.fields, "grad", module.rest.fields["grad"])
    child = Module(
        kind=f"{module.kind}.?",
        rest=rest,
        pretrained=module.pretrained,
        fields={"mode": module.mode},
    )
    m.store.write(module.children, name, child)
    return child


def _class_member(m: Machine, receiver: Value, cls: Class, name: str, node: cst.CSTNode) -> Value | None:
    for base in cls.lineage():
        if isinstance(base, Class) and name in base.scope.names:
            return bind(m, receiver, base.scope.names[name], name, base, node)
    return None


def bind(m: Machine, receiver: Value, found: Value, name: str, owner: Class, node: cst.CSTNode) -> Value:
    """What a class's name gives on an instance: methods are bound, properties run."""
    match m.store.resolve(found):
        case Function(kind="staticmethod") as function:
            return function
        case Function(kind="property") as function:
            from ft_lint.interpreter.calls import run_function
            from ft_lint.interpreter.signature import Arguments

            return run_function(m, function, Arguments((receiver,)), node, owner)
        case Function() as function:
            return Bound(receiver, function, name)
        case other:
            return other


def _of_instance(m: Machine, instance: Instance, name: str, node: cst.CSTNode) -> Value:
    if name in instance.fields:
        return m.store.resolve(instance.fields[name])
    if instance.cls is not None:
        found = _class_member(m, instance, instance.cls, name, node)
        if found is not None:
            return found
        for base in instance.cls.library_bases():
            if find(f"{base}.{name}") is not None:
                return Bound(instance, Reference(f"{base}.{name}"), name)
    elif find(f"{instance.kind}.{name}") is not None:
        return Bound(instance, Reference(f"{instance.kind}.{name}"), name)
    version = m.versions.get(id(instance), 0)
    return m.same_unknown(("attribute", instance, name, version), f"`.{name}` of an object", instance)


def _of_class(m: Machine, cls: Class, name: str) -> Value:
    if name == "__name__":
        return Constant(cls.name)
    for base in cls.lineage():
        if isinstance(base, Class) and name in base.scope.names:
            found = m.store.resolve(base.scope.names[name])
            if isinstance(found, Function) and found.kind == "classmethod":
                return Bound(cls, found, name)
            return found
    for path in cls.library_bases():
        return Reference(f"{path}.{name}")
    return m.same_unknown(("attribute", cls, name), f"`.{name}` of a class")


def _of_super(m: Machine, owner: Super, name: str) -> Value:
    receiver = owner.receiver
    cls = receiver.cls if isinstance(receiver, Module | Instance) else None
    lineage = (cls or owner.after).lineage()
    behind = lineage[lineage.index(owner.after) + 1 :] if owner.after in lineage else []
    for base in behind:
        match base:
            case Class() if name in base.scope.names:
                found = base.scope.names[name]
                return Bound(receiver, found, name) if isinstance(found, Function) else found
            case Reference(path):
                return Bound(receiver, Reference(f"{path}.{name}"), name)
    return m.unknown(f"`super().{name}` is not in this file", None, receiver)


def _of_tensor(m: Machine, tensor: Tensor, name: str) -> Value:
    match name:
        case "shape" if tensor.shape is not None:
            return TensorShape(tensor.shape)
        case "requires_grad" if isinstance(tensor, Parameter):
            match m.store.resolve(tensor.fields["requires_grad"]):
                case Grad(required):
                    return Constant(required)
                case Choice(condition, Grad(first), Grad(second)):
                    return gate(condition, Constant(first), Constant(second))
            return Unknown("requires_grad is not known")
        case "grad":
            return m.same_unknown(("grad", tensor), "a gradient")
        case "ndim" if tensor.shape is not None:
            return Constant(len(tensor.shape))
        case "data":
            return _data_of(tensor) if not isinstance(tensor, Parameter) else tensor
        case "T" | "mT" | "H" if tensor.shape is not None and len(tensor.shape) == 2:
            return Tensor(shape=tensor.shape[::-1], dtype=tensor.dtype, graph=tensor.graph, certain=tensor.certain)
        case "device" | "dtype" | "is_cuda" | "layout" | "grad_fn" | "shape" | "ndim":
            return m.same_unknown(("attribute", tensor, name), f"`.{name}` of a tensor")
    return Bound(tensor, Reference(f"torch.Tensor.{name}"), name)


def _data_of(tensor: Tensor) -> Value:
    """``tensor.data``: like ``tensor.detach()``."""
    return Tensor(
        shape=tensor.shape,
        dtype=tensor.dtype,
        activation=tensor.activation,
        flattening=tensor.flattening,
        features_of=tensor.features_of,
        batch_of=tensor.batch_of,
        cut_graph=tensor.graph | tensor.cut_graph,
    )


def _param_groups(m: Machine, optimizer: Optimizer) -> Value:
    """``optimizer.param_groups``: a dict for each group, as it is now; what is written into it stays there."""
    groups = tuple(
        Dict({**group.options, "params": Parameters(tuple((None, p) for p in group.parameters), group.complete)})
        for group in optimizer.groups()
    )
    found = m.store.resolve(optimizer.fields["groups"])
    return new_list(groups, isinstance(found, Items) and found.complete)


def _of_library(m: Machine, owner: Value, name: str) -> Value:
    match owner:
        case Loader(dataset, arguments):
            if name == "dataset":
                return dataset
            if name in arguments:
                return arguments[name]
        case Optimizer() if name == "param_groups":
            return _param_groups(m, owner)
        case Dataset(arguments=arguments, parent=parent):
            if name in owner.fields:
                return m.store.resolve(owner.fields[name])
            if name == "dataset" and parent is not None:
                return parent
            if name in arguments and name not in ("split",):
                return arguments[name]
    path = type_path(owner)
    if path is None:
        return m.same_unknown(("attribute", owner, name), f"`.{name}` of something", owner)
    return Bound(owner, Reference(f"{path}.{name}"), name)


# --- writing -----------------------------------------------------------------------------------


def set_attribute(m: Machine, owner: Value, name: str, value: Value, node: cst.CSTNode, text: str) -> None:
    """``owner.name = value``; ``node`` is the statement and ``text`` the target as written."""
    owner = m.store.resolve(owner)
    match owner:
        case Choice():
            from ft_lint.interpreter.branches import each_way

            def on_each(one: Value) -> Value:
                set_attribute(m, one, name, value, node, text)
                return NONE

            each_way(m, owner, on_each)
        case Module():
            _set_on_module(m, owner, name, value, node, text)
        case Parameter() if name == "requires_grad":
            set_requires_grad(m, (owner,), truth_of(value), node)
        case Parameter() if name == "grad":
            from ft_lint.interpreter.gradients import forget

            if is_none(value):
                forget(m, (owner,), owner, node)
            else:
                m.store.write(owner.fields, "grad", Unknown("a gradient set by hand"))
        case Parameter() if name != "data":
            m.emit(
                AttributeSet,
                node,
                owner=owner,
                name=name,
                value=value,
                owner_text=text.rpartition(".")[0],
                building=False,
                trainable=(required(m, owner),),
            )
        case Tensor() if name == "requires_grad" and truth_of(value) is True:
            m.store.write(owner.fields, "leaf", Cut(node))
        case Instance() | Dataset():
            m.store.write(owner.fields, name, value)
        case Class():
            m.store.write(owner.scope.names, name, value)
        case Unknown():
            _escape(m, owner)


def _escape(m: Machine, owner: Value) -> None:
    """Something was set on an object that we do not know: it may be a part of what it came from."""
    from ft_lint.interpreter.calls import escape

    escape(m, [owner])


class Cut(Value):
    """The statement that made a detached tensor require grad again."""

    __slots__ = ("node",)

    def __init__(self, node: cst.CSTNode) -> None:
        self.node = node


def required(m: Machine, parameter: Parameter) -> bool | None:
    """Whether a parameter requires grad now; None where that is undecided."""
    found = m.store.resolve(parameter.fields["requires_grad"])
    if isinstance(found, Grad):
        return found.required
    if isinstance(found, Choice):
        ways = {option.required if isinstance(option, Grad) else None for option in _leaves(found)}
        return ways.pop() if len(ways) == 1 else None
    return None


def _leaves(value: Value) -> list[Value]:
    from ft_lint.values.base import options

    return list(options(value))


def set_requires_grad(m: Machine, parameters: tuple[Parameter, ...], wanted: bool | None, node: cst.CSTNode) -> None:
    """Set ``requires_grad`` of parameters; None where the value is unknown."""
    changed = tuple(p for p in parameters if required(m, p) is False)
    setting = Unknown("requires_grad is set to something unknown") if wanted is None else Grad(wanted, node)
    for parameter in parameters:
        m.store.write(parameter.fields, "requires_grad", setting)
    if wanted is True:
        m.emit(Unfrozen, node, parameters=parameters, changed=changed)
    elif wanted is False:
        m.emit(Frozen, node, parameters=parameters)


def _set_on_module(m: Machine, module: Module, name: str, value: Value, node: cst.CSTNode, text: str) -> None:
    value = m.store.resolve(value)
    if module.cls is not None and any(isinstance(b, Class) and name in b.scope.names for b in module.cls.lineage()):
        found = _class_attribute(module.cls, name)
        if isinstance(found, Function) or found is None:
            _forget_settings(m, module)
            return
    building = module in m.building
    held = module.children.get(name)
    match value:
        case Module():
            put_child(m, module, name, value, node, text)
        case Choice() if any(isinstance(option, Module) for option in _leaves(value)):
            m.store.write(module.children, name, value)
        case Parameter():
            old = module.parameters.get(name)
            m.store.write(module.parameters, name, value)
            if not building:
                m.emit(ParameterReplaced, node, module=module, name=name, old=old, new=value, target=text)
        case _ if held is not None and is_none(value):
            m.store.write(module.children, name, MISSING)
            m.store.write(module.fields, name, value)
        case _ if held is not None:
            m.store.write(module.children, name, MISSING)
            m.store.write(module.fields, name, value)
        case _:
            if name == "training":
                wanted = truth_of(value)
                value_mode = Unknown("the mode is not known") if wanted is None else Mode(wanted, node)
                m.store.write(module.fields, "mode", value_mode)
                return
            m.store.write(module.fields, name, value)
            now = tuple(required(m, p) for p in parameters_of(module)) if "grad" in name.lower() else ()
            m.emit(
                AttributeSet,
                node,
                owner=module,
                name=name,
                value=value,
                owner_text=text.rpartition(".")[0],
                building=building,
                trainable=now,
            )


def _class_attribute(cls: Class, name: str) -> Value | None:
    return next((b.scope.names[name] for b in cls.lineage() if isinstance(b, Class) and name in b.scope.names), None)


def _forget_settings(m: Machine, module: Module) -> None:
    """A property of the class takes the value: what its setter does to the parameters is not followed."""
    for parameter in parameters_of(module):
        m.store.write(parameter.fields, "requires_grad", Unknown("a property was set"))


def put_child(m: Machine, module: Module, name: str, value: Module, node: cst.CSTNode, text: str) -> None:
    """Make ``value`` the child ``name`` of ``module``, as an assignment does."""
    building = module in m.building
    old = module.children.get(name)
    if old is None and module.rest is not None and not building and module.cls is None:
        old = _split(m, module, name)
    if name in module.fields and name != "mode":
        m.store.write(module.fields, name, MISSING)
    m.store.write(module.children, name, value)
    m.emit(LayerReplaced, node, module=module, name=name, old=old, new=value, building=building, target=text)


def set_item(m: Machine, owner: Value, index: Value, value: Value, node: cst.CSTNode, text: str) -> None:
    """``owner[index] = value``."""
    owner = m.store.resolve(owner)
    match owner, index:
        case Unknown(), _:
            _escape(m, owner)
        case Dict(entries, flags), Constant(key) if _hashable(key):
            m.store.write(entries, key, value)
        case Dict(flags=flags), _:
            m.store.write(flags, "incomplete", TRUE)
        case List(fields), Constant(int() as position):
            match m.store.resolve(fields["items"]):
                case Items(values, True) if -len(values) <= position < len(values):
                    changed = list(values)
                    changed[position] = value
                    m.store.write(fields, "items", Items(tuple(changed)))
        case List(fields), _:
            match m.store.resolve(fields["items"]):
                case Items(values):
                    m.store.write(fields, "items", Items(values, complete=False))
        case Module(), _ if isinstance(value, Module):
            child = child_name(owner, index)
            if child is not None:
                put_child(m, owner, child, value, node, text)
            elif isinstance(index, Constant) and isinstance(index.value, str):
                put_child(m, owner, index.value, value, node, text)


def _hashable(key: object) -> bool:
    return isinstance(key, str | int | float | bool | bytes | tuple) or key is None


def child_name(module: Module, index: Value) -> str | None:
    """The name of the child that ``module[index]`` means, for a ``Sequential`` and kin."""
    names = [str(name) for name in module.children]
    match index:
        case Constant(int() as position) if module.rest is None and -len(names) <= position < len(names):
            return names[position]
        case Constant(int() as position) if position >= 0 and module.rest is not None:
            return str(position)
        case Constant(str() as name) if name in names:
            return name
    return None


def get_item(m: Machine, owner: Value, index: Value, node: cst.CSTNode) -> Value:
    """``owner[index]`` for everything but tensors."""
    owner = m.store.resolve(owner)
    match owner, index:
        case Choice(condition, if_true, if_false), _:
            return gate(condition, get_item(m, if_true, index, node), get_item(m, if_false, index, node))
        case _, Choice(condition, if_true, if_false):
            return gate(condition, get_item(m, owner, if_true, node), get_item(m, owner, if_false, node))
        case Constant(found), Constant(key):
            return _plain_item(found, key)
        case Dict(entries), Constant(key) if _hashable(key) and key in entries:
            return m.store.resolve(entries[key])
        case Dict(entries), _ if entries and not isinstance(index, Constant):
            return m.unknown("an entry under an unknown key", None, *entries.values())
        case ((Tuple() | List()), Constant(int() | slice() as position)):
            found_items = items_of(m, owner)
            if found_items is not None and found_items.complete:
                return _from_items(owner, found_items, position)
        case TensorShape(shape), Constant(int() as position) if -len(shape) <= position < len(shape):
            return dimension(shape[position])
        case TensorShape(shape), Constant(slice() as part):
            return TensorShape(shape[part])
        case Reference(path), Constant(str() as name) if path.endswith(".__dict__"):
            return _member(path.removesuffix(".__dict__"), name)
        case Module(), Constant(slice() as part) if owner.rest is None:
            names = list(owner.children)[part]
            children = {str(i): owner.children[name] for i, name in enumerate(names)}
            return Module(kind="torch.nn.Sequential", children=dict(children), fields={"mode": owner.mode})
        case Module(), _:
            child = child_name(owner, index)
            if child is not None:
                return _of_module(m, owner, child, node)
        case Unknown(), Constant(key) if _hashable(key):
            version = m.versions.get(id(owner), 0)
            return m.same_unknown(("item", owner, key, version), owner.why, owner)
    return m.unknown("an item that we do not know", None, owner)


def _plain_item(found: object, key: object) -> Value:
    if isinstance(found, str | bytes) and isinstance(key, int | slice):
        try:
            return Constant(found[key])
        except IndexError:
            return Unknown("an index out of range")
    return Unknown("an item of a constant")


def _from_items(owner: Value, items: Items, position: int | slice) -> Value:
    if isinstance(position, slice):
        try:
            part = items.values[position]
        except (TypeError, ValueError):
            return Unknown("a slice with unknown bounds")
        return Tuple(part) if isinstance(owner, Tuple) else List({"items": Items(part)})
    if -len(items.values) <= position < len(items.values):
        return items.values[position]
    return Unknown("an index out of range")


def items_of(m: Machine, value: Value) -> Items | None:
    """The items of a list or tuple, where they are the same on every way."""
    match value:
        case Tuple(values, complete):
            return Items(values, complete)
        case List(fields):
            found = m.store.resolve(fields["items"])
            return found if isinstance(found, Items) else None
    return None


def dimension(dim: Dim) -> Value:
    """One dimension as a value: a constant where it is an integer."""
    return Constant(dim) if isinstance(dim, int) else Dimension(dim)


def iterate(m: Machine, value: Value, node: cst.CSTNode | None) -> Iterator:
    """What a ``for`` loop over ``value`` gives."""
    value = m.store.resolve(value)
    match value:
        case Iterator():
            return value
        case Tuple() | List():
            found = items_of(m, value)
            if found is not None:
                return Iterator(found.values, found.complete)
            return Iterator(complete=False, each=Unknown("an item of one of several lists", (value,)))
        case Dict(entries) if value.complete:
            return Iterator(tuple(Constant(key) for key in entries))
        case Parameters():
            return _parameter_items(value)
        case Range(start, stop, step):
            return _range_items(start, stop, step)
        case TensorShape(shape):
            return Iterator(tuple(dimension(dim) for dim in shape))
        case Module() if value.rest is None and value.cls is None:
            children = tuple(m.store.resolve(child) for child in value.children.values())
            return Iterator(children)
        case Constant(str() as text) if len(text) <= MAX_RANGE:
            return Iterator(tuple(Constant(letter) for letter in text))
        case Loader():
            return Iterator(complete=False, each=batch(value), of=value)
        case Tensor(shape=shape) if shape is not None and len(shape) > 0:
            each = Tensor(shape=shape[1:], dtype=value.dtype, graph=value.graph, certain=value.certain)
            return Iterator(complete=False, each=each)
        case Class() | Instance() | Scheduler() | Group() | Missing():
            return Iterator(complete=False, each=Unknown("an item of an object", (value,)))
    return Iterator(complete=False, each=Unknown("an item of something unknown", (value,)), of=value)


def _parameter_items(value: Parameters) -> Iterator:
    items: list[Value] = []
    for name, parameter in value.named:
        if not value.with_names:
            items.append(parameter)
            continue
        key = Constant(name) if name is not None else Unknown("the name of a parameter that we do not see")
        items.append(Tuple((key, parameter)))
    return Iterator(tuple(items), complete=True, of=value, once=True)


def _range_items(start: Value, stop: Value, step: Value) -> Iterator:
    bounds = integer(start), integer(stop), integer(step)
    each = Unknown("the index of a loop")
    if None in bounds or any(isinstance(v, Constant) and v.default for v in (start, stop, step)):
        return Iterator(complete=False, each=each)
    numbers = range(bounds[0] or 0, bounds[1] or 0, bounds[2] or 1)
    if len(numbers) > MAX_RANGE:
        return Iterator(complete=False, each=each)
    return Iterator(tuple(Constant(number) for number in numbers))


def batch(loader: Loader) -> Value:
    """What one batch of a loader looks like."""
    from ft_lint.library.torch.utils.data import batch_of

    return batch_of(loader)
