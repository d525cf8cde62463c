"""Writing attributes and items: layers put in, parameters frozen, settings changed."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ft_lint.facts.data import DatasetAttributeSet
from ft_lint.facts.models import (
    AttributeSet,
    ChildRefused,
    Frozen,
    Initialised,
    LayerReplaced,
    ParameterReplaced,
    Unfrozen,
)
from ft_lint.facts.optimization import GradientsZeroed
from ft_lint.interpreter.attributes import is_key, required, split_off
from ft_lint.interpreter.branches import truth_of
from ft_lint.interpreter.gradients import GIVEN, forget, write_by_hand
from ft_lint.interpreter.items import child_name, items_of
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.recognition import as_model
from ft_lint.interpreter.tokens import set_labels, set_on_tokenizer
from ft_lint.library import find
from ft_lint.light import replace
from ft_lint.syntax.written import source_of
from ft_lint.values.array import Array, Cell, Table, is_number, is_plain
from ft_lint.values.base import (
    MISSING,
    NONE,
    TRUE,
    Choice,
    Constant,
    Items,
    Missing,
    Unknown,
    UnknownBatch,
    Value,
    is_none,
    options,
)
from ft_lint.values.callables import Class, Function, Instance, Namespace, Reference
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.either import under_any
from ft_lint.values.hub import TokenIds, Tokenizer
from ft_lint.values.module import SIZES, Mode, Module, may_be_anything, parameters_of
from ft_lint.values.tensor import Grad, Parameter, Tensor, new_parameter
from ft_lint.values.training import Dataset, Optimizer, Parameters, Scheduler, StateDict


def set_attribute(
    m: Machine, owner: Value, name: str, value: Value, node: ast.AST, text: str, through: Value | None = None
) -> None:
    """``owner.name = value``; ``node`` is the statement, ``text`` the target as written.

    ``through`` is the object whose attribute the owner was named by.
    """
    owner = m.store.resolve(owner)
    match owner:
        case Choice():
            from ft_lint.interpreter.branches import each_way

            def on_each(one: Value) -> Value:
                set_attribute(m, one, name, value, node, text, through)
                return NONE

            each_way(m, owner, on_each)
        case Instance(cls=Class() as cls) | Module(cls=Class() as cls) if (
            setter := _setter(m, cls, name)
        ) is not None and not (isinstance(owner, Module) and _is_registered(m, value)):
            from ft_lint.interpreter.calls import run_function
            from ft_lint.interpreter.signature import Arguments

            run_function(m, setter, Arguments((owner, value)), node)
        case Reference(path):
            m.replaced.add(f"{path}.{name}")
            of = text.rpartition(".")[0]
            m.emit(AttributeSet, node, owner=owner, name=name, value=value, owner_text=of, building=False)
        case Module():
            _set_on_module(m, owner, name, value, node, text)
        case Parameter() if name == "requires_grad":
            set_requires_grad(m, (owner,), truth_of(value), node, value)
        case Parameter() if name in ("grad", "_grad"):
            if is_none(value):
                forget(m, (owner,), owner, node)
            else:  # zeros, mostly
                m.emit(GradientsZeroed, node, owner=owner, parameters=(owner,), discarded=())
                m.store.write(owner.fields, "grad", GIVEN)
        case Parameter() if name == "data":
            m.emit(Initialised, node, parameters=(owner,), how="data")
            m.store.write(owner.fields, "data", value)
            m.store.write(owner.fields, "dtype", Unknown("other data may have another dtype"))
        case Parameter():
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
        case Tensor() | UnknownBatch() if name == "requires_grad" and truth_of(value) is True:
            m.store.write(owner.fields, "leaf", Cut(node))
        case Scheduler():
            m.store.write(owner.fields, name, value)
        case Instance() | Dataset():
            _note_dataset(m, owner, name, value, node, text, through)
            m.store.write(owner.fields, name, value)
        case Tokenizer():
            set_on_tokenizer(m, owner, name, value, node)
        case Class() | Namespace():
            m.store.write(owner.scope.names, name, value)
        case Table():
            m.store.write(owner.fields, "written", TRUE)
            m.store.write(owner.fields, "attribute", TRUE)
        case Array() if name in ("shape", "dtype"):
            m.store.write(m.store.become, owner, Unknown("an array that was given another shape"))
        case Unknown() if name == "data" and owner in m.gradients:
            write_by_hand(m, (owner,))
        case Unknown() if _shows_a_model(m, value, through) and (model := as_model(m, owner, node)) is not owner:
            set_attribute(m, model, name, value, node, text)
        case Unknown():
            _escape(m, owner)
        case Optimizer() if name == "param_groups":
            given = items_of(m, value)
            open_groups(m, owner, empty=given is not None and given.complete and not given.values)
        case Optimizer():  # ``optimizer.step = step``
            m.store.write(owner.fields, f".{name}", value)


def _shows_a_model(m: Machine, value: Value, through: Value | None) -> bool:
    """Whether a layer with weights is put into a part of a module: ``self.backbone.fc = nn.Linear(...)``."""
    value = m.store.resolve(value)
    layer = isinstance(value, Module) and value.cls is None and bool(parameters_of(value))
    return layer and through is not None and isinstance(m.store.resolve(through), Module)


def _note_dataset(
    m: Machine, owner: Instance | Dataset, name: str, value: Value, node: ast.AST, text: str, through: Value | None
) -> None:
    """Write down what is set on a dataset that is already built."""
    own = isinstance(owner, Instance) and owner.cls is not None and owner not in m.building
    if isinstance(owner, Dataset):
        before = owner.fields.get(name, owner.arguments.get(name, MISSING))
    elif own and "torch.utils.data.Dataset" in owner.cls.library_bases():  # type: ignore[union-attr]
        before = owner.fields.get(name, MISSING)
    else:
        return
    through = m.store.resolve(through) if through is not None else None
    m.emit(
        DatasetAttributeSet, node, dataset=owner, name=name, value=value, before=before, through=through, target=text
    )


def open_groups(m: Machine, optimizer: Value, empty: bool = False) -> None:
    """The list of an optimizer's groups is another one: which groups it holds is not known, unless it is ``empty``."""
    if isinstance(optimizer, Optimizer):
        _escape(m, optimizer)
        m.store.write(optimizer.fields, "groups", Items((), empty))


def _escape(m: Machine, owner: Value) -> None:
    """Something was set on an object that we do not know: it may be a part of what it came from."""
    from ft_lint.interpreter.escaping import escape

    escape(m, [owner])


def alter(m: Machine, tensor: Value, *written: Value) -> None:
    """Note that a tensor was written to in place: its values are no longer those of what gave it.

    It depends on what was ``written`` too, from now on.
    """
    if isinstance(tensor, Tensor):
        m.store.write(tensor.fields, "altered", TRUE)
        new = [value for value in written if not isinstance(value, Constant)]
        if new and truth_of(m.store.resolve(m.state["grad"])) is not False:
            before = [tensor.fields[name] for name in ("written",) if name in tensor.fields]
            m.store.write(tensor.fields, "written", Tuple((*before, *new)))


def reshape_unseen(m: Machine, values: Iterable[Value]) -> None:
    """A call for its effect alone that we cannot follow may give tensors that hold a place the shape of a batch:
    ``load(image, batch)``.
    """
    for value in values:
        if type(value) is Tensor and value.shape is not None and not value.graph and value.batch_of is None:
            m.store.write(m.store.become, value, replace(value, shape=None))


class Cut(Value):
    """The statement that made a detached tensor require grad again."""

    __slots__ = ("node",)

    def __init__(self, node: ast.AST) -> None:
        self.node = node


def set_requires_grad(
    m: Machine, parameters: tuple[Parameter, ...], wanted: bool | None, node: ast.AST, given: Value = NONE
) -> None:
    """Set ``requires_grad`` of parameters; None where the value is unknown.  ``given`` is what it was set to."""
    changed = tuple(p for p in parameters if required(m, p) is (not wanted))
    unknown = Unknown("requires_grad is set to something unknown")
    within = m.passes[-1] if m.passes else None  # a loop over them, say, in which a test chooses some
    chosen = within is not None and (len(m.path) > within.depth or bool(within.exits))
    for parameter in parameters:
        some = parameter.rest and chosen
        m.store.write(parameter.fields, "requires_grad", unknown if wanted is None or some else Grad(wanted, node))
    if wanted is True:
        restores = m.cleanups > 0 or id(given) in m.flags
        surely = tuple(p for p in changed if not (p.rest and chosen))
        m.emit(Unfrozen, node, parameters=parameters, changed=surely, building=bool(m.building), restores=restores)
    elif wanted is False:
        m.emit(Frozen, node, parameters=parameters, changed=changed, building=bool(m.building))


def _set_on_module(m: Machine, module: Module, name: str, value: Value, node: ast.AST, text: str) -> None:
    value = m.store.resolve(value)
    if name == "__class__":
        _escape(m, module)  # it has other methods from then on
        return
    if module.cls is not None and any(isinstance(b, Class) and name in b.scope.names for b in module.cls.lineage()):
        found = _class_attribute(module.cls, name)
        if isinstance(found, Function) or found is None:
            of = text.rpartition(".")[0]
            m.emit(AttributeSet, node, owner=module, name=name, value=value, owner_text=of, building=False)
            _forget_settings(m, module)
            if isinstance(found, Function) and found.kind != "property":
                m.store.write(module.fields, name, value)  # it stands before the method of the class
            return
    building = module in m.building
    held = module.children.get(name)
    match value:
        case Module():
            put_child(m, module, name, value, node, text)
        case Choice() if any(isinstance(option, Module) for option in options(value)):
            m.store.write(module.children, name, value)
        case Parameter(leaf=False):
            old = module.parameters.get(name)
            m.store.write(module.parameters, name, value)
            if held is not None:
                m.store.write(module.children, name, MISSING)
            if not building:
                m.emit(ParameterReplaced, node, module=module, name=name, old=old, new=value, target=text)
        case _ if name == "requires_grad" and may_be_anything(module):
            set_requires_grad(m, parameters_of(module), None, node)
        case _ if held is not None and is_none(value):
            m.store.write(module.children, name, MISSING)
            m.store.write(module.fields, name, value)
        case _ if held is not None and not isinstance(value, Unknown | Choice | Missing):
            if module.cls is not None and isinstance(held, Module) and may_be_anything(held):
                m.store.write(module.children, name, MISSING)  # a method read it that may be called later
                m.store.write(module.fields, name, value)
                return
            place = node.value if isinstance(node, ast.Assign) else None
            m.emit(ChildRefused, node, module=module, value=value, target=text, place=place, written=source_of(place))
            m.store.write(module.fields, "escaped", TRUE)  # what was meant to stand there, it does not give
        case Unknown() if held is not None:
            unseen = new_parameter(rest=True, pretrained=None, required=value)
            m.store.write(module.children, name, Module(kind="?", rest=unseen, fields={"mode": value}))
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
            if name in module.arguments and not _shapes_weights(module, name):
                m.store.write(module.arguments, name, value)
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


def _shapes_weights(module: Module, name: str) -> bool:
    """Whether a layer asks for a setting once, for its weights; all else it reads at each call (``conv.stride``)."""
    return name in SIZES or name == "bias" or (name == "kernel_size" and bool(module.parameters))


def _class_attribute(cls: Class, name: str) -> Value | None:
    return next((b.scope.names[name] for b in cls.lineage() if isinstance(b, Class) and name in b.scope.names), None)


def _setter(m: Machine, cls: Class, name: str) -> Function | None:
    """What a property of the script's own runs where a value is assigned to it."""
    match m.store.resolve(_class_attribute(cls, name) or MISSING):
        case Function(kind="property", setter=Function() as setter):
            return setter
    return None


def _is_registered(m: Machine, value: Value) -> bool:
    """Whether a module may take a value for a part of its own, before any property is asked."""
    return any(isinstance(one, Module | Parameter | Unknown) for one in options(m.store.resolve(value)))


def _forget_settings(m: Machine, module: Module) -> None:
    """A property of the class takes the value: what its setter does to the parameters is not followed."""
    for parameter in parameters_of(module):
        m.store.write(parameter.fields, "requires_grad", Unknown("a property was set"))


def put_child(m: Machine, module: Module, name: str, value: Module, node: ast.AST, text: str) -> None:
    """Make ``value`` the child ``name`` of ``module``, as an assignment does."""
    building = module in m.building
    old = module.children.get(name)
    if old is None and module.rest is not None and not building and module.cls is None:
        old = split_off(m, module, name)
    if name in module.fields and name != "mode":
        m.store.write(module.fields, name, MISSING)
    m.store.write(module.children, name, value)
    if not may_be_anything(value):
        m.emit(LayerReplaced, node, module=module, name=name, old=old, new=value, building=building, target=text)


def _is_plain(value: Value) -> bool:
    """Whether what is put into a column of a table is surely numbers or texts."""
    return is_number(value) or isinstance(value, Cell) or (isinstance(value, Array) and is_plain(value))


def set_item(m: Machine, owner: Value, index: Value, value: Value, node: ast.AST, text: str) -> None:
    """``owner[index] = value``."""
    owner = m.store.resolve(owner)
    match owner, index:
        case Table(), _ if not _is_plain(value):
            m.store.write(owner.fields, "written", TRUE)
        case Unknown(), _:
            write_by_hand(m, (owner,))
            _escape(m, owner)
        case Tensor(), _:
            if isinstance(owner, Parameter):
                m.emit(Initialised, node, parameters=(owner,), how="copy_")
            alter(m, owner, value)
        case TokenIds(), _:
            owner.changes.append(text)
        case StateDict(fields=fields), index if not isinstance(index, Constant):
            m.store.write(fields, "altered", TRUE)
        case Parameters(group_of=Optimizer() as optimizer), _:  # ``group["params"][0] = parameter``
            _escape(m, optimizer)
        case Dict(entries, flags), Constant(key) if is_key(key):
            match entries.get(key):
                case Parameters(group_of=Optimizer() as optimizer):
                    _escape(m, optimizer)
            m.store.write(entries, key, value)
            if key == "labels":
                set_labels(m, value, node)
        case Dict(entries, flags), _:
            m.store.write(flags, "incomplete", TRUE)
            for key, one in under_any(entries, value):
                m.store.write(entries, key, one)
        case List(fields={"groups of": Optimizer() as optimizer}), _:
            open_groups(m, optimizer)
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
        case Instance(), _ if (method := find(f"{owner.library}.__setitem__")) is not None:
            from ft_lint.interpreter.calls import call_library
            from ft_lint.interpreter.signature import Arguments

            call_library(m, method, Arguments((owner, index, value)), node)
        case Module(), _ if isinstance(value, Module):
            child = child_name(owner, index)
            if child is not None:
                put_child(m, owner, child, value, node, text)
            elif isinstance(index, Constant) and isinstance(index.value, str):
                put_child(m, owner, index.value, value, node, text)
