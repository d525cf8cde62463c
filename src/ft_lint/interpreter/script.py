"""A whole file: run it as a script, then run what nobody called."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ft_lint.facts import Facts, Targets
from ft_lint.facts.models import BuiltInForward, DropoutApplied, LayerReplaced, ModelRebound, ModeSet
from ft_lint.interpreter.attributes import read
from ft_lint.interpreter.calls import call_module, instantiate, run_function
from ft_lint.interpreter.machine import Exhausted, Machine
from ft_lint.interpreter.methods import (
    forget_between,
    forget_tensors,
    forget_use,
    held_by,
    leave_gradients_open,
    methods_of,
)
from ft_lint.interpreter.recognition import arguments_of_training, unseen_model
from ft_lint.interpreter.signature import Arguments
from ft_lint.interpreter.statements import run_block, run_cells
from ft_lint.source.siblings import Siblings
from ft_lint.syntax.scripts import is_script
from ft_lint.syntax.statements import Clause, blocks_of, targets_of
from ft_lint.syntax.written import dotted_name
from ft_lint.values.base import Constant, Unknown
from ft_lint.values.callables import Bound, Class, Function, Scope
from ft_lint.values.module import Mode, Module, modules_of
from ft_lint.values.tensor import Tensor


def run(
    tree: ast.Module,
    note: Callable[[Machine, ast.stmt], None] | None = None,
    targets: Targets | None = None,
    displayed: frozenset[int] = frozenset(),
    siblings: Siblings | None = None,
    by_default: bool = True,
    published: bool = True,
) -> Machine:
    """Run a file and everything in it that the file itself does not use.

    ``note`` is called after each simple statement, for whoever keeps a journal.  ``targets`` are the versions of
    libraries that the file is written for.  ``displayed`` are the identities of the expression statements whose values
    the reader is shown.  ``siblings`` are the other files of the project, which are followed where they are given
    and this one is a script.  ``by_default``: what the command line may set is as it is by default, whole numbers, too.
    ``published``: the Hub's checkpoints are as wide as they were published.
    """
    if siblings is not None and (siblings.is_package or not is_script(tree)):
        siblings = None
    scope = Scope(parent=None, names={} if siblings is None else {"__file__": Constant(siblings.script)})
    facts = Facts(targets=targets or Targets())
    m = Machine(scope, facts=facts, body=tree.body, note=note, displayed=displayed, siblings=siblings)
    m.by_default, m.published = by_default, published
    try:
        with _deep_enough():
            if displayed:
                run_cells(m, tree.body)
            else:
                run_block(m, tree.body)
            mark = m.store.mark()
            _forget_last_values(m, tree)
            _run_uncalled(m, m.scope)
            m.store.undo(mark)
            _feed_models(m)
    except (Exhausted, RecursionError):
        if m.namespaces:
            alone = run(tree, note, targets, displayed, by_default=by_default, published=published)
            alone.facts.followed = m.facts.followed
            return alone
        m.facts.silences.append((tree, "the file is too large or too deep to follow to its end"))
    return m


@contextmanager
def _deep_enough() -> Iterator[None]:
    """Room for calls within calls of the script: about twenty of our frames for each of its own."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 6_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def interpret(
    tree: ast.Module,
    targets: Targets | None = None,
    displayed: frozenset[int] = frozenset(),
    siblings: Siblings | None = None,
    *,
    by_default: bool = True,
) -> Facts:
    """The facts of a file; the arguments are those of ``run``."""
    return run(tree, targets=targets, displayed=displayed, siblings=siblings, by_default=by_default).facts


def _forget_last_values(m: Machine, tree: ast.Module) -> None:
    """Of what the file calls by one name, nobody knows which an uncalled function meets: tensors, numbers, models."""
    models = {fact.name for fact in m.facts.of(ModelRebound) if _is_another(fact)}
    for name in _bound_again(tree):
        if isinstance(m.scope.names.get(name), Tensor | Constant) or name in models:
            m.store.write(m.scope.names, name, Unknown(f"`{name}` has several values in this file"))


def _is_another(fact: ModelRebound) -> bool:
    """Whether a name of the file got another model, not the same in a wrapper or out of one."""
    within = any(part is fact.old for part in modules_of(fact.new))
    return not fact.moment.calls and not within and not any(part is fact.new for part in modules_of(fact.old))


def _bound_again(tree: ast.Module) -> set[str]:
    """The names that assignments and loops outside functions and classes bind more than once."""
    found: list[str] = []
    pending: list[Clause] = [*tree.body]
    while pending:
        clause = pending.pop()
        if isinstance(clause, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for target in targets_of(clause):
            found += [
                one.id for one in ast.walk(target) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            ]
        pending += blocks_of(clause)
    return {name for name, times in Counter(found).items() if times > 1}


def _run_uncalled(m: Machine, scope: Scope) -> None:
    """Functions, classes and methods that the file itself does not use are run once, with unknown arguments.

    The last comes first: what is defined before is often used by what follows, and then known by that use.
    """
    by_file = frozenset(m.called)
    for value in reversed(list(scope.names.values())):
        match value:
            case Function(written=Function(node=(ast.FunctionDef() | ast.AsyncFunctionDef()) as node) as written) if (
                _may_be_called(m, node)
            ):
                with m.apart():
                    _run(m, value, arguments_of_training(m, written), node)
            case Class() if _has_uncalled(m, value) or (
                id(value.node) not in m.called and id(value.node) not in by_file
            ):
                with m.apart():
                    _use_class(m, value)


def _may_be_called(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether others may run a function that the file itself does not call.

    ``def test()`` without a parameter is what a model was once tried out with (``# test()`` stands below it in the
    countless descendants of pytorch-cifar): nobody imports it.
    """
    given = node.args
    takes = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
    is_trial = node.name == "test" and not any(takes) and not node.decorator_list
    return id(node) not in m.called and not is_trial


def _has_uncalled(m: Machine, cls: Class) -> bool:
    """Whether a class that something else has used has methods which that did not call."""
    return any(id(method.written.node) not in m.called for name, method in methods_of(cls) if _is_public(name))


def _use_class(m: Machine, cls: Class) -> None:
    """Make an object of a class that nobody uses and call its public methods, in order."""
    if _is_abstract(cls):
        for name, value in list(cls.scope.names.items()):
            if isinstance(value, Constant):
                m.store.write(cls.scope.names, name, Unknown(f"`{name}`, which subclasses set"))
    used = any(id(method.written.node) in m.called for name, method in methods_of(cls) if _is_public(name))
    made = instantiate(m, cls, _arguments_of(m, cls), cls.node)
    m.name(made, "self")  # no other name is known
    built = held_by(made)
    changed: dict[Class, frozenset[str]] = {}
    if used:
        forget_use(m, made)
    forget_between(m, made, built, changed)
    forget_tensors(m, made, cls)
    if isinstance(made, Module) and _has(cls, "training_step"):
        from ft_lint.library.lightning import train

        train(m, made, cls.node)
        return
    if isinstance(made, Module) and _has(cls, "forward"):
        _alter(m, made, cls)
        _call_in_both_modes(m, made, cls.node)
    for name, method in list(methods_of(cls)):
        if id(method.written.node) in m.called or not _is_public(name) or name == "forward":
            continue
        value = read(m, made, name, cls.node)
        forget_between(m, made, built, changed)
        leave_gradients_open(m, made)
        if isinstance(value, Bound | Function):
            function = value.function if isinstance(value, Bound) else value
            if isinstance(function, Function):
                receiver = made if isinstance(value, Bound) else None
                arguments = arguments_of_training(m, function.written, receiver)
                _run(m, function, arguments.before(made) if receiver else arguments, function.node)


def _run(m: Machine, function: Function, arguments: Arguments, node: ast.AST) -> None:
    """Run a function for a caller who is not seen, and who uses the weights among what it gives."""
    from ft_lint.library.site import Site
    from ft_lint.library.torch.nn.modules.module import use_state

    use_state(Site(m, node, Arguments(()), None, None), run_function(m, function, arguments, node), "returned")


def _is_abstract(cls: Class) -> bool:
    """Whether only subclasses have objects: some of its methods are there to be written by them."""
    methods = (one for one in cls.node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    marks = (dotted_name(mark) or "" for method in methods for mark in method.decorator_list)
    return any(mark.rpartition(".")[2] in ("abstractmethod", "abstractproperty") for mark in marks)


def _alter(m: Machine, made: Module, cls: Class) -> None:
    """Put something unseen where the file gives other layers to objects of a class once they are built."""
    lines = range(cls.node.lineno, (cls.node.end_lineno or cls.node.lineno) + 1)
    changes = [fact for fact in m.facts.of(LayerReplaced) if fact.old is not None and _line(fact.node) not in lines]
    for part in modules_of(made) if changes else []:
        for fact in changes:
            alike = part.node is not None and fact.module.node is part.node and fact.module.cls is part.cls
            if alike and fact.name in part.children:
                m.store.write(part.children, fact.name, unseen_model("the mode of another layer"))


def _line(node: ast.AST | None) -> int:
    return getattr(node, "lineno", 0)


def _arguments_of(m: Machine, cls: Class) -> Arguments:
    """What an object of a class is made with; what a class extends that we do not see may have its own way."""
    lineage = list(cls.lineage())
    built = next(
        (one.scope.names["__init__"] for one in lineage if isinstance(one, Class) and "__init__" in one.scope.names),
        None,
    )
    if not isinstance(built, Function) or cls.is_open:
        return Arguments(complete=False)
    return arguments_of_training(m, built)


_BY_MODE = (BuiltInForward, DropoutApplied, ModeSet)
"""Facts that mean something else in another mode."""


def _call_in_both_modes(m: Machine, module: Module, node: ast.ClassDef) -> None:
    """Call a module as it is built, in training mode; and in evaluation mode, where that may make a difference.

    What the second call changes is undone.
    """
    first, m.asked_for_mode = len(m.facts.all), False
    call_module(m, module, Arguments(complete=False), node)
    if not m.asked_for_mode and not any(isinstance(fact, _BY_MODE) for fact in m.facts.all[first:]):
        return
    mark = m.store.mark()
    evaluation = Mode(False)
    for part in modules_of(module):
        m.store.write(part.fields, "mode", evaluation)
    spent, m.efforts = m.efforts, {}  # what has been seen in training mode may be otherwise now
    call_module(m, module, Arguments(complete=False), node)
    m.efforts = spent
    m.store.undo(mark)


def _is_public(name: str) -> bool:
    """Whether a method is there for others to call: Python itself calls those with two underscores around."""
    return not (name.startswith("__") and name.endswith("__"))


def _has(cls: Class, name: str) -> bool:
    return any(name in base.scope.names for base in cls.lineage() if isinstance(base, Class))


def _feed_models(m: Machine) -> None:
    """A zoo model that the file never calls is called once, so that its head meets its features."""
    for model in m.models:
        if model.architecture is not None and model.node is not None and not _fed(m, model):
            image = Tensor()
            with m.apart():
                call_module(m, model, Arguments((image,)), model.node)


def _fed(m: Machine, model: Module) -> bool:
    from ft_lint.facts.models import Forward

    return any(fact.module is model for fact in m.facts.of(Forward))
