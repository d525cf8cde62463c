"""Statements: what each kind does to the state of the script."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ft_lint.facts import BestModelNamed, LoadingSkipped, StateDictKept
from ft_lint.facts.hub import MetricsReturned
from ft_lint.facts.models import Adjusted, ComparedInsteadOfSet, MethodMentioned
from ft_lint.facts.optimization import TensorKept
from ft_lint.facts.results import ResultDropped, ResultNamed
from ft_lint.interpreter import calls
from ft_lint.interpreter.assignment import assign, bind_name, delete
from ft_lint.interpreter.attributes import read, required
from ft_lint.interpreter.branches import decide, fork, plain, way_of_parameters
from ft_lint.interpreter.definitions import define_class, define_function
from ft_lint.interpreter.expressions import evaluate
from ft_lint.interpreter.gradients import forget_reached
from ft_lint.interpreter.imports import run_import, run_import_from
from ft_lint.interpreter.items import iterate
from ft_lint.interpreter.library_use import caught_by, guarding, may_go_on, suppressed_by
from ft_lint.interpreter.loops import awaits_last_pass, run_for, run_while
from ft_lint.interpreter.machine import MAX_DEPTH, Completion, Machine
from ft_lint.interpreter.operators import binary
from ft_lint.interpreter.signature import Arguments
from ft_lint.interpreter.writing import alter, reshape_unseen
from ft_lint.library import find
from ft_lint.syntax.loops import counts, is_read_behind
from ft_lint.syntax.written import dotted_name, source_of
from ft_lint.values.base import MISSING, NONE, Choice, Constant, NoReturn, Raised, Unknown, Value, truth
from ft_lint.values.callables import Bound, GradMode, Instance, Managed, Reference
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.module import Module, parameters_of
from ft_lint.values.store import gate
from ft_lint.values.tensor import Parameter, Tensor
from ft_lint.values.training import Dataset, Optimizer, Scheduler, StateDict, states_in

NEXT = Completion.NEXT


def run_block(m: Machine, body: Sequence[ast.stmt], only: ast.stmt | None = None) -> Completion:
    """Run statements, or ``only`` one of them, one after the other until one of them leaves the block."""
    if m.depth > MAX_DEPTH:
        return NEXT
    m.depth += 1
    outer, m.block = m.block, id(body)
    try:
        for statement in body if only is None else (only,):
            m.spend()
            run = _STATEMENTS.get(type(statement))
            completion = run(m, statement) if run else NEXT
            if completion is not NEXT:
                return completion
            if m.note is not None and not isinstance(statement, _COMPOUND):
                m.note(m, statement)
        return NEXT
    finally:
        m.depth -= 1
        m.block = outer


_COMPOUND = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, getattr(ast, "TryStar", ast.Try)),
    *(ast.Match, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
"""Statements that have blocks of their own."""


def run_cells(m: Machine, body: Sequence[ast.stmt]) -> None:
    """Run the statements of a notebook: what ends the program in one cell keeps nobody from running the next."""
    for statement in body:
        if run_block(m, body, statement) not in (NEXT, Completion.EXIT):
            return


def _expression(m: Machine, node: ast.Expr) -> Completion:
    call = node.value if isinstance(node.value, ast.Call) else None
    if call is not None:
        m.facts.blocks[id(call)] = m.block
    value = evaluate(m, node.value)
    if isinstance(value, NoReturn) and not may_go_on(m):
        m.facts.silences.append((node.value, "the program ends here"))
        return Completion.EXIT
    if call is not None and isinstance(value, Unknown) and value.touched:
        forget_reached(m, value.touched)
        reshape_unseen(m, value.touched)
    if call is not None and (_reports(value) or isinstance(value, _KEPT)):
        owner = call.func
        receiver = source_of(owner.value) if isinstance(owner, ast.Attribute) else ""
        m.emit(ResultDropped, node.value, value=value, receiver=receiver, displayed=id(node) in m.displayed)
    match node.value:
        case ast.Attribute(attr=name) if isinstance(value, Bound):
            m.emit(MethodMentioned, node, receiver=value.receiver, name=name, text=source_of(node.value))
        case ast.Compare(left=ast.Attribute(value=owner, attr=name), ops=[ast.Eq()], comparators=[right]):
            subject = evaluate(m, owner)
            if isinstance(subject, Module | Parameter):
                parts = parameters_of(subject) if isinstance(subject, Module) else (subject,)
                now = tuple(required(m, part) for part in parts)
                wanted = evaluate(m, right)
                m.emit(ComparedInsteadOfSet, node, owner=subject, name=name, value=wanted, trainable=now)
    return NEXT


_KEPT = (Module, Instance, Dataset, Optimizer, Scheduler, Tuple)
"""Results that a script wants to keep, where the call has not merely given its own object back."""


def _assign(m: Machine, node: ast.Assign) -> Completion:
    value = evaluate(m, node.value)
    for target in node.targets:
        if _reports(value):
            m.emit(ResultNamed, node, value=value, target=source_of(target))
        assign(m, target, value, node)
    if isinstance(value, StateDict | Dict | Tuple | Choice):
        in_record = isinstance(value, Dict) or any(isinstance(target, ast.Subscript) for target in node.targets)
        for state in states_in(value):
            m.emit(StateDictKept, node, state=state, in_record=in_record)
    elif isinstance(value, Module) and m.loops:
        _note_best(m, node, value)
    return NEXT


def _note_best(m: Machine, node: ast.Assign, model: Module) -> None:
    """Write down that a model of a loop is called the best one, where that is read behind the loop."""
    given, (target, *others) = dotted_name(node.value), node.targets
    name = dotted_name(target)
    if given is None or name is None or others or "best" not in name.lower() or "best" in given.lower():
        return
    function = m.frame.function if m.frames else None
    body = m.body if function is None or isinstance(function.node, ast.Lambda) else function.node.body
    around = [one.node for one in m.loops if any(part is one.node for stmt in body for part in ast.walk(stmt))]
    if around and is_read_behind(name, around[0], body):
        m.emit(BestModelNamed, node, module=model, text=given)


def _reports(value: Value) -> bool:
    """Whether a value tells how a call went: a named tuple whose fields are not tensors."""
    return isinstance(value, Tuple) and bool(value.names) and not any(isinstance(v, Tensor) for v in value.values)


def _annotated(m: Machine, node: ast.AnnAssign) -> Completion:
    if node.value is not None:
        assign(m, node.target, evaluate(m, node.value), node)
    elif m.scope.is_class and isinstance(node.target, ast.Name):
        bind_name(m, node.target.id, m.unknown("a field without a default"))
    return NEXT


def _augmented(m: Machine, node: ast.AugAssign) -> Completion:
    before, added = evaluate(m, node.target), evaluate(m, node.value)
    if isinstance(before, Parameter):  # in place: it stays the parameter that it is
        m.emit(Adjusted, node, parameter=before)
        return NEXT
    if type(before) is List and isinstance(node.op, ast.Add):  # in place, too
        calls.call(m, read(m, before, "extend", node), Arguments((added,)), node)
        assign(m, node.target, before, node)
        return NEXT
    value = binary(m, type(node.op).__name__, before, added, node)
    if isinstance(before, Tensor) and (before.leaf or "leaf" in before.fields):  # so does a tensor made to be trained
        alter(m, before, added)
        return NEXT
    if isinstance(before, Tensor) and before.graph and truth(m.state["grad"]) is False:  # in place: it keeps its graph
        alter(m, before)
        return NEXT
    assign(m, node.target, value, node)
    if isinstance(node.op, ast.Add) and isinstance(added, Tensor) and added.graph:
        had = (before,) if isinstance(before, Tensor) and before.graph else ()
        name = source_of(node.target)
        m.emit(TensorKept, node, tensor=added, before=had, held=value, holder=name, place=node.value)
    return NEXT


def _return(m: Machine, node: ast.Return) -> Completion:
    value = evaluate(m, node.value) if node.value is not None else NONE
    if value is MISSING:
        value = m.unknown("what is not there on this way", node)
    if isinstance(value, Tensor) and not m.run:
        m.returned[id(node)] = (node, value)
    if m.frames:
        m.store.write(m.frame.result, "value", value)
        if m.frame.function is not None and m.frame.function in m.judged:
            m.emit(MetricsReturned, node, value=value, trainer=m.judged[m.frame.function])
    return Completion.RETURN


def _if(m: Machine, node: ast.If) -> Completion:
    """One way where the test is decided, else both.

    Where the script ends for the default of a setting, or refuses it before anything happens, people give another
    value: the other way is run, too.
    """
    verdict, condition = decide(m, evaluate(m, node.test))
    if verdict is None and awaits_last_pass(m, node.test):
        verdict = False
    if m.loops and m.naming and m.loops[-1].loop == m.naming[-1]:
        m.tests.append((m.loops[-1].loop, node.test, verdict))
    if verdict is None:
        m.facts.tests.setdefault(plain(condition), node.test)
        if m.loops and counts(node.test):
            m.facts.by_count.add(plain(condition))
        return fork(m, condition, lambda: run_block(m, node.body), lambda: _else(m, node.orelse))
    skipped = node.orelse if verdict else node.body
    if skipped and not m.loops and _asks_a_setting(m, node.test):
        _note_loading(m, node, skipped)
    m.arms += 1
    before, mark = len(m.facts.all), m.store.mark()
    completion = run_block(m, node.body) if verdict else _else(m, node.orelse)
    refuses = completion is Completion.RAISE and len(m.facts.all) == before and not m.guards
    if (refuses or completion is Completion.EXIT) and _asks_a_setting(m, node.test):
        m.store.undo(mark)
        completion = _else(m, node.orelse) if verdict else run_block(m, node.body)
    m.arms -= 1
    return completion


def _note_loading(m: Machine, node: ast.If, skipped: list[ast.stmt]) -> None:
    """Write down into which models weights are loaded in a block that is not run."""
    for part in (part for statement in skipped for part in ast.walk(statement)):
        if isinstance(part, ast.Attribute) and part.attr == "load_state_dict":
            known = evaluate(m, part.value) if dotted_name(part.value) else Unknown("what a call gives that is not run")
            owner = m.store.resolve(known)
            if isinstance(owner, Module | Unknown):
                m.emit(LoadingSkipped, node, module=owner if isinstance(owner, Module) else None)


def _asks_a_setting(m: Machine, test: ast.expr) -> bool:
    """Whether a value in a test is the default of a setting; what the test calls is not called once more."""
    named = (part for part in ast.walk(test) if isinstance(part, ast.expr) and dotted_name(part))
    return any(isinstance(value, Constant) and value.default for value in (evaluate(m, part) for part in named))


def _else(m: Machine, body: list[ast.stmt]) -> Completion:
    match body:
        case [ast.If() as elif_]:
            return _if(m, elif_)
    return run_block(m, body) if body else NEXT


def _with(m: Machine, node: ast.With | ast.AsyncWith) -> Completion:
    return _enter(m, node, 0)


def _enter(m: Machine, node: ast.With | ast.AsyncWith, index: int) -> Completion:
    """Managers of the gradient mode hold inside, those of the script are run; others are taken to do nothing and hand
    out themselves."""
    if index == len(node.items):
        return run_block(m, node.body)
    item = node.items[index]
    manager = evaluate(m, item.context_expr)
    if _expects(item.context_expr):
        m.catching.append(len(m.frames))
        with guarding(m, [""]):
            completion = _enter(m, node, index + 1)
        m.catching.pop()
        return completion
    if isinstance(manager, Managed):
        return _inside(m, node, index, manager)
    if isinstance(manager, Instance | Module) and manager.cls is not None and manager.cls.defines("__enter__"):
        return _by_own_class(m, node, index, manager)
    if item.optional_vars is not None:
        assign(m, item.optional_vars, manager, item.context_expr)
    if caught := list(suppressed_by(manager)):
        with guarding(m, caught):
            return _enter(m, node, index + 1)
    if isinstance(manager, Instance) and find(f"{manager.kind}.__enter__") is not None:
        _tell(m, manager, "__enter__", item.context_expr)
        completion = _enter(m, node, index + 1)
        _tell(m, manager, "__exit__", item.context_expr)
        return completion
    if not isinstance(manager, GradMode):
        return _enter(m, node, index + 1)
    before = manager.previous or m.state["grad"]
    switch = m.state.get("grad switch", NONE)
    waiting = m.waiting()
    m.store.write(m.state, "grad", manager.enabled)
    m.store.write(m.state, "grad switch", manager)
    completion = _enter(m, node, index + 1)
    for key, value in (("grad switch", switch), ("grad", before)):
        m.store.write(m.state, key, value)
        for left in (left for frame, count in waiting for left in frame.exits[count:]):
            left.delta.correct(m.state, key, value)  # a `break` inside leaves the `with`, too
    return completion


def _by_own_class(m: Machine, node: ast.With | ast.AsyncWith, index: int, manager: Instance | Module) -> Completion:
    """Run the body between ``__enter__`` and ``__exit__`` of a class of the script's own."""
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    item = node.items[index]
    given = call(m, read(m, manager, "__enter__", item.context_expr), Arguments(), item.context_expr)
    if item.optional_vars is not None:
        assign(m, item.optional_vars, given, item.context_expr)
    completion = _enter(m, node, index + 1)
    call(m, read(m, manager, "__exit__", item.context_expr), Arguments((NONE, NONE, NONE)), item.context_expr)
    return completion


def _tell(m: Machine, manager: Instance, method: str, node: ast.AST) -> None:
    """Call a method of a library's context manager."""
    from ft_lint.interpreter.calls import call_library
    from ft_lint.interpreter.signature import Arguments

    call_library(m, find(f"{manager.kind}.{method}"), Arguments((manager,)), node)


def _inside(m: Machine, node: ast.With | ast.AsyncWith, index: int, manager: Managed) -> Completion:
    """Run a ``@contextmanager`` function of the script: the body of the ``with`` runs at its ``yield``."""
    from ft_lint.interpreter.calls import run_function

    outer = m.scope, list(m.frames), list(m.calls)
    completion = None

    def body(given: Value) -> None:
        nonlocal completion
        within = m.scope, m.frames, m.calls
        m.scope, m.frames, m.calls = outer
        try:
            if target is not None:
                assign(m, target, given, node.items[index].context_expr)
            completion = _enter(m, node, index + 1)
        finally:
            m.scope, m.frames, m.calls = within

    target = node.items[index].optional_vars
    run_function(m, manager.function, manager.arguments, manager.node, body=body)
    return completion if completion is not None else _enter(m, node, index + 1)


def _try(m: Machine, node: ast.Try) -> Completion:
    """The body is taken to succeed; handlers are run for their facts, on a way of their own."""
    mark = m.store.mark()
    catching = [len(m.frames)] if any(_catches_refusals(m, handler) for handler in node.handlers) else []
    m.catching += catching
    models = {name: value for name, value in m.scope.names.items() if isinstance(value, Module)}
    with guarding(m, caught_by(node.handlers)):
        completion = run_block(m, node.body)
    del m.catching[len(m.catching) - len(catching) :]
    if completion is Completion.RAISE and node.handlers:
        m.store.undo(mark)
        completion = run_block(m, node.handlers[0].body)
    else:
        leave = []
        for handler in node.handlers:
            with m.aside():
                leave.append(_handle(m, handler) is Completion.EXIT or _leaves(handler))
        if not all(leave):
            _doubt(m, models)
    if completion is NEXT and node.orelse:
        completion = run_block(m, node.orelse)
    if node.finalbody:
        m.cleanups += 1
        try:
            last = run_block(m, node.finalbody)
        finally:
            m.cleanups -= 1
        completion = completion if last is NEXT else last
    return completion


def _doubt(m: Machine, models: dict[Any, Module]) -> None:
    """What the body of a ``try`` put in place of a model, e.g. a checkpoint, is there only where nothing was raised."""
    raised = Raised("an exception")
    for name, before in models.items():
        now = m.scope.names.get(name, MISSING)
        if now is not before:
            m.store.write(m.scope.names, name, gate(raised, before, now))


_REFUSALS = frozenset(f"builtins.{name}" for name in ("RuntimeError", "ValueError", "IndexError", "TypeError"))
"""What torch raises for operands that do not fit."""


def _expects(manager: ast.expr) -> bool:
    """Whether a ``with`` is a test's that expects an exception: ``pytest.raises(...)``, ``self.assertRaises(...)``."""
    match manager:
        case ast.Call(func=ast.Attribute(value=ast.Name("pytest"), attr="raises")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name("self"), attr="assertRaises" | "assertRaisesRegex")):
            return True
    return False


def _catches_refusals(m: Machine, handler: ast.ExceptHandler) -> bool:
    """Whether a handler names what torch raises and lets the script go on; ``except Exception`` says nothing."""
    if handler.type is None or _leaves(handler):
        return False
    caught = m.store.resolve(evaluate(m, handler.type))
    kinds = caught.values if isinstance(caught, Tuple) else (caught,)
    return any(isinstance(kind, Reference) and kind.path in _REFUSALS for kind in kinds)


def _leaves(handler: ast.ExceptHandler) -> bool:
    """Whether a handler raises in the end."""
    return isinstance(handler.body[-1], ast.Raise)


def _handle(m: Machine, handler: ast.ExceptHandler) -> Completion:
    m.path.append((Raised("an exception"), True))
    if handler.name is not None:
        bind_name(m, handler.name, m.unknown("an exception"), handler)
    completion = run_block(m, handler.body)
    m.path.pop()
    return completion


def _match(m: Machine, node: ast.Match) -> Completion:
    """Each case is a way of its own; which one is taken is not decided, but for constants."""
    subject = evaluate(m, node.subject)

    def way(index: int) -> Completion:
        if index == len(node.cases):
            return NEXT
        case = node.cases[index]
        verdict, condition = _fits(m, subject, case)
        if verdict is False:
            return way(index + 1)
        if verdict is True:
            return run_block(m, case.body)
        return fork(m, condition, lambda: run_block(m, case.body), lambda: way(index + 1))

    return way(0)


def _fits(m: Machine, subject: Value, case: ast.match_case) -> tuple[bool | None, Value]:
    match case.pattern:
        case ast.MatchValue(value=expression) if case.guard is None:
            return decide(m, binary(m, "Eq", subject, evaluate(m, expression), expression))
        case ast.MatchAs(pattern=None, name=None) if case.guard is None:
            return True, subject
    for name in _captured(case.pattern):
        bind_name(m, name, m.unknown("captured by a pattern"))
    return None, m.unknown("a pattern")


def _captured(pattern: ast.pattern) -> list[str]:
    found: list[str] = []
    for here in ast.walk(pattern):
        match here:
            case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                found.append(name)
            case ast.MatchMapping(rest=str() as name):
                found.append(name)
    return found


def _raise(m: Machine, node: ast.Raise) -> Completion:
    if node.exc is not None:
        evaluate(m, node.exc)
    match node.exc:
        case ast.Name("SystemExit") | ast.Call(func=ast.Name("SystemExit")) if not may_go_on(m):
            return Completion.EXIT
    return Completion.RAISE


def _assert(m: Machine, node: ast.Assert) -> Completion:
    """An assertion is taken to hold, but where a model surely refuses what it gets: settings may be otherwise."""
    verdict, condition = decide(m, evaluate(m, node.test))
    if verdict is None:
        m.store.assume(condition, True)
    return Completion.RAISE if verdict is False and m.running else NEXT


def _delete(m: Machine, node: ast.Delete) -> Completion:
    for target in node.targets:
        delete(m, target)
    return NEXT


def _global(m: Machine, node: ast.Global | ast.Nonlocal) -> Completion:
    if m.frames:
        m.frame.globals_.update(node.names)
    return NEXT


def _for(m: Machine, node: ast.For | ast.AsyncFor) -> Completion:
    return _go_through(m, node, evaluate(m, node.iter))


def _go_through(m: Machine, node: ast.For | ast.AsyncFor, given: Value) -> Completion:
    if (condition := way_of_parameters(m, given)) is not None:
        m.splits += 1
        try:
            return fork(m, condition, lambda: _go_through(m, node, given), lambda: _go_through(m, node, given))
        finally:
            m.splits -= 1
    completion = run_for(m, node, iterate(m, given, node.iter), run_block)
    if completion is NEXT and node.orelse:
        return run_block(m, node.orelse)
    return completion


def _while(m: Machine, node: ast.While) -> Completion:
    return run_while(m, node, lambda: decide(m, evaluate(m, node.test))[0], run_block)


_STATEMENTS: dict[type, Callable[[Machine, Any], Completion]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.If: _if,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    getattr(ast, "TryStar", ast.Try): _try,  # of Python 3.11
    ast.Match: _match,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Delete: _delete,
    ast.Global: _global,
    ast.Nonlocal: _global,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Break: lambda m, node: Completion.BREAK,
    ast.Continue: lambda m, node: Completion.CONTINUE,
    ast.FunctionDef: define_function,
    ast.AsyncFunctionDef: define_function,
    ast.ClassDef: define_class,
    ast.Import: run_import,
    ast.ImportFrom: run_import_from,
}
