"""``ft-lint shapes``: what is known of each tensor of a script, line by line, and of each layer of its models."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ft_lint.facts import Facts
from ft_lint.facts.models import Forward
from ft_lint.interpreter.journal import Journal, journal_of
from ft_lint.source.problem import Problem
from ft_lint.syntax.parse import Parsed, parse
from ft_lint.syntax.positions import range_of
from ft_lint.values.base import Constant, Value, options
from ft_lint.values.containers import Tuple
from ft_lint.values.module import named_parameters, walk
from ft_lint.values.shape import Shape, is_named, product, show
from ft_lint.values.tensor import Parameter, Tensor


@dataclass(frozen=True, slots=True)
class Row:
    """A tensor that a line binds to a name (or returns); sizes are integers, texts such as ``B//2``, or None."""

    line: int
    name: str
    shape: tuple[int | str | None, ...] | None
    dtype: str | None

    def __str__(self) -> str:
        return f"{self.line}: {self.name} {shown(self.shape)}" + (f" {self.dtype}" if self.dtype else "")


@dataclass(frozen=True, slots=True)
class Layer:
    """One call of a layer: its dotted name in the model, its class, what it got and gave, its own weights."""

    name: str
    kind: str
    input: str
    output: str
    parameters: int | None


@dataclass(frozen=True, slots=True)
class Model:
    """The first pass through a model, called on ``line``: its layers in the order of their calls."""

    line: int
    kind: str
    layers: tuple[Layer, ...]
    parameters: int | None
    trainable: int | None


@dataclass(frozen=True, slots=True)
class Shapes:
    """All that is known of a file's tensors."""

    path: str
    tensors: tuple[Row, ...]
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A tensor that the statement on these lines (both from 1, both included) names, as it is after the statement."""

    line: int
    end_line: int
    name: str
    shape: tuple[int | str | None, ...] | None
    dtype: str | None


def shapes_of(text: str, path: str) -> Shapes:
    """The tensors and layers of a script.

    Where a line is run several times with several shapes, each is told once.  Raises SyntaxError with one clear
    line where the text does not parse.
    """
    return shapes_and_mentions(text, path)[0]


def shapes_and_mentions(text: str, path: str) -> tuple[Shapes, tuple[Mention, ...]]:
    """The same, with each tensor at every statement that names it.  Raises SyntaxError like ``shapes_of``."""
    parsed = parse(text, path, None)
    if isinstance(parsed, Problem):
        raise SyntaxError(str(parsed))
    machine, journal = journal_of(parsed.tree)
    rows = _rows(journal, list(machine.returned.values()))
    return Shapes(path, tuple(rows), tuple(_models(parsed, machine.facts))), tuple(_mentions(journal))


def as_text(shapes: Shapes) -> str:
    """Lines for people: tensors first, then a table for each model."""
    lines = [f"{shapes.path}:{row}" for row in shapes.tensors]
    for model in shapes.models:
        lines += ["", f"{shapes.path}:{model.line}: {model.kind}", *_table(model)]
    return "\n".join(lines)


def as_json(shapes: Shapes) -> str:
    """The same for programs: an object with ``path``, ``tensors`` and ``models``."""
    return json.dumps(asdict(shapes), indent=2)


def describe(tensor: Tensor) -> str:
    """A tensor's shape and dtype, ``?`` for what is not known."""
    shape = "?" if tensor.shape is None else show(tensor.shape)
    return f"{shape} {tensor.dtype}" if tensor.dtype else shape


def known_share(text: str, path: str) -> tuple[int, int]:
    """How many tensors that a script binds have a wholly known shape, and how many there are."""
    parsed = parse(text, path, None)
    if isinstance(parsed, Problem):
        return 0, 0
    _, journal = journal_of(parsed.tree)
    tensors = [e.value for e in journal.entries if isinstance(e.value, Tensor) and e.name in _targets(e.statement)]
    known = sum(1 for t in tensors if t.shape is not None and all(is_named(dim) for dim in t.shape))
    return known, len(tensors)


# --- tensors ------------------------------------------------------------------------------------


def _rows(journal: Journal, returned: list[tuple[ast.Return, Tensor]]) -> list[Row]:
    bound = {id(entry.statement): _targets(entry.statement) for entry in journal.entries}
    rows: dict[Row, None] = {}
    for entry in journal.entries:
        if entry.name in bound[id(entry.statement)]:
            for tensor in options(entry.value):
                if isinstance(tensor, Tensor):
                    rows[_row(entry.statement.lineno, entry.name, tensor)] = None
    for node, tensor in returned:
        rows[_row(node.lineno, "return", tensor)] = None
    return sorted(rows, key=lambda row: (row.line, row.name))


def _mentions(journal: Journal) -> Iterator[Mention]:
    found: dict[Mention, None] = {}
    for entry in journal.entries:
        first, last = entry.statement.lineno, entry.statement.end_lineno or entry.statement.lineno
        for tensor in options(entry.value):
            if isinstance(tensor, Tensor):
                shape = _plain(tensor.shape)
                found[Mention(first, last, entry.name, shape, tensor.dtype)] = None
    yield from found


def _row(line: int, name: str, tensor: Tensor) -> Row:
    return Row(line, name, _plain(tensor.shape), tensor.dtype)


def _plain(shape: Shape | None) -> tuple[int | str | None, ...] | None:
    if shape is None:
        return None
    return tuple(dim if isinstance(dim, int) else str(dim) if is_named(dim) else None for dim in shape)


def shown(shape: tuple[int | str | None, ...] | None) -> str:
    """A shape as people write it, ``?`` for what is not known."""
    if shape is None:
        return "?"
    dims = ["?" if dim is None else str(dim) for dim in shape]
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


def _targets(statement: ast.stmt) -> frozenset[str]:
    """The names that a statement binds."""
    return frozenset(_bound(statement))


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Assign(targets=targets):
            pending: list[ast.expr] = list(targets)
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            pending = [target]
        case _:
            return
    while pending:
        match pending.pop():
            case ast.Name(id=name):
                yield name
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                yield f"{owner}.{name}"
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                pending += [one.value if isinstance(one, ast.Starred) else one for one in elements]


# --- models -------------------------------------------------------------------------------------


def _models(parsed: Parsed, facts: Facts) -> Iterator[Model]:
    """The first pass through each model of the script that has layers."""
    inside: list[Forward] = []
    told: set[int] = set()
    for forward in facts.of(Forward):
        if forward.moment.run:
            continue
        if forward.within:
            inside.append(forward)
            continue
        calls, inside = [one for one in inside if one.root is forward.module], []
        if id(forward.module) not in told and (calls or forward.module.children):
            told.add(id(forward.module))
            yield _model(parsed, forward, calls)


def _model(parsed: Parsed, forward: Forward, calls: list[Forward]) -> Model:
    names = {id(module): name for name, module in walk(forward.module)}
    parameters = [parameter for _, parameter in named_parameters(forward.module)]
    trained = set(map(id, (p for one in (*calls, forward) for p in one.trainable)))
    rows = [_layer(one, names.get(id(one.module), "")) for one in (*calls, forward)]
    kind = forward.module.kind.rpartition(".")[2]
    trainable = [parameter for parameter in parameters if id(parameter) in trained]
    return Model(range_of(forward.node, parsed).line, kind, tuple(rows), _count(parameters), _count(trainable))


def _layer(forward: Forward, name: str) -> Layer:
    own = [value for value in forward.module.parameters.values() if isinstance(value, Parameter)]
    inputs = ", ".join(_told(value) for value in forward.inputs if not isinstance(value, Constant))
    return Layer(name, forward.module.kind.rpartition(".")[2], inputs, _told(forward.output), _count(own))


def _told(value: Value) -> str:
    match value:
        case Tensor(shape=shape):
            return shown(_plain(shape))
        case Tuple(values, True):
            return f"({', '.join(map(_told, values))})"
    return "?"


def _count(parameters: list[Parameter]) -> int | None:
    """How many numbers some parameters hold; None where a size is unknown."""
    total = 0
    for parameter in parameters:
        size = product(parameter.shape) if parameter.shape is not None and not parameter.rest else None
        if not isinstance(size, int):
            return None
        total += size
    return total


_HEAD = ("layer", "type", "input", "output", "parameters")


def _table(model: Model) -> Iterator[str]:
    rows = [_HEAD]
    rows += [(one.name or "(whole)", one.kind, one.input, one.output, _number(one.parameters)) for one in model.layers]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        yield "  ".join(["  " + cells[0], *cells[1:], row[-1].rjust(widths[-1])])
    yield f"  parameters: {_number(model.parameters)}, with gradients in this pass: {_number(model.trainable)}"


def _number(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"
