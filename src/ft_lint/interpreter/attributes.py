"""Reading attributes: what ``owner.name`` is, for every kind of value."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from ft_lint.facts.models import MemberMissing
from ft_lint.facts.results import Misused
from ft_lint.interpreter import texts
from ft_lint.interpreter.arrays import attribute_of
from ft_lint.interpreter.library_use import note_attribute, note_method
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.project_imports import member as member_of
from ft_lint.library import canonical, find, members_of, type_path
from ft_lint.library.releases import is_callable
from ft_lint.light import replace
from ft_lint.syntax.written import source_of
from ft_lint.values.array import Array, Bunch, Estimator, Randomizer
from ft_lint.values.base import (
    MISSING,
    NONE,
    TRUE,
    Choice,
    Constant,
    Items,
    Unknown,
    UnknownNumber,
    Value,
    kind_of_part,
    options,
)
from ft_lint.values.callables import Bound, Class, Function, GeneratedInit, Instance, Namespace, Reference, Super
from ft_lint.values.containers import Dict, List, Tuple, new_list
from ft_lint.values.hub import Encoding, Tokenizer
from ft_lint.values.module import SIZES, Mode, Module
from ft_lint.values.store import gate, otherwise
from ft_lint.values.tensor import Grad, Parameter, Tensor, TensorShape, new_parameter
from ft_lint.values.training import Dataset, Group, Loader, Optimizer, Parameters, Rows


def read(m: Machine, owner: Value, name: str, node: ast.AST) -> Value:
    """``owner.name``."""
    owner = m.store.resolve(owner)
    match owner:
        case Choice(condition, if_true, if_false):
            return gate(condition, read(m, if_true, name, node), read(m, if_false, name, node))
        case Rows() if find(f"{type_path(owner)}.{name}") is not None:
            return _of_library(m, owner, name)
        case Array() | Bunch() | Estimator() | Randomizer() if (known := attribute_of(m, owner, name)) is not None:
            return known
        case Unknown() if name == "data" and owner in m.losses:
            return Tensor(shape=())
        case Unknown() if name == "data" and owner in m.gradients:
            return owner
        case Unknown() if find(f"torch.Tensor.{name}") is not None:
            return Bound(owner, Reference(f"torch.Tensor.{name}"), name)
        case Unknown() if name in texts.METHODS:
            return Bound(owner, Reference(f"builtins.str.{name}"), name)
        case Unknown():
            version = m.versions.get(id(owner), 0)
            found = m.same_unknown(("attribute", owner, name, version), owner.why, owner, kind=kind_of_part(owner))
            if isinstance(node, ast.Attribute) and _is_member(node):
                m.members[found] = owner, name
            return found
        case Reference(path):
            return _of_reference(m, path, name, node)
        case Namespace():
            return _of_namespace(m, owner, name, node)
        case Module():
            return of_module(m, owner, name, node)
        case Instance():
            return _of_instance(m, owner, name, node)
        case Class():
            return _of_class(m, owner, name)
        case Function(kept=dict() as kept) if name == "cache_clear":
            for key in list(kept):
                m.store.write(kept, key, MISSING)
        case Function(node=ast.FunctionDef() | ast.AsyncFunctionDef()) if name in ("__name__", "__qualname__"):
            return Constant(owner.written.name)
        case Super():
            return _of_super(m, owner, name)
        case Tensor():
            return _of_tensor(m, owner, name)
        case Tuple(values, names=names) if name in names:
            return values[names.index(name)]
        case Tuple() if not hasattr(tuple, name) and not name.startswith("_"):
            m.emit(Misused, node, value=owner, use=source_of(node))
            missing = Unknown("an attribute that a tuple does not have")
            return read(m, missing, name, node) if name == "backward" else missing
        case List() | Constant() if name == "backward":  # it raises, so that what is meant is another value
            return read(m, Unknown(f"an attribute that a {type_path(owner)} does not have"), name, node)
        case Tokenizer():
            note_method(m, "transformers.PreTrainedTokenizerBase", name, node)
    return _of_library(m, owner, name)


_NUMBERS = {"pi": math.pi, "e": math.e, "inf": math.inf, "tau": math.tau, "nan": math.nan}


def member(path: str, name: str) -> Value:
    """``path.name`` of a library: its canonical path, or a number that we know."""
    if name == "__name__":
        return Constant(path.rpartition(".")[2])
    if path == "numpy" and name == "newaxis":
        return NONE
    number = _NUMBERS.get(name) if path in ("math", "numpy") else None
    if number is not None:
        return Constant(number)
    return Reference(canonical(f"{path}.{name}"))


def _of_reference(m: Machine, path: str, name: str, node: ast.AST) -> Value:
    members = members_of(path)
    if members and name not in members and name.isupper():
        m.emit(MemberMissing, node, enum=path.rpartition(".")[2], name=name, members=members)
        return m.unknown(f"`{path}` has no `{name}`", node)
    note_attribute(m, path, name, node)
    return member(path, name)


def _of_namespace(m: Machine, module: Namespace, name: str, node: ast.AST) -> Value:
    found = member_of(m, module, name)
    if found is not None:
        return m.store.resolve(found)
    if name == "__dict__":
        from ft_lint.interpreter.escaping import escape

        escape(m, [module])
    why = f"`{name}` is not known in its module"
    return m.same_unknown(("attribute", module, name), why)


def of_module(m: Machine, module: Module, name: str, node: ast.AST) -> Value:
    """``module.name``: a child, parameter or field; a method; else a part that we do not see."""
    if m.running and m.running[-1] is module:
        module.reads.add(name)
    registered = _registered(m, module, name)
    if registered is not None:
        return registered
    if name == "training":
        return _training(m, module)
    if name == "__class__":
        return _class_of(m, module)
    if name == "_modules":
        return Dict(module.children, {} if module.rest is None else {"incomplete": TRUE})
    if module.cls is not None:
        found = _classmember(m, module, module.cls, name, node)
        if found is not None:
            return found
    if find(f"{module.kind}.{name}") is not None:
        return Bound(module, Reference(f"{module.kind}.{name}"), name)
    if module.passes_on is not None and find(f"torch.nn.Module.{name}") is None:
        return of_module(m, module.passes_on, name, node)
    for base in module.cls.library_bases() if module.cls else ():
        if find(f"{base}.{name}") is not None:
            return Bound(module, Reference(f"{base}.{name}"), name)
    for path in (*_methods_of(module), "torch.nn.Module"):
        if find(f"{path}.{name}") is not None:
            return Bound(module, Reference(f"{path}.{name}"), name)
    if name == "forward" and module.cls is None:
        return Bound(module, Reference("torch.nn.Module.forward"), name)
    if name in module.arguments and module.cls is None:
        return module.arguments[name]
    if name in SIZES:
        return m.same_unknown(("attribute", module, name), f"`.{name}` of a module", module, kind=UnknownNumber)
    hub = module.hub if name == "base_model" else None
    if hub is not None and hub.is_headless:
        return module
    if module.rest is not None:
        return split_off(m, module, name)
    if hub is not None:
        return next(iter(module.children.values()))
    module.reads.add(name)  # for whoever wrote this, it is there
    return m.same_unknown(("attribute", module, name), f"`.{name}` of a module", module)


def _is_member(node: ast.Attribute) -> bool:
    """Whether an attribute is written as members of enums are: ``Phase.TRAIN``, ``constants.Phase.TRAIN``."""
    owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    return node.attr.isupper() and owner[:1].isupper() and not owner.isupper()


def _registered(m: Machine, module: Module, name: str) -> Value | None:
    """What a module holds under a name: on one way a child, it may be, and on another one a parameter."""
    found: Value | None = None
    for held in (module.children, module.parameters, module.fields):
        if name not in held or name == "mode":
            continue
        here = m.store.resolve(held[name])
        found = here if found is None else otherwise(found, here)
        if not any(one is MISSING for one in options(found)):
            break
    return found


def _class_of(m: Machine, module: Module) -> Value:
    if module.cls is not None:
        return module.cls
    if module.class_path is not None:
        return Reference(canonical(module.class_path))
    return m.same_unknown(("attribute", module, "__class__"), "a class that we do not see", module)


def _methods_of(module: Module) -> Iterator[str]:
    """Where the methods are found that a library adds to those of torch."""
    if module.architecture is not None:
        yield module.architecture.methods
    if module.hub is not None or module.kind.startswith("transformers."):
        yield "transformers.PreTrainedModel"


def _training(m: Machine, module: Module) -> Value:
    m.asked_for_mode = True
    return _is_training(m.store.resolve(module.mode))


def _is_training(mode: Value) -> Value:
    match mode:
        case Mode(training):
            return Constant(training)
        case Choice(condition, first, second):
            return gate(condition, _is_training(first), _is_training(second))
    return Unknown("the mode is not known")


def split_off(m: Machine, module: Module, name: str) -> Value:
    """A child of a module whose inside we do not know: it may be a module, or anything else."""
    assert module.rest is not None
    rest = new_parameter(
        pretrained=module.rest.pretrained,
        rest=True,
        split_from=module.rest,
        required=module.rest.fields["requires_grad"],
        cast=module.rest.fields.get("dtype"),
    )
    m.store.write(rest.fields, "grad", module.rest.fields["grad"])
    m.wholes[rest] = module
    child = Module(
        kind=f"{module.kind}.?",
        rest=rest,
        pretrained=module.pretrained,
        fields={"mode": module.mode},
    )
    m.store.write(module.children, name, child)
    return child


def _classmember(m: Machine, receiver: Value, cls: Class, name: str, node: ast.AST) -> Value | None:
    for base in cls.lineage():
        if isinstance(base, Class) and name in base.scope.names:
            return bind(m, receiver, base.scope.names[name], name, base, node)
    return None


def bind(m: Machine, receiver: Value, found: Value, name: str, owner: Class, node: ast.AST) -> Value:
    """What a class's name gives on an instance: methods are bound, properties run."""
    match m.store.resolve(found):
        case Function(kind="staticmethod") as function:
            return function
        case Function(kind="property") as function:
            from ft_lint.interpreter.calls import recall
            from ft_lint.interpreter.signature import Arguments

            return recall(m, function, Arguments((receiver,)), node, owner)
        case Function() as function:
            return Bound(receiver, function, name)
        case other:
            return other


def _of_instance(m: Machine, instance: Instance, name: str, node: ast.AST) -> Value:
    own = m.store.resolve(instance.fields.get(name, MISSING))
    if own is not MISSING:
        return own
    if instance.cls is not None:
        found = _classmember(m, instance, instance.cls, name, node)
        if found is not None:
            return found
        for base in instance.cls.library_bases():
            if find(f"{base}.{name}") is not None or is_callable(f"{base}.{name}"):
                return Bound(instance, Reference(f"{base}.{name}"), name)
    elif find(f"{instance.kind}.{name}") is not None or is_callable(f"{instance.kind}.{name}"):
        return Bound(instance, Reference(f"{instance.kind}.{name}"), name)
    if name in instance.arguments and "escaped" not in instance.fields:
        return m.store.resolve(instance.arguments[name])
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
        inherited = Reference(f"{_holder(path, name)}.{name}")
        return Bound(cls, inherited, name) if hasattr(find(inherited.path), "builds") else inherited
    return m.same_unknown(("attribute", cls, name), f"`.{name}` of a class")


def _holder(base: str, name: str) -> str:
    """The library class that has a method of ``base``: ``class Ours(BertModel)`` has its ``from_pretrained``, too."""
    if name != "from_pretrained":
        return base
    from ft_lint.library.transformers.models import is_model_class

    return "transformers.PreTrainedModel" if is_model_class(base) else base


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
            case Class(record=dict()) if name == "__init__":
                return GeneratedInit(receiver, base)
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
                    flag = Constant(required)
                    m.flags[id(flag)] = flag
                    return flag
                case Choice(condition, Grad(first), Grad(second)):
                    return gate(condition, Constant(first), Constant(second))
            return Unknown("requires_grad is not known")
        case "grad":
            gradient = m.same_unknown(("grad", tensor), "a gradient")
            if isinstance(tensor, Parameter):
                m.gradients[gradient] = tensor
            return gradient
        case "ndim" if tensor.shape is not None:
            return Constant(len(tensor.shape))
        case "data":
            return _data_of(tensor) if not isinstance(tensor, Parameter) else tensor
        case "T" | "H" | "mT" | "mH" if tensor.shape is not None and len(tensor.shape) >= (2 if name[0] == "m" else 0):
            turned = tensor.shape[::-1] if name[0] != "m" else (*tensor.shape[:-2], *tensor.shape[-2:][::-1])
            known = turned if len(turned) == 2 or name[0] == "m" else None
            return Tensor(shape=known, dtype=tensor.dtype, graph=tensor.graph, certain=tensor.certain)
        case "device" | "dtype" | "is_cuda" | "layout" | "grad_fn" | "shape" | "ndim":
            return m.same_unknown(("attribute", tensor, name), f"`.{name}` of a tensor")
    if tensor.shape is None and find(f"torch.Tensor.{name}") is None:
        return m.same_unknown(("attribute", tensor, name), f"`.{name}` of what may be no tensor", tensor)
    return Bound(tensor, Reference(f"torch.Tensor.{name}"), name)


def _data_of(tensor: Tensor) -> Value:
    """``tensor.data``: like ``tensor.detach()``."""
    reached = tensor.graph | tensor.cut_graph
    return replace(tensor, graph=frozenset(), certain=True, cut=None, leaf=False, cut_graph=reached, fields={})


def _param_groups(m: Machine, optimizer: Optimizer) -> Value:
    """``optimizer.param_groups``: a dict for each group, as it is now; what is written into it stays there."""
    groups = tuple(Dict({**group.options, "params": _params(optimizer, group)}) for group in optimizer.groups())
    found = m.store.resolve(optimizer.fields["groups"])
    made = new_list(groups, isinstance(found, Items) and found.complete)
    made.fields["groups of"] = optimizer
    return made


def _params(optimizer: Optimizer, group: Group) -> Parameters:
    return Parameters(tuple((None, p) for p in group.parameters), group.complete, group_of=optimizer)


def _of_library(m: Machine, owner: Value, name: str) -> Value:
    match owner:
        case Loader(dataset, arguments):
            if name == "dataset":
                return dataset
            if name in arguments:
                return arguments[name]
        case Optimizer(fields=fields) if f".{name}" in fields:  # set by the script
            return m.store.resolve(fields[f".{name}"])
        case Optimizer() if name == "param_groups":
            return _param_groups(m, owner)
        case Parameters(group_of=Optimizer() as optimizer):
            return Unknown("a method of a list of parameters that an optimizer steps", (optimizer,))
        case Encoding(entries=entries) if name in entries:
            return m.store.resolve(entries[name])
        case Tokenizer():
            from ft_lint.library.transformers.tokenizers import attribute

            found = attribute(m, owner, name)
            if found is not None:
                return found
        case Dataset(arguments=arguments, parent=parent):
            if name in owner.fields:
                owner.reads.add(name)
                return m.store.resolve(owner.fields[name])
            if name == "dataset" and parent is not None:
                return parent
            if name in arguments and name not in ("split",):
                return arguments[name]
    path = type_path(owner)
    if path is None:
        return m.same_unknown(("attribute", owner, name), f"`.{name}` of something", owner)
    return Bound(owner, Reference(f"{path}.{name}"), name)


def required(m: Machine, parameter: Parameter) -> bool | None:
    """Whether a parameter requires grad now; None where that is undecided."""
    found = m.store.resolve(parameter.fields["requires_grad"])
    if isinstance(found, Grad):
        return found.required
    if isinstance(found, Choice):
        ways = {option.required if isinstance(option, Grad) else None for option in m.store.ways(found)}
        return ways.pop() if len(ways) == 1 else None
    return None


def is_open(m: Machine, parameter: Parameter) -> bool:
    """Whether a call that we cannot follow may have changed what a parameter requires."""
    return any(not isinstance(way, Grad) for way in m.store.ways(parameter.fields["requires_grad"]))


def is_key(key: object) -> bool:
    """Whether a plain object can be the key of a dict that we follow."""
    return isinstance(key, str | int | float | bool | bytes | tuple) or key is None
