"""Calls: functions, classes and modules of the script, library functions, and the unknown."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ft_lint.facts.models import Adjusted, BuiltInForward, Forward, Initialised, UnseenModeSet
from ft_lint.facts.results import Misused
from ft_lint.facts.tensors import ShapeRefused
from ft_lint.interpreter import (
    expressions,  # which imports this in turn
    records,
    statements,  # which does so, too
    texts,
)
from ft_lint.interpreter.attributes import read
from ft_lint.interpreter.branches import Split, each_way, settle
from ft_lint.interpreter.escaping import run_hooks, unknown_call
from ft_lint.interpreter.gradients import write_by_hand
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.library_use import note_call
from ft_lint.interpreter.machine import MAX_CALLS, Completion, Exhausted, Frame, Machine
from ft_lint.interpreter.passes import attach, blurred, forward_fact, ungraded
from ft_lint.interpreter.recognition import as_optimizer
from ft_lint.interpreter.repetition import SEEN_ENOUGH, is_enough, is_known, note_run, passed_over, tells_nothing
from ft_lint.interpreter.signature import (
    Arguments,
    Mismatch,
    bind_by_name,
    bind_library,
    bind_script,
    misfits,
    receiver_of,
)
from ft_lint.interpreter.writing import alter, open_groups
from ft_lint.library import Layer, find, is_harmless, is_module_class, type_path
from ft_lint.library.site import Refused, Site
from ft_lint.light import replace
from ft_lint.syntax.written import source_of
from ft_lint.values.base import (
    ANYTHING,
    MISSING,
    NONE,
    Choice,
    Constant,
    NoReturn,
    Unknown,
    UnknownBatch,
    UnknownText,
    Value,
    is_none,
    options,
)
from ft_lint.values.callables import (
    Bound,
    Class,
    Function,
    GeneratedInit,
    GradMode,
    Instance,
    Managed,
    Partial,
    Reference,
    Scope,
    key_of,
)
from ft_lint.values.containers import Dict, Iterator, List, Tuple
from ft_lint.values.hub import Tokenizer
from ft_lint.values.module import (
    AS_BUILT,
    Module,
    has_parameters,
    modules_of,
)
from ft_lint.values.store import otherwise
from ft_lint.values.tensor import Parameter, Tensor, TensorShape, new_parameter
from ft_lint.values.training import Dataset, Loader, Optimizer, Parameters, are_of_same

_DATA = (Tensor, Unknown, Choice, Dict, List, Tuple)
"""What may be a batch, or hold one."""


def call(m: Machine, function: Value, arguments: Arguments, node: ast.AST) -> Value:
    """The value of a call, with all that it does."""
    function = m.store.resolve(function)
    note_call(m, function, arguments, node)
    if "inplace" in arguments.keywords:
        _note_change(m, node)
    match function:
        case Choice():
            return each_way(m, function, lambda one: call_where_it_fits(m, one, arguments, node))
        case Function():
            return recall(m, function, arguments, node)
        case Bound(Module() as module, (Function() | Reference()) as method) if _is_pass(m, module, method):
            return call_module(m, module, arguments, node)
        case Bound(Module() as module, Function() as method) if not m.running:
            m.asked.append((module, node, len(m.loops)))
            try:
                return recall(m, method, arguments.before(module), node)
            finally:
                m.asked.pop()
        case Bound(receiver, Function() as method):
            return recall(m, method, arguments.before(receiver), node)
        case Bound(receiver, Reference(path)):
            return _call_method(m, receiver, path, arguments, node)
        case Class():
            return instantiate(m, function, arguments, node)
        case GeneratedInit(receiver, cls):
            if isinstance(receiver, Instance):
                records.fill(m, receiver, cls, arguments, node)
            return NONE
        case Reference(path):
            return _call_reference(m, path, arguments, node)
        case Module():
            whole = _asked(m, function, arguments)
            if whole is not None and _is_named(node, _SAVING):
                return m.unknown("what a method that saves gives", node)
            if whole is not None:
                return unknown_call(m, "a method of a model that is not seen", arguments, node, whole)
            if (own := _method(function.cls, "__call__") if function.cls is not None else None) is not None:
                return run_function(m, own, arguments.before(function), node)
            return call_module(m, function, arguments, node)
        case Partial(inner, args, kwargs):
            merged = replace(
                arguments, positional=(*args, *arguments.positional), keywords=kwargs | arguments.keywords, places={}
            )
            return call(m, inner, merged, node)
        case GradMode(enabled=enabled) if arguments.positional and isinstance(arguments.positional[0], Function):
            return replace(arguments.positional[0], grad=enabled, switch=function)  # ``torch.no_grad()(validate)``
        case Instance(cls=Class()):
            return call(m, read(m, function, "__call__", node), arguments, node)
        case Tokenizer():
            return _call_method(m, function, "transformers.PreTrainedTokenizerBase.__call__", arguments, node)
        case Instance(kind=kind) if find(f"{kind}.__call__") is not None:
            return _call_method(m, function, f"{kind}.__call__", arguments, node)
        case Tuple():
            m.emit(Misused, node, value=function, use=source_of(node))
    if isinstance(function, Unknown) and (optimizer := as_optimizer(m, arguments, node)) is not None:
        return optimizer
    if isinstance(function, Unknown) and _is_named(node, _MODES) and len(arguments.all()) < 2:
        m.emit(UnseenModeSet, node)
    why = function.why if isinstance(function, Unknown) else "a call of something unknown"
    if _is_named(node, _READING) and not arguments.all():
        return m.unknown(why, node, function)
    value = unknown_call(m, why, arguments, node, function)
    if isinstance(function, UnknownBatch) and all(isinstance(one, Constant | UnknownBatch) for one in arguments.all()):
        return UnknownBatch(why, (function,))  # ``batch.items()``
    return value


def _note_change(m: Machine, node: ast.AST) -> None:
    """An object is another one from now on: ``frame.drop(rows, inplace=True)``."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            owner = expressions.look_up(m, name)
            m.versions[id(owner)] = m.versions.get(id(owner), 0) + 1


_SAVING = frozenset("save save_pretrained save_model save_weights save_checkpoint summary".split())
"""Methods of models that are not seen which write, and change nothing."""


_READING = frozenset("state_dict parameters named_parameters children named_children modules named_modules".split())
"""Methods without arguments that change nothing, whatever has them."""

_MODES = frozenset(("train", "eval"))
"""Methods that set the mode of a model."""


def _is_named(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether a call is one of a method of these names."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names


def _asked(m: Machine, part: Module, arguments: Arguments) -> Module | None:
    """The unseen model whose method this must be: what is called without data is no layer of it."""
    if part.rest is None or not part.kind.startswith("?.") or any(isinstance(one, _DATA) for one in arguments.all()):
        return None
    return m.wholes.get(part.rest, part)


# --- the script's own functions and classes ----------------------------------------------------


def call_where_it_fits(m: Machine, function: Value, arguments: Arguments, node: ast.AST) -> Value:
    """The value of a call; where Python surely raises instead, nothing of what is called runs."""
    if is_misfit(m, function, arguments):
        return m.unknown("Python raises here: an argument is missing, or one too many", node, *arguments.all())
    return call(m, function, arguments, node)


def is_misfit(m: Machine, function: Value, arguments: Arguments) -> bool:
    """Whether Python surely raises at a call of something of the script's own, for it passes too little or too much.

    A decorator or a metaclass may pass what the call does not.
    """
    called: Function | None = None
    leading = 1
    match m.store.resolve(function):
        case Function() as called:
            leading = 0
        case Bound(_, Function() as called):
            pass
        case Class() as cls if not _is_decorated(cls):
            called = _method(cls, "__init__")
        case Module(cls=Class() as cls, fields=fields) if "forward" not in fields and not _is_decorated(cls):
            if cls.is_open:
                return False
            called = _method(cls, "__call__") or _method(cls, "forward")
    if called is None or getattr(called.node, "decorator_list", None):
        return False
    return misfits(called.node.args, called.defaults, arguments, leading)


def _is_decorated(cls: Class) -> bool:
    return bool(cls.node.decorator_list or cls.node.keywords)


def recall(m: Machine, function: Function, arguments: Arguments, node: ast.AST, owner: Class | None = None) -> Value:
    """Run a function, or give what it gave before for the same where it keeps that."""
    if function.kept is None or not arguments.complete or arguments.hidden:
        return run_function(m, function, arguments, node, owner)
    given = (*enumerate(arguments.positional), *sorted(arguments.keywords.items()))
    key = tuple((place, _tells_apart(m, value)) for place, value in given)
    known = m.store.resolve(function.kept.get(key, MISSING))
    made = next((one for one in options(known) if one is not MISSING), None)
    if made is not None:  # on the ways on which it was not made it would be made now
        return otherwise(known, made)
    made = run_function(m, function, arguments, node, owner)
    m.store.write(function.kept, key, made)
    return made


def _tells_apart(m: Machine, argument: Value) -> object:
    """What tells an argument from others, as its hash and equality do."""
    value = m.store.resolve(argument)
    if isinstance(value, Tuple) and value.complete:
        return tuple(_tells_apart(m, one) for one in value.values)
    return key_of(value)


def run_function(
    m: Machine,
    function: Function,
    arguments: Arguments,
    node: ast.AST,
    owner: Class | None = None,
    body: Callable[[Value], None] | None = None,
) -> Value:
    """Run a function of the script with the caller's values; ``body`` runs at its first ``yield``."""
    m.called.add(id(function.node))
    if function.manages and body is None:
        return Managed(function, arguments, node)
    depth = sum(frame.function is function for frame in m.frames)
    if len(m.calls) >= MAX_CALLS or depth >= 2:
        return unknown_call(m, f"`{function.name}` calls itself or nests too deeply", arguments, node, function)
    if is_enough(m, function):
        return passed_over(m, function, arguments, node)
    if tells_nothing(m, function, arguments):
        return m.unknown(f"`{function.name}` told nothing before", node, *arguments.all())
    before, backwards, facts = m.steps, m.backwards, len(m.facts.all)
    result: Value = Unknown("a run that was given up")
    names = bind_script(function.node.args, function.defaults, arguments)
    frame = Frame(mark=m.store.mark(), depth=len(m.path), function=function, body=body, loops=len(m.loops))
    outer, m.scope = m.scope, Scope(parent=function.scope, names=dict(names))
    m.frames.append(frame)
    m.calls.append(node)
    try:
        if function.grad is None:
            result = _run(m, function, frame)
        else:
            with m.setting("grad", function.grad), m.setting("grad switch", function.switch or NONE):
                result = _run(m, function, frame)
        return result
    finally:
        m.frames.pop()
        m.calls.pop()
        m.scope = outer
        told = len(m.facts.all) > facts or is_known(result)
        note_run(m, function, m.steps - before, trained=m.backwards > backwards, told=told)


def _run(m: Machine, function: Function, frame: Frame) -> Value:
    if isinstance(function.node, ast.Lambda):
        return expressions.evaluate(m, function.node.body)
    completion = statements.run_block(m, function.node.body)
    if completion is Completion.EXIT and not frame.exits and not _is_run_later(function.node):
        return NoReturn(f"`{function.name}` ends the program")
    if completion is Completion.RAISE and not frame.exits:
        return m.unknown(f"`{function.name}` raises", function.node)
    value = settle(m, frame, ended=completion.is_last and bool(frame.exits))
    if frame.yields is not None:
        return Iterator(tuple(frame.yields), complete=False, each=frame.yields[-1], once=True)
    return value


def _is_run_later(node: ast.AST) -> bool:
    """Whether a call of a function alone runs nothing of it: a generator or a coroutine."""
    later = (ast.Yield, ast.YieldFrom)
    return isinstance(node, ast.AsyncFunctionDef) or any(isinstance(part, later) for part in ast.walk(node))


def instantiate(m: Machine, cls: Class, arguments: Arguments, node: ast.AST) -> Value:
    """Make an object of a class of the script and run its ``__init__``."""
    m.called.add(id(cls.node))
    if (built := _library_optimizer(cls) or _library_dataset(cls)) is not None:
        return call_library(m, built, arguments, node)
    made = _empty(cls, arguments, node)
    m.building.append(made)
    try:
        initializer = records.initializer(cls)
        inherited = None if initializer is not None else _library_initializer(cls)
        if isinstance(initializer, Function):
            run_function(m, initializer, arguments.before(made), node)
        elif inherited is not None and isinstance(made, Instance):
            call_library(m, inherited, arguments.before(made), node)
        elif isinstance(made, Instance) and (initializer is not None or arguments.all()):
            records.fill(m, made, initializer or cls, arguments, node)
    finally:
        m.building.pop()
    if isinstance(made, Module):
        _note_built(m, made, node)
    return made


_OF_OPTIMIZERS = ("__init__", "__new__", "step", "zero_grad", "add_param_group")


def _library_optimizer(cls: Class) -> Callable[..., Value] | None:
    """What builds an optimizer of torch's of which a class of the script leaves all that counts as it is."""
    if any(_method(cls, name) is not None for name in _OF_OPTIMIZERS):
        return None
    found = (find(path) for path in cls.library_bases() if path.startswith("torch.optim."))
    return next((one for one in found if callable(one) and not isinstance(one, type)), None)


def _library_dataset(cls: Class) -> Callable[..., Value] | None:
    """What builds a dataset of torchvision's to which a class of the script gives but another name."""
    bodies = (own.node.body for own in cls.lineage() if isinstance(own, Class))
    if cls.is_open or not all(path.startswith("torchvision.datasets.") for path in cls.library_bases()):
        return None  # what else it extends may change what its items are
    if any(not isinstance(part, ast.Pass | ast.Expr) for body in bodies for part in body):
        return None
    found = map(find, cls.library_bases())
    return next((one for one in found if callable(one) and not isinstance(one, type)), None)


def _library_initializer(cls: Class) -> Callable[..., Value] | None:
    """The ``__init__`` that a class of the script inherits from a library's, where the library package has one."""
    found = (find(f"{path}.__init__") for path in cls.library_bases())
    return next((one for one in found if callable(one)), None)


def _note_built(m: Machine, made: Module, node: ast.AST) -> None:
    """Write down that a module was built while another one ran; a container of layers that were there is no news."""
    if not m.running or m.building:
        return
    layer = layer_of(made)
    is_container = isinstance(layer, type) and issubclass(layer, Layer) and layer.container
    built = (one.module for one in m.facts.of(BuiltInForward)) if is_container else ()
    new = {id(module) for module in built if has_parameters(module)}
    if not is_container or any(id(part) in new for part in modules_of(made)):
        m.emit(BuiltInForward, node, module=made, within=m.running[-1], mode=m.store.resolve(m.running[-1].mode))


def _method(cls: Class, name: str) -> Function | None:
    for base in cls.lineage():
        if isinstance(base, Class):
            found = base.scope.names.get(name)
            if isinstance(found, Function):
                return found
    return None


def _empty(cls: Class, arguments: Arguments, node: ast.AST) -> Module | Instance:
    libraries = cls.library_bases()
    modules = [path for path in libraries if is_module_class(path)]
    unseen = cls.is_open
    if not modules and not (unseen and _method(cls, "forward")):
        given: tuple[tuple[int | str, Value], ...] = ()
        if arguments.complete:
            given = (*enumerate(arguments.positional), *arguments.keywords.items())
        return Instance(cls.name, cls, node=node, made_with=given)
    whole = not unseen and all(isinstance(find(path), type) for path in modules)
    module = Module(kind=cls.name, cls=cls, node=node, rest=None if whole else new_parameter(rest=True))
    module.fields["mode"] = AS_BUILT
    return module


# --- modules -----------------------------------------------------------------------------------


def call_module(m: Machine, module: Module, arguments: Arguments, node: ast.AST) -> Value:
    """``module(x)``: run its ``forward`` and write down that it ran."""
    if module in m.hooked_before:
        arguments = _unshaped(arguments)
    value = _followed(module, _called(m, module, arguments, node), arguments)
    if m.hooks and not m.running:
        run_hooks(m)
    if m.hooked and any(part in m.hooked for part in modules_of(module)):
        value = blurred(value)
    if type(value) is Tensor and not m.running and has_parameters(module):
        return replace(value, answer_of=module, given_by=module)
    return value


def _is_pass(m: Machine, module: Module, method: Function | Reference) -> bool:
    """Whether ``model.forward(x)`` is what ``model(x)`` is: the model's own, and not called from within itself.

    So is ``super().__call__(x)`` where a class calls its models in a way of its own.
    """
    match method:
        case Function(name="forward") if module.cls is not None:
            return _method(module.cls, "forward") is method and module not in m.running
        case Reference(path) if module.cls is None:
            return path.endswith(".forward")
        case Reference("torch.nn.Module.__call__"):
            return True
    return False


def _followed(module: Module, value: Value, arguments: Arguments) -> Value:
    """A part of a zoo's model whose inside is not modelled: its shape is known from what the whole was seen to do."""
    first = arguments.positional[0] if arguments.positional else None
    if module.flow is None or type(value) is not Tensor or value.shape is not None or not isinstance(first, Tensor):
        return value
    from ft_lint.library._zoo.running import flowing, is_untouched

    known = first.shape if first.shape and is_untouched(module) else None
    return value if known is None else replace(value, shape=flowing(module, known))


def _called(m: Machine, module: Module, arguments: Arguments, node: ast.AST) -> Value:
    forward = _method(module.cls, "forward") if module.cls is not None else None
    known = layer_of(module)
    given = m.store.resolve(module.fields.get("forward", NONE))
    if len(m.running) > 40 or ((forward is not None or given is not NONE) and m.running.count(module) > 1):
        return unknown_call(m, "modules nest too deeply", arguments, node, module)
    if given is not NONE:
        return with_forward(m, module, arguments, node, lambda: call(m, given, arguments, node))
    if forward is not None:
        return _run_own(m, module, forward, _as_taken(module, arguments), node)
    if isinstance(known, type) and issubclass(known, Layer):
        return _run_layer(m, module, known, arguments, node)
    if module.architecture is not None:
        from ft_lint.library._zoo.running import forward as zoo_forward

        return with_forward(
            m, module, arguments, node, lambda: call_library(m, zoo_forward, arguments.before(module), node)
        )
    return with_forward(m, module, arguments, node, lambda: _opaque(m, module, arguments, node))


def layer_of(module: Module) -> object:
    """The library's entry for a layer: its own, or that of the layer which a class of the script extends."""
    if module.cls is None:
        return find(module.kind)
    bases = (find(path) for path in module.cls.library_bases())
    return next((base for base in bases if isinstance(base, type) and issubclass(base, Layer)), None)


def _opaque(m: Machine, module: Module, arguments: Arguments, node: ast.AST) -> Value:
    """The output of a module whose inside we do not know: a tensor, or an object that holds some."""
    if module.hub is not None:
        from ft_lint.library.transformers.batches import note_call
        from ft_lint.library.transformers.outputs import output

        note_call(m, module, arguments, node)
        return output(Site(m, node, arguments, None, module))
    if module.kind.startswith(("transformers.", "peft.")):
        return Unknown("the output of a transformers model", arguments.all())
    # while a model is built nothing runs: what it asks of a part that we do not see need be no pass of a layer
    plain = (Constant, Reference, UnknownText, Unknown) if m.building else (Constant, Reference, UnknownText)
    if arguments.complete and all(type(one) in plain for one in arguments.all()):
        return m.unknown("what something that may be no layer gives for plain values", node)
    made = Site(m, node, arguments, None, None).result(None, *arguments.all())
    return replace(made, dtype=made.dtype if (made.dtype or "").startswith("float") else None)  # of ids it makes floats


def _as_taken(module: Module, arguments: Arguments) -> Arguments:
    """What ``forward`` gets of a call: a class that we do not see may change its shape (GPyTorch adds a dimension)."""
    return _unshaped(arguments) if module.cls is not None and module.cls.is_open else arguments


def _unshaped(arguments: Arguments) -> Arguments:
    """Arguments of which something that we do not see may change the shapes before they arrive."""

    def taken(value: Value) -> Value:
        return replace(value, shape=None) if type(value) is Tensor else value

    named = {name: taken(value) for name, value in arguments.keywords.items()}
    return replace(arguments, positional=tuple(map(taken, arguments.positional)), keywords=named)


def _run_own(m: Machine, module: Module, forward: Function, arguments: Arguments, node: ast.AST) -> Value:
    if is_enough(m, forward):
        why = SEEN_ENOUGH.format(forward.name)
        return with_forward(m, module, arguments, node, lambda: m.unknown(why, node, *arguments.all()))
    m.running.append(module)
    try:
        value = run_function(m, forward, arguments.before(module), node)
    finally:
        m.running.pop()
    fact = forward_fact(m, module, arguments, node, value, own=True)
    if isinstance(value, Unknown):
        reached = Tensor(graph=frozenset({fact}), certain=False)
        return Unknown(value.why, (*value.touched, reached))
    return _through(m, module, value, fact)


def _through(m: Machine, module: Module, value: Value, fact: Forward) -> Value:
    """What a module whose parts have been run gives; weights of its own, or in parts that we do not see, go into it."""
    value = blurred(value) if "escaped" in module.fields else value
    kept = isinstance(value, Dict)  # the script may hold the same dict elsewhere
    if fact.grad is False:
        return ungraded(m, value, fact)
    return attach(value, fact) if (fact.trainable or fact.maybe) and not kept else value


def _run_layer(m: Machine, module: Module, layer: type[Layer], arguments: Arguments, node: ast.AST) -> Value:
    if layer.container:
        m.running.append(module)
        try:
            value = call_library(m, layer.forward, arguments.before(module), node, module)
        finally:
            m.running.pop()
        fact = forward_fact(m, module, arguments, node, value, own=True)
        return _through(m, module, value, fact)
    if arguments.positional and is_none(arguments.positional[0]):  # what is meant is no None: a `return` is missing
        return with_forward(m, module, arguments, node, lambda: m.unknown("a layer refuses None", node))
    return with_forward(
        m, module, arguments, node, lambda: call_library(m, layer.forward, arguments.before(module), node, module)
    )


def with_forward(m: Machine, module: Module, arguments: Arguments, node: ast.AST, run: Callable[[], Value]) -> Value:
    """Run what stands for a module's inside; its parameters join the graph of the output."""
    m.running.append(module)
    try:
        value = run()
    finally:
        m.running.pop()
    fact = forward_fact(m, module, arguments, node, value, own=False)
    value = blurred(value) if "escaped" in module.fields else value
    if fact.grad is False:
        return ungraded(m, value, fact)
    return attach(value, fact) if has_parameters(module) else value  # a loss has no weights that gradients could reach


# --- libraries ---------------------------------------------------------------------------------


def _call_reference(m: Machine, path: str, arguments: Arguments, node: ast.AST) -> Value:
    found = find(path)
    if found is None and _is_method_in_place(path, arguments):  # ``torch.sigmoid_(x)``
        rest = replace(arguments, positional=arguments.positional[1:])
        return _call_method(m, arguments.positional[0], f"torch.Tensor.{path.rpartition('.')[2]}", rest, node)
    if m.gradients and path.endswith("_"):  # ``torch._foreach_zero_(gradients)``, ``nn.init.zeros_(p.grad)``
        write_by_hand(m, (one for value in arguments.all() for one in _listed(m, value)))
    if isinstance(found, type) and issubclass(found, Layer):
        layer = found
        return _contained(m, path, arguments, node, lambda: build_layer(m, path, layer, arguments, node))
    if isinstance(found, type):
        found = find(f"{path}.construct")
    if callable(found) and _is_foreign(path, arguments):
        return m.unknown(f"`{path}` of an object of the script's own", node)
    if callable(found):
        return call_library(m, found, arguments, node)
    return _contained(m, path, arguments, node, lambda: _call_by_table(m, path, arguments, node))


def _is_method_in_place(path: str, arguments: Arguments) -> bool:
    """Whether a function of torch is the method of its first argument that changes it in place."""
    package, _, name = path.rpartition(".")
    found = package in ("torch", "torch.nn.functional") and name.endswith("_") and bool(arguments.positional)
    return found and isinstance(arguments.positional[0], Tensor) and find(f"torch.Tensor.{name}") is not None


def _listed(m: Machine, value: Value) -> tuple[Value, ...]:
    """A value, or what stands in it where it is a list."""
    items = items_of(m, value) if isinstance(value, List | Tuple) else None
    return (value,) if items is None else items.values


def _call_by_table(m: Machine, path: str, arguments: Arguments, node: ast.AST) -> Value:
    """What the library package has no function for: a model of a table, or something that is not modelled."""
    made = _from_table(Site(m, node, arguments, None, None), path, arguments)
    if made is not None:
        return made
    if is_module_class(path):
        return opaque_module(path, arguments, node)
    if _is_tensor_function(path, arguments):
        m.unknown(f"`{path}` is not modelled", node)
        return Site(m, node, arguments, None, None).result(None, *arguments.all())
    if path.startswith("torch.nn.init."):
        for value in arguments.all():
            alter(m, value)
    if path in _BINDING:
        m.stars.setdefault(m.scope.module, []).append("")
    if is_harmless(path):
        return m.unknown(f"`{path}` is not modelled", node)
    return as_optimizer(m, arguments, node) or unknown_call(m, f"`{path}` is not modelled", arguments, node)


_BINDING = ("builtins.exec", "builtins.globals")
"""What may bind names of a module that we do not see, as an import of everything does."""


def _from_table(at: Site, path: str, arguments: Arguments) -> Value | None:
    """A model of a library that has too many of them for functions; None for everything else."""
    match path.partition(".")[0]:
        case "torchvision":
            from ft_lint.library.torchvision.models import build, is_model

            return build(at, path, arguments) if is_model(path) else None
        case "timm" if path.startswith("timm.models."):
            from ft_lint.library.timm import build as build_by_name
            from ft_lint.library.timm.table import builder_of

            name = builder_of(path)
            return None if name is None else build_by_name(at, name, arguments)
        case "transformers":
            from ft_lint.library.transformers.models import build as build_if_known

            return build_if_known(at, path, arguments)
    return None


_OWNERS: dict[str, type[Value]] = {
    "torch.nn.Module": Module,
    "torch.optim.Optimizer": Optimizer,
    "transformers.Trainer": Instance,
    "transformers.Seq2SeqTrainer": Instance,
    "transformers.TrainingArguments": Instance,
    "transformers.Seq2SeqTrainingArguments": Instance,
    "transformers.PreTrainedTokenizerBase": Tokenizer,
    "accelerate.Accelerator": Instance,
}
"""Classes whose methods are called on objects of the script's own that extend them, and on nothing else."""


def _is_foreign(path: str, arguments: Arguments) -> bool:
    """Whether a method is called on something else than its class's: ``list.append(self, x)`` in a class of its own."""
    owner = path.rpartition(".")[0]
    if owner in _OWNERS and arguments.positional and not path.endswith(".construct"):
        return not isinstance(arguments.positional[0], _OWNERS[owner])
    method = owner.startswith("builtins.") and not path.endswith(".construct")
    return method and bool(arguments.positional) and type_path(arguments.positional[0]) != owner


def _is_tensor_function(path: str, arguments: Arguments) -> bool:
    """Whether a function of torch that we do not model surely works on tensors alone."""
    package, _, name = path.rpartition(".")
    changes = any(isinstance(value, Module | Optimizer | Unknown) for value in arguments.all())
    return package in ("torch", "torch.nn.functional", "torch.linalg", "torch.fft") and name.islower() and not changes


def build_layer(m: Machine, path: str, layer: type[Layer], arguments: Arguments, node: ast.AST) -> Value:
    """Construct a layer of a library; a call that torch refuses gives an unknown module, or something that depends on
    the tensors it got."""
    made = Module(kind=path, node=node)
    made.fields["mode"] = AS_BUILT
    answer = initialize(m, made, layer, arguments, node)
    if answer is NONE:
        _note_built(m, made, node)
        return made
    given_tensors = any(isinstance(value, Tensor) for value in arguments.all())
    return answer if given_tensors else opaque_module(f"{path}.?", arguments, node)


def initialize(m: Machine, module: Module, layer: type[Layer], arguments: Arguments, node: ast.AST) -> Value:
    """What a layer's ``__init__`` does: settings, parameters, children.  Unknown where Python or torch would refuse."""
    try:
        names = bind_by_name(layer.build, arguments)
    except (Mismatch, TypeError):
        return m.unknown("a layer with other arguments than torch's", node)
    try:
        shapes = layer.build(**names)
    except Refused as refusal:
        return _refused(m, refusal, module, arguments, node)
    if shapes is None:
        object.__setattr__(module, "rest", new_parameter(rest=True))
    module.arguments.update(names)
    for name, shape in (shapes or {}).items():
        module.parameters[name] = new_parameter(shape)
    layer.fill(Site(m, node, arguments, layer.build, module), module)
    return NONE


def opaque_module(path: str, arguments: Arguments, node: ast.AST, pretrained: bool | None = None) -> Module:
    """A module of a library whose inside we do not know."""
    made = Module(
        kind=path,
        arguments=dict(arguments.keywords),
        node=node,
        rest=new_parameter(rest=True, pretrained=pretrained),
        pretrained=pretrained,
    )
    made.fields["mode"] = AS_BUILT
    return made


_OF_FLAGS = frozenset(f"torch.nn.Module.{name}" for name in ("train", "zero_grad", "requires_grad_"))
"""Methods of torch's that take a flag at most: one that takes a loader, say, is of a class in between."""


def _is_of_unseen(receiver: Value) -> bool:
    return isinstance(receiver, Module) and receiver.cls is not None and receiver.cls.is_open


def _may_be_flag(value: Value) -> bool:
    return isinstance(value, Constant) or type(value) in (*ANYTHING, Choice)


def _call_method(m: Machine, receiver: Value, path: str, arguments: Arguments, node: ast.AST) -> Value:
    if receiver in m.gradients:
        if path == "torch.Tensor.detach":
            return receiver
        if path.endswith("_"):
            write_by_hand(m, (receiver,))
    if isinstance(receiver, List) and "groups of" in receiver.fields and path.rpartition(".")[2] in _CHANGING:
        open_groups(m, receiver.fields["groups of"], empty=path.endswith(".clear"))
    found = find(path)
    owner = _OWNERS.get(path.rpartition(".")[0])
    if owner is not None and not isinstance(receiver, owner):
        return unknown_call(m, f"`{path}` of an object of the script's own", arguments, node, receiver)
    if path.startswith("builtins.str.") and isinstance(receiver, Unknown):
        given = texts.call_method(m, receiver, path.rpartition(".")[2], arguments)
        return unknown_call(m, "a method of something unknown", arguments, node, receiver) if given is None else given
    if path.startswith("builtins.") and path.rpartition(".")[0] != type_path(receiver):
        return m.unknown(f"`{path}` of an object of the script's own", node)
    if path in _OF_FLAGS and _is_of_unseen(receiver) and not all(map(_may_be_flag, arguments.all())):
        return unknown_call(m, f"`{path}` of a class that we do not see", arguments, node, receiver)
    if path.endswith(".__init__") and isinstance(receiver, Module):
        layer = find(path.removesuffix(".__init__"))
        if isinstance(layer, type) and issubclass(layer, Layer):
            kind, module = layer, receiver
            return _contained(m, path, arguments, node, lambda: initialize(m, module, kind, arguments, node))
    if isinstance(receiver, Parameter):
        _note_written(m, receiver, path.rpartition(".")[2], node)
    if callable(found) and not isinstance(found, type):
        value = call_library(m, found, arguments.before(receiver), node)
        return _of_something(receiver, path, value)
    if isinstance(receiver, Tensor):
        return _unknown_tensor_method(m, receiver, path, arguments, node)
    if is_harmless(path):
        return m.unknown(f"`{path}` is not modelled", node)
    return unknown_call(m, f"`{path}` is not modelled", arguments, node, receiver)


_CHANGING = frozenset("append extend insert pop remove clear".split())
"""Methods that change which items a list holds."""


def _note_written(m: Machine, parameter: Parameter, method: str, node: ast.AST) -> None:
    """Note that a method changes a parameter in place."""
    if method in _OVERWRITING:
        m.emit(Initialised, node, parameters=(parameter,), how=method)
    elif method in _ADJUSTING:
        m.emit(Adjusted, node, parameter=parameter)


def _of_something(receiver: Value, path: str, value: Value) -> Value:
    """What a method gave, where the receiver may be no tensor but something that has a method of that name too."""
    if not (path.startswith("torch.Tensor.") and _may_be_other(receiver)):
        return value
    shared = path.rpartition(".")[2] in _SHARED
    match value:
        case Tensor() if value.assumed != shared:
            return replace(value, assumed=shared)
        case Tuple() if shared:
            return Unknown("what may be several tensors", value.values)
    return value


def _may_be_other(receiver: Value) -> bool:
    return isinstance(receiver, Unknown) or (isinstance(receiver, Tensor) and receiver.assumed)


_SHARED = frozenset(
    """abs add all any argmax argmin argsort clip cummax cummin cumprod cumsum diagonal diff div divide dot eq flatten
    ge gt item le lt max mean median min mode mul multiply ne nonzero pow prod ravel repeat reshape round select size
    sort split squeeze std sub subtract sum swapaxes take tolist transpose unique var view where""".split()
)
"""Methods of tensors that arrays of NumPy, tables of pandas or images of Pillow have too."""

_OVERWRITING = frozenset("normal_ uniform_ zero_ fill_ copy_ set_ exponential_ bernoulli_".split())
"""Methods that leave nothing of what stood in a tensor."""

_ADJUSTING = frozenset("add_ sub_ mul_ div_ lerp_ addcmul_ addcdiv_".split())
"""Methods that make something else out of what stands in a tensor."""


def _unknown_tensor_method(m: Machine, receiver: Tensor, path: str, arguments: Arguments, node: ast.AST) -> Value:
    """A tensor method that we do not model gives a tensor of unknown shape that depends on its inputs."""
    m.unknown(f"`{path}` is not modelled", node)
    return Site(m, node, arguments, None, None).result(None, receiver, *arguments.all())


def call_library(
    m: Machine, function: Callable[..., Value], arguments: Arguments, node: ast.AST, module: Module | None = None
) -> Value:
    """Call a function of the library package; one way for each value of a choice that it gets."""
    given = tuple(map(m.store.resolve, arguments.positional))
    for index, value in enumerate(given):
        if isinstance(value, Choice) and _is_divided(function, value):

            def on_each(one: Value, index: int = index) -> Value:
                changed = (*given[:index], one, *given[index + 1 :])
                return call_library(m, function, replace(arguments, positional=changed), node, module)

            return each_way(m, value, on_each)
    named = {name: m.store.resolve(value) for name, value in arguments.keywords.items()}
    resolved = Arguments(given, named, arguments.complete, arguments.places, arguments.hidden)
    site = Site(m, node, resolved, function, module)
    try:
        positional, keywords = bind_library(function, 1, resolved)
    except Mismatch as mismatch:
        return unknown_call(m, str(mismatch), arguments, node)
    front = next(iter(positional or keywords.values()), None)
    if front is not None and not isinstance(front, receiver_of(function)):
        return unknown_call(m, "a library's method of another object", arguments, node)
    name = getattr(function, "__qualname__", "a library function")
    try:
        return _contained(m, name, arguments, node, lambda: function(site, *positional, **keywords))
    except Refused as refusal:
        return _refused(m, refusal, module, arguments, node)


def _is_divided(function: Callable[..., Value], given: Choice) -> bool:
    """Whether a library function runs once for each value that an argument may be."""
    ways = options(given)
    several = any(isinstance(one, _DISTRIBUTED) for one in ways) and not are_of_same(ways)
    return several and not hasattr(function, "undivided")


def _contained(m: Machine, name: str, arguments: Arguments, node: ast.AST, run: Callable[[], Value]) -> Value:
    """What ``run`` gives; a fault in what the library package has for a call costs that call alone."""
    try:
        return run()
    except (Exhausted, RecursionError, Split, Refused):
        raise
    except Exception as error:  # noqa: BLE001
        m.facts.faults.setdefault(name, (error, node))
        return unknown_call(m, "ft_lint failed here", arguments, node)


def _refused(m: Machine, refusal: Refused, module: Module | None, arguments: Arguments, node: ast.AST) -> Value:
    """Write down that torch raises here; what the call would have given is unknown.

    A method of something unknown may be another class's that has the same name; what it gave need be no tensor,
    unless it is given to a layer.  A script that catches the exception by its name counts on it, and one for an older
    torch need not meet it.
    """
    first = arguments.positional[0] if arguments.positional else None
    doubtful = module is None and isinstance(first, Tensor) and first.assumed
    if not (isinstance(first, Unknown) or doubtful or m.expects_refusals or _is_older(m, refusal)):
        m.emit(
            ShapeRefused,
            node,
            operation=refusal.operation,
            why=refusal.why,
            module=module,
            input=refusal.input,
            sizes=refusal.sizes,
        )
    return m.unknown(f"torch refuses this: {refusal.why}", node, *arguments.all())


def _is_older(m: Machine, refusal: Refused) -> bool:
    """Whether the project is written for a torch that does not refuse this yet."""
    from ft_lint.library.releases import may_be_since

    return bool(refusal.since) and not may_be_since("torch", refusal.since, m.facts.targets)


_DISTRIBUTED = (Module, Tensor, Parameters, Optimizer, Dataset, Loader, TensorShape)
