"""The place of a call, and what a library function may do there."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ft_lint.facts import Fact
from ft_lint.library.tracing import batch_behind, graph_of
from ft_lint.light import dataclass, replace
from ft_lint.syntax.written import source_of
from ft_lint.values.base import Constant, Unknown, Value, integer, truth
from ft_lint.values.shape import Dim, Shape, unknown_dim
from ft_lint.values.tensor import Dimension, Tensor, TensorShape, shape_of

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine
    from ft_lint.interpreter.signature import Arguments
    from ft_lint.values.module import Module

F = TypeVar("F", bound=Fact)


class Refused(Exception):
    """torch raises for these shapes.

    ``operation`` is torch's name, ``why`` says it in a phrase, ``sizes`` are the numbers that clash.
    """

    since = ""
    """The first release of torch that raises, where older ones are known not to."""

    def __init__(self, operation: str, why: str, input: Value, **sizes: object) -> None:
        super().__init__(why)
        self.operation, self.why, self.input, self.sizes = operation, why, input, sizes


class RefusedSince(Refused):
    """The same for what torch raises from a release on, ``0.5``."""

    def __init__(self, since: str, operation: str, why: str, input: Value) -> None:
        super().__init__(operation, why, input)
        self.since = since


@dataclass(frozen=True, slots=True)
class Site:
    """One call of a library function: the machine, the node, what was passed."""

    m: Machine
    node: ast.AST
    arguments: Arguments
    function: Callable[..., Any] | None
    module: Module | None

    def emit(self, kind: type[F], /, **what: Any) -> F:
        """Write down a fact at this call."""
        return self.m.emit(kind, self.node, **what)

    def unknown(self, why: str, *touched: Value) -> Unknown:
        """Ignorance at this call."""
        return self.m.unknown(why, self.node, *touched)

    @property
    def receiver(self) -> str:
        """What a method is called on, as the script has it."""
        return source_of(self.node).partition("(")[0].rpartition(".")[0]

    def value_of(self, name: str) -> ast.AST | None:
        """The expression that is passed for a parameter, without its keyword; None where it is not written out."""
        return passed(self.places().get(name))

    def written(self, name: str) -> str:
        """The text of that expression."""
        return source_of(self.value_of(name))

    def places(self) -> dict[str, ast.AST]:
        """The nodes of the arguments by the names of the parameters that they fill."""
        from ft_lint.interpreter.signature import place_of, signature_of

        if self.function is None:
            return {str(key): node for key, node in self.arguments.places.items() if isinstance(key, str)}
        names = list(signature_of(self.function).parameters)
        found = ((name, place_of(self.function, 1, self.arguments, name)) for name in names)
        return {name: node for name, node in found if node is not None}

    def result(self, shape: Shape | None, *inputs: Any, dtype: str | None = None, keep: bool = False) -> Tensor:
        """A tensor computed from ``inputs``: it depends on what they depend on.

        ``keep`` also keeps the activation, flattening and features of the first input, for operations
        that leave the values as they are.
        """
        graph, certain = graph_of(inputs)
        grad = truth(self.m.store.resolve(self.m.state["grad"]))
        switch = None
        if grad is False:
            switch = self.m.state.get("grad switch") if graph else None
            graph, certain = frozenset(), True
        elif grad is None:
            certain = False
        tensors = [value for value in inputs if isinstance(value, Tensor)]
        if not tensors:
            behind = batch_behind(inputs)
            return Tensor(shape=shape, dtype=dtype, graph=graph, certain=certain, batch_of=behind, ungraded=switch)
        first, *others = tensors
        kept = first if keep else None
        same_rows = bool(shape and first.shape) and shape[0] == first.shape[0]  # type: ignore[index]
        same_shape = shape is not None and shape == first.shape
        made = Tensor(
            shape=shape,
            dtype=dtype or first.dtype,
            graph=graph,
            certain=certain,
            activation=kept.activation if kept else None,
            flattening=kept.flattening if kept else None,
            features_of=kept.features_of if kept else None,
            affine=kept.scores if kept else None,
            given_by=kept.given_by if kept else None,
            prepared=kept.prepared if kept else None,
            labels=kept.labels if kept else None,
            counts=kept.counts if kept else None,
            batch_of=first.batch_of,
            cut=first.cut,
            cut_graph=first.cut_graph,
            folding=first.folding if same_rows else None,
            answer_of=first.answer_of if same_shape else None,
            ungraded=switch or first.ungraded,
            rescaled=first.rescaled,
            assumed=first.assumed,
            scaled=first.scaled,
        )
        return functools.reduce(_along_with, others, made)

    def alike(self, input: Value, *, dtype: str | None = None, keep: bool = False) -> Tensor:
        """A tensor computed from ``input`` that has the same shape."""
        made = self.result(shape_of(input), input, dtype=dtype, keep=keep)
        if not isinstance(input, Tensor) or (input.width is None and input.given_by is None):
            return made
        return replace(made, width=input.width, steps=input.steps, given_by=input.given_by)


def _along_with(made: Tensor, other: Tensor) -> Tensor:
    """A tensor into which another one went, too."""
    return replace(
        made,
        batch_of=made.batch_of if made.batch_of is not None else other.batch_of,
        cut=made.cut if made.cut is not None else other.cut,
        cut_graph=made.cut_graph | other.cut_graph,
        ungraded=made.ungraded if made.ungraded is not None else other.ungraded,
        rescaled=made.rescaled or other.rescaled,
        assumed=made.assumed and other.assumed,
        scaled=made.scaled if made.scaled is not None else other.scaled,
    )


def undivided(function: Callable[..., Any]) -> Callable[..., Any]:
    """A library function that takes what may be one of several as it is: whatever it loads, a loader is one loader."""
    function.undivided = True  # type: ignore[attr-defined]
    return function


def builds(function: Callable[..., Any]) -> Callable[..., Any]:
    """A class method that builds an object of a class of the script's own, and is given that class in front."""
    function.builds = True  # type: ignore[attr-defined]
    return function


def passed(argument: ast.AST | None) -> ast.AST | None:
    """The expression that an argument passes, without its keyword."""
    return argument.value if isinstance(argument, ast.keyword) else argument


def dim_of(value: Value | None) -> Dim:
    """A dimension given as an argument: an integer, a dimension of a tensor, else a fresh unknown one."""
    match value:
        case Dimension(dim):
            return dim
        case Constant(bool()):
            return unknown_dim()
        case Constant(int() as found):
            return found
    return unknown_dim()


def dims_of(at: Site, value: Value | None) -> list[Dim] | None:
    """A size given as a tuple, list or shape; None where its length is unknown."""
    from ft_lint.interpreter.items import items_of

    match value:
        case TensorShape(shape):
            return list(shape)
        case Constant(int()) | Dimension():
            return [dim_of(value)]
    items = items_of(at.m, value) if value is not None else None
    return [dim_of(item) for item in items.values] if items is not None and items.complete else None


def sizes(at: Site, given: tuple[Value, ...]) -> list[Dim] | None:
    """A size given as ``f(2, 3)`` or ``f((2, 3))``; None where its length is unknown, e.g. behind a ``*``."""
    if not at.arguments.complete:
        return None
    if len(given) == 1 and not isinstance(given[0], Constant | Dimension):
        return dims_of(at, given[0])
    return [dim_of(value) for value in given]


def axis_of(value: Value | None, rank: int) -> int | None:
    """A ``dim=`` argument as a position in ``range(rank)``; None where unknown or out of range."""
    found = integer(value)
    if found is None or not -rank <= found < rank:
        return None
    return found % rank
