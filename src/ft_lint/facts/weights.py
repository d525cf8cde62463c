"""Facts about weights that are kept, written to files and loaded."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ft_lint.facts.moment import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import Value, is_none, options
from ft_lint.values.training import StateDict

if TYPE_CHECKING:
    from ft_lint.values.module import Module
    from ft_lint.values.tensor import Parameter


@dataclass(frozen=True, slots=True, eq=False)
class StateDictLoaded(Fact):
    """``module.load_state_dict(state)``: ``result`` are the keys that did not fit.

    ``receiver`` is the module as written and ``written`` the state, whose node is ``place``; ``parameters`` are the
    module's own then.
    """

    module: Module
    receiver: str
    state: Value
    strict: Value
    result: Value
    parameters: tuple[Parameter, ...]
    place: ast.AST | None
    written: str

    @property
    def gave_back(self) -> bool:
        """Whether the module gets back weights of its own, the best of its training; a way without any raises."""
        states = [state for state in options(self.state) if not is_none(state)]
        own = [one for one in states if isinstance(one, StateDict) and one.module is self.module]
        return len(own) == len(states) > 0 and not any("altered" in one.fields for one in own)


@dataclass(frozen=True, slots=True, eq=False)
class Saved(Fact):
    """``torch.save(value, path)``; ``place`` is the node of ``value``, ``written`` its text."""

    value: Value
    path: Value
    place: ast.AST | None
    written: str


@dataclass(frozen=True, slots=True, eq=False)
class StateDictKept(Fact):
    """A state dict was given a name, alone or as an entry of a dict or the like."""

    state: StateDict
    in_record: bool


@dataclass(frozen=True, slots=True, eq=False)
class BestModelNamed(Fact):
    """``best_model = model`` in a loop: another name for the same model, which is read again behind the loop."""

    module: Module
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class StateDictUsed(Fact):
    """A state dict that is the module's own memory was loaded, saved or returned to a caller who is not seen.

    Where that is not ``sure``, it is a copy on other ways.
    """

    state: StateDict
    how: str
    sure: bool


@dataclass(frozen=True, slots=True, eq=False)
class LoadingSkipped(Fact):
    """The default of a setting decides a branch, on whose other way weights are loaded into a module; None: unknown."""

    module: Module | None
