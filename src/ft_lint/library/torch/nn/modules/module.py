"""``torch.nn.Module``: modes, parameters, children, state."""

from __future__ import annotations

import ast
from typing import Any

from ft_lint.facts import StateDictLoaded, StateDictUsed
from ft_lint.facts.models import Initialised, ModeSet, ModuleMoved
from ft_lint.interpreter.escaping import escape, note_hooks
from ft_lint.interpreter.signature import Arguments
from ft_lint.interpreter.writing import put_child, set_requires_grad
from ft_lint.library.site import Site
from ft_lint.library.torch.dtypes import dtype_of, dtype_of_type, is_device
from ft_lint.values.base import (
    ANYTHING,
    FALSE,
    NONE,
    TRUE,
    Choice,
    Constant,
    Items,
    Unknown,
    Value,
    boolean,
    is_none,
    options,
    same,
    text,
    truth,
)
from ft_lint.values.callables import Bound, Class, Function, Instance
from ft_lint.values.containers import Dict, Iterator, List, Tuple
from ft_lint.values.module import (
    Mode,
    child_modules,
    further_children,
    modules_of,
    named_parameters,
    parameters_of,
    unseen_part,
    walk,
)
from ft_lint.values.module import Module as ModuleValue
from ft_lint.values.names import NameBelow, parameters_by_name
from ft_lint.values.tensor import Cast, Parameter, Tensor
from ft_lint.values.training import Parameters, StateDict


def set_mode(at: Site, module: ModuleValue, training: bool | None) -> None:
    """Set the mode of a module and all below it."""
    mode: Value = Unknown("the mode is set to something unknown")
    mode = mode if training is None else Mode(training, at.node, module)
    alone = _put_into_eval_alone(module) if training else []
    _spread(at, module, mode, training, set())
    again = (part for part in alone if isinstance(part.mode, Mode) and part.mode.training)
    undone = tuple(part for part in again if _own_train(part) is None)  # else it was asked and wants it so
    at.emit(ModeSet, module=module, training=training, undoes=undone)


def _spread(at: Site, module: ModuleValue, mode: Value, training: bool | None, seen: set[int]) -> None:
    """Set the mode of a module and all below it; a child with a ``train`` of its own is asked to do so itself."""
    seen.add(id(module))
    at.m.store.write(module.fields, "mode", mode)
    for _, child in child_modules(module):
        if id(child) in seen:
            continue
        own = _own_train(child) if training is not None else None
        if own is None:
            _spread(at, child, mode, training, seen)
        else:
            _call_train(at, child, own, boolean(bool(training)))


def _own_train(module: ModuleValue) -> Value | None:
    """What a module has as its ``train``, where that is not torch's: set on it, or a method of its class."""
    method = own_method(module, "train")
    return module.fields.get("train", None if method is None else Bound(module, method, "train"))


def own_method(module: ModuleValue, name: str) -> Function | None:
    """The method that a module's class in the script defines, None where it leaves torch's."""
    bases = module.cls.lineage() if module.cls is not None else []
    found = (base.scope.names.get(name) for base in bases if isinstance(base, Class))
    return next((function for function in found if isinstance(function, Function)), None)


def _call_train(at: Site, module: ModuleValue, train: Value, training: Value) -> None:
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    held = at.m.store.resolve(train)
    if isinstance(held, Function | Bound):
        call(at.m, held, Arguments((training,)), at.node)
        return
    for part in modules_of(module):
        at.m.store.write(part.fields, "mode", Unknown("a `train` that is not seen"))


def _put_into_eval_alone(module: ModuleValue) -> list[ModuleValue]:
    """The modules below that are, or may be, in evaluation mode because they, or a module between, were put there.

    What adapters or a ``DataParallel`` are put around is no part: it was the whole model then.
    """
    found: dict[int, ModuleValue] = {}
    for part in modules_of(module):
        for way in options(part.mode):
            match way:
                case Mode(training=False, setter=ModuleValue() as setter) if setter is not module:
                    found[id(setter)] = setter
    inside = {id(part) for part in modules_of(module)} - {id(whole) for whole in (module.inside, module.wrapped)}
    return [setter for key, setter in found.items() if key in inside]


def cast(at: Site, module: ModuleValue, dtype: str | None) -> None:
    """Make all parameters of a tree into a dtype; None where that is not known."""
    setting: Value = Unknown("the dtype is not known") if dtype is None else Cast(dtype, at.node)
    for _, parameter in named_parameters(module):
        at.m.store.write(parameter.fields, "dtype", setting)


def _move(at: Site, module: ModuleValue, device: Value) -> None:
    """Write down that a module gets other memory, unless it surely stands on this device already."""
    key = ("device", module)
    if is_none(device) or same(at.m.state.get(key, Constant("cpu")), device):
        return
    at.m.store.write(at.m.state, key, device)
    at.emit(ModuleMoved, module=module)


def _parameters(at: Site, module: ModuleValue, recurse: Value, with_names: bool) -> Parameters:
    named: tuple[tuple[str | NameBelow | None, Parameter], ...]
    if truth(recurse) is False:
        own = {id(p) for value in module.parameters.values() for p in options(value)}
        named = tuple((name, p) for name, p in named_parameters(module) if id(p) in own)
    else:
        as_built = with_names and "escaped" not in module.fields
        named = tuple(parameters_by_name(module) if as_built else named_parameters(module))
    complete = module.fields.keys().isdisjoint(("escaped", "borrowed"))
    return Parameters(named, complete, with_names, once=True, node=at.node, guessed=_may_have_more(module))


def _may_have_more(module: ModuleValue) -> bool:
    """Whether a class of the script puts something unknown into an attribute of itself: it may be a module."""
    own = (part.fields.values() for part in modules_of(module) if part.cls is not None)
    return any(type(value) in ANYTHING for values in own for value in values)


def _states(at: Site, value: Value, depth: int = 3) -> list[StateDict]:
    """The state dicts that a value may be, or hold: the parts of tuples, the entries of dicts, the items of lists."""
    parts: list[Value] = []
    found: list[StateDict] = []
    for one in at.m.store.ways(value):
        match one:
            case StateDict():
                found.append(one)
            case Dict(entries=entries):
                parts += entries.values()
            case Tuple(values=held) | List(fields={"items": Items(values=held)}):
                parts += held
    return found + [state for part in parts if depth for state in _states(at, part, depth - 1)]


def use_state(at: Site, value: Value, how: str) -> None:
    """Write down that a state dict, alone or inside others, is used that is the module's memory, if only on one way."""
    states = _states(at, value)
    sure = all(state.live for state in states)
    for state in states:
        if state.live and "altered" not in state.fields:
            at.emit(StateDictUsed, state=state, how=how, sure=sure)


class Module:
    """The methods of ``torch.nn.Module``."""

    @staticmethod
    def __init__(at: Site, self: Value, *args: Any, **kwargs: Any) -> Value:  # type: ignore[misc]
        """``super().__init__()``."""
        return NONE

    @staticmethod
    def train(at: Site, self: ModuleValue, mode: Value = TRUE) -> Value:
        """``train(mode=True)``."""
        match mode:
            case Choice(condition, Constant(first), Constant(second)) if first is not second:
                from ft_lint.interpreter.branches import each_way

                each_way(at.m, mode, lambda one: Module.train(at, self, one))
                del condition
            case _:
                set_mode(at, self, truth(mode))
        return self

    @staticmethod
    def eval(at: Site, self: ModuleValue) -> Value:
        """``eval()``, which is ``train(False)``."""
        own = _own_train(self)
        if own is None:
            set_mode(at, self, False)
        else:
            _call_train(at, self, own, FALSE)
        return self

    @staticmethod
    def parameters(at: Site, self: ModuleValue, recurse: Value = TRUE) -> Value:
        """The leaves of the tree at this moment."""
        return _parameters(at, self, recurse, with_names=False)

    @staticmethod
    def named_parameters(
        at: Site, self: ModuleValue, prefix: Value = NONE, recurse: Value = TRUE, remove_duplicate: Value = TRUE
    ) -> Value:
        """Names and parameters."""
        return _parameters(at, self, recurse, with_names=True)

    @staticmethod
    def children(at: Site, self: ModuleValue) -> Value:
        """The direct children."""
        values = tuple(module for _, module in child_modules(self))
        return Iterator(values, complete=self.rest is None, each=_unseen(at, self), once=True)

    @staticmethod
    def named_children(at: Site, self: ModuleValue) -> Value:
        """Names and direct children."""
        values = tuple(Tuple((Constant(name), module)) for name, module in child_modules(self))
        each = Tuple((Unknown("the name of a child that we do not see"), _unseen(at, self)))
        return Iterator(values, complete=self.rest is None, each=each, once=True, of=self)

    @staticmethod
    def modules(at: Site, self: ModuleValue, remove_duplicate: Value = TRUE) -> Value:
        """The module and all below it."""
        values = tuple(module for module in modules_of(self))
        return Iterator(values, complete=self.complete, each=_unseen(at, self), once=True)

    @staticmethod
    def named_modules(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """Names and modules of the whole tree."""
        values = tuple(Tuple((Constant(name), module)) for name, module in walk(self))
        each = Tuple((Unknown("the name of a module that we do not see"), _unseen(at, self)))
        return Iterator(values, complete=self.complete, each=each, once=True, of=self)

    @staticmethod
    def requires_grad_(at: Site, self: ModuleValue, requires_grad: Value = TRUE) -> Value:
        """Freeze or unfreeze everything below."""
        members = tuple(parameter for _, parameter in named_parameters(self))
        set_requires_grad(at.m, members, truth(requires_grad), at.node, requires_grad)
        return self

    @staticmethod
    def reset_parameters(at: Site, self: ModuleValue) -> Value:
        """Draw a layer's own parameters anew."""
        own = (p for value in self.parameters.values() for p in options(value))
        unseen = () if self.rest is None else (self.rest,)
        drawn = (*(p for p in own if isinstance(p, Parameter)), *unseen)
        at.emit(Initialised, parameters=drawn, how="reset_parameters")
        return NONE

    @staticmethod
    def zero_grad(at: Site, self: ModuleValue, set_to_none: Value = TRUE) -> Value:
        """Forget the gradients of all parameters."""
        from ft_lint.interpreter.gradients import forget

        forget(at.m, tuple(p for _, p in named_parameters(self)), self, at.node)
        return NONE

    @staticmethod
    def to(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """The same module elsewhere, or in another dtype."""
        for given in (*args[:2], kwargs.get("dtype", NONE)):
            if (dtype := dtype_of(given)) is not None:
                cast(at, self, dtype)
            elif isinstance(given, Unknown | Choice | Tensor) and not is_device(given):
                cast(at, self, None)
        place = kwargs.get("device", args[0] if args else NONE)
        if dtype_of(place) is None:
            _move(at, self, place)
        return self

    @staticmethod
    def type(at: Site, self: ModuleValue, dst_type: Value) -> Value:
        """The same module in the dtype of ``torch.FloatTensor``, say."""
        cast(at, self, dtype_of_type(dst_type))
        return self

    @staticmethod
    def compile(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """Changes no weight and no mode."""
        return NONE

    @staticmethod
    def half(at: Site, self: ModuleValue) -> Value:
        """The same module in ``float16``."""
        cast(at, self, "float16")
        return self

    @staticmethod
    def bfloat16(at: Site, self: ModuleValue) -> Value:
        """The same module in ``bfloat16``."""
        cast(at, self, "bfloat16")
        return self

    @staticmethod
    def float(at: Site, self: ModuleValue) -> Value:
        """The same module in ``float32``."""
        cast(at, self, "float32")
        return self

    @staticmethod
    def double(at: Site, self: ModuleValue) -> Value:
        """The same module in ``float64``."""
        cast(at, self, "float64")
        return self

    @staticmethod
    def cuda(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """The same module on a GPU."""
        _move(at, self, next(iter((*args, *kwargs.values())), Constant("cuda")))
        return self

    @staticmethod
    def cpu(at: Site, self: ModuleValue) -> Value:
        """The same module in the computer's own memory."""
        _move(at, self, Constant("cpu"))
        return self

    @staticmethod
    def share_memory(at: Site, self: ModuleValue) -> Value:
        """The same module, for other processes too."""
        return self

    @staticmethod
    def to_empty(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """The same module elsewhere, with whatever lies there."""
        return self

    @staticmethod
    def state_dict(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """The tensors of the tree by name: the module's own memory."""
        return StateDict(self, live=True, node=at.node)

    @staticmethod
    def load_state_dict(
        at: Site, self: ModuleValue, state_dict: Value, strict: Value = TRUE, assign: Value = NONE
    ) -> Value:
        """Copy weights into the tree; where they come from is not followed."""
        use_state(at, state_dict, "loaded")
        keys = (at.unknown("the keys that were missing"), at.unknown("the keys that nobody asked for"))
        result = Tuple(keys, names=("missing_keys", "unexpected_keys"))
        at.emit(
            StateDictLoaded,
            module=self,
            receiver=at.receiver,
            state=state_dict,
            strict=strict,
            result=result,
            parameters=parameters_of(self),
            place=at.value_of("state_dict"),
            written=at.written("state_dict"),
        )
        return result

    @staticmethod
    def add_module(at: Site, self: ModuleValue, name: Value, module: Value) -> Value:
        """``add_module(name, module)``."""
        from ft_lint.library.torch.nn.modules.container import refuse_class

        key = text(name)
        if key is None or not isinstance(module, ModuleValue | Constant):
            refuse_class(at, self, module)
            further_children(self)
        elif isinstance(module, ModuleValue):
            put_child(at.m, self, key, module, at.node, key)
        return NONE

    register_module = add_module

    @staticmethod
    def register_buffer(at: Site, self: ModuleValue, name: Value, tensor: Value, persistent: Value = TRUE) -> Value:
        """A tensor that belongs to the module and is not trained."""
        key = text(name)
        if key is not None:
            at.m.store.write(self.fields, key, tensor)
        return NONE

    @staticmethod
    def register_parameter(at: Site, self: ModuleValue, name: Value, param: Value) -> Value:
        """``register_parameter(name, parameter)``."""
        key = text(name)
        if key is not None:
            at.m.store.write(self.parameters, key, param)
        return NONE

    @staticmethod
    def apply(at: Site, self: ModuleValue, fn: Value) -> Value:
        """Call ``fn`` on every module of the tree, children first."""
        from ft_lint.interpreter.calls import call
        from ft_lint.interpreter.signature import Arguments

        at.m.store.write(self.fields, "applied", TRUE)
        for _, module in reversed(list(walk(self))[:600]):
            call(at.m, fn, Arguments((module,)), at.node)
        return self

    @staticmethod
    def get_submodule(at: Site, self: ModuleValue, target: Value) -> Value:
        """``get_submodule("layer4.0")``."""
        wanted = text(target)
        found = [module for name, module in walk(self) if name == wanted]
        return found[0] if found else at.unknown("a sub-module that we do not see", self)

    @staticmethod
    def register_forward_hook(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """Hooks are not followed: one that gives something may change what the module gives."""
        if any(map(_gives_something, args[:1])):
            at.m.hooked.append(self)
        escape(at.m, args[:1])
        note_hooks(at.m, args[:1])
        return at.unknown("a hook")

    @staticmethod
    def register_forward_pre_hook(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """Hooks are not followed: one that gives something may change what the module takes."""
        if any(map(_gives_something, args[:1])):
            at.m.hooked_before.append(self)
        escape(at.m, args[:1])
        note_hooks(at.m, args[:1])
        return at.unknown("a hook")

    @staticmethod
    def register_full_backward_hook(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """Hooks are not followed."""
        return at.unknown("a hook")

    @staticmethod
    def gradient_checkpointing_enable(at: Site, self: ModuleValue, *args: Value, **kwargs: Value) -> Value:
        """Changes no weight and no mode."""
        return NONE

    @staticmethod
    def _get_name(at: Site, self: ModuleValue) -> Value:
        """The name of the class."""
        found = self.cls.name if self.cls is not None else (self.class_path or "").rpartition(".")[2]
        return Constant(found) if found else at.unknown("the name of a class that we do not see", self)

    @staticmethod
    def extra_repr(at: Site, self: ModuleValue) -> Value:
        """A text."""
        return at.unknown("a text")


def _unseen(at: Site, module: ModuleValue) -> Value:
    """What stands for a part of a module that we do not see: reading it splits nothing off."""
    if module.rest is None:
        return Unknown("no further module")
    return unseen_part(module)


def _gives_something(hook: Value) -> bool:
    """Whether a function may give more than None; many lambdas keep what they see, by a method of a list or dict."""
    match hook:
        case Function(node=ast.Lambda(body=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)))):
            return name not in _KEEPING
        case Function(node=ast.Lambda(body=given)):
            return not isinstance(given, ast.BoolOp | ast.Constant)
        case Bound(function=Function() as function) | (Function() as function):
            body = [] if isinstance(function.node, ast.Lambda) else function.node.body
            returns = (one for statement in body for one in ast.walk(statement) if isinstance(one, ast.Return))
            return any(one.value is not None for one in returns)
    return True


_KEEPING = frozenset(
    "append appendleft extend insert add update setdefault __setitem__ setattr clear put print log info".split()
)
"""What gives None, or nothing that a hook is there to give."""


def restored(at: Site, cls: Class, arguments: Arguments) -> Value:
    """An object of a class of the script's own that a library builds, and fills with the weights of a checkpoint."""
    from ft_lint.interpreter.calls import instantiate

    made = instantiate(at.m, cls, arguments, at.node)
    if isinstance(made, ModuleValue):
        Module.load_state_dict(at, made, at.unknown("a checkpoint"))
    return made
