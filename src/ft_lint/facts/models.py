"""Facts about models: built, changed, frozen, put into a mode, called."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ft_lint.facts.moment import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import Unknown, Value

if TYPE_CHECKING:
    from ft_lint.values.callables import Reference
    from ft_lint.values.module import Module
    from ft_lint.values.tensor import Parameter
    from ft_lint.values.training import Loader


@dataclass(frozen=True, slots=True, eq=False)
class ModelBuilt(Fact):
    """A model of a library was built: ``path`` names the function, ``arguments`` what it got."""

    model: Module
    path: str
    arguments: dict[str, Value]
    places: dict[str, ast.AST]


@dataclass(frozen=True, slots=True, eq=False)
class MemberMissing(Fact):
    """An enum of a library was asked for a member that it does not have: Python raises."""

    enum: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ModelRecognised(Fact):
    """Something unknown was used as only models are; it has been ``module`` all along."""

    module: Module


@dataclass(frozen=True, slots=True, eq=False)
class LayerReplaced(Fact):
    """A child module was assigned: ``old`` is what stood there (None: the name is new).

    ``building`` is true inside the owner's own ``__init__``; ``target`` is the text assigned to.
    """

    module: Module
    name: str
    old: Value | None
    new: Module
    building: bool
    target: str

    @property
    def written(self) -> ast.AST | None:
        """The node of the target, where the statement has one target alone."""
        targets: Sequence[ast.expr] = getattr(self.node, "targets", ())
        return targets[0] if len(targets) == 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class ChildRefused(Fact):
    """Something that is no module was to be a child: torch raises TypeError.

    ``target`` is the text assigned to, or the call that was to make a child of it; ``place`` is the node of ``value``
    and ``written`` its text.
    """

    module: Module
    value: Value
    target: str
    place: ast.AST | None
    written: str


@dataclass(frozen=True, slots=True, eq=False)
class ParameterReplaced(Fact):
    """A parameter was assigned to a module outside its ``__init__``."""

    module: Module
    name: str
    old: Value | None
    new: Parameter
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class ModelRebound(Fact):
    """A name that held one module was bound to another."""

    name: str
    old: Module
    new: Module


@dataclass(frozen=True, slots=True, eq=False)
class AttributeSet(Fact):
    """A plain attribute was set, e.g. ``model.fc.out_features = 10``: of a module, a parameter, a class of a library.

    ``trainable`` says of each parameter of the owner whether it requires grad then (None: unknown);
    it is filled for names that speak of gradients.
    """

    owner: Module | Parameter | Reference
    name: str
    value: Value
    owner_text: str
    building: bool
    trainable: tuple[bool | None, ...] = ()

    @property
    def place(self) -> ast.AST | None:
        """The node of the value."""
        return self.node.value if isinstance(self.node, ast.Assign | ast.AnnAssign) else None


@dataclass(frozen=True, slots=True, eq=False)
class ComparedInsteadOfSet(Fact):
    """``p.requires_grad == False`` as a statement: compares, and changes nothing."""

    owner: Module | Parameter
    name: str
    value: Value
    trainable: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MethodMentioned(Fact):
    """``model.eval`` as a statement: named, not called."""

    receiver: Value
    name: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Frozen(Fact):
    """Parameters had ``requires_grad`` set to False; ``changed`` are those that surely were trainable.

    ``building``: inside the ``__init__`` of an object.
    """

    parameters: tuple[Parameter, ...]
    changed: tuple[Parameter, ...]
    building: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Unfrozen(Fact):
    """Parameters had ``requires_grad`` set to True; ``changed`` are those that surely were frozen.

    ``building``: inside the ``__init__`` of an object; ``restores``: in a ``finally``, or to what it was before.
    """

    parameters: tuple[Parameter, ...]
    changed: tuple[Parameter, ...]
    building: bool = False
    restores: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NamesFiltered(Fact):
    """A loop over names of a model's parts tested each of ``names``; the node is the first test.

    ``passed`` says whether the tests told any name from the others.  ``missed`` would have happened for another name
    and happened for none of these.
    """

    names: tuple[str, ...]
    passed: bool
    missed: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Initialised(Fact):
    """Parameters were overwritten in place, by ``nn.init``, a tensor's method, ``reset_parameters`` or ``.data =``."""

    parameters: tuple[Parameter, ...]
    how: str


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted(Fact):
    """A parameter was changed in place by arithmetic, as those of a mean teacher are."""

    parameter: Parameter


@dataclass(frozen=True, slots=True, eq=False)
class ModeSet(Fact):
    """``module.train()`` or ``module.eval()``; ``training`` is None where the argument is unknown.

    ``undoes`` are sub-modules that had been put into evaluation mode on their own and now surely train again.
    """

    module: Module
    training: bool | None
    undoes: tuple[Module, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class UnseenModeSet(Fact):
    """``train()`` or ``eval()`` of something that we do not see: whatever model it is."""


@dataclass(frozen=True, slots=True, eq=False)
class ModuleMoved(Fact):
    """A module went, or may have gone, to another device: its parameters have other memory from then on."""

    module: Module


@dataclass(frozen=True, slots=True, eq=False)
class Forward(Fact):
    """A module was called.

    ``mode`` is the module's mode then, ``grad`` whether gradients were recorded (None: undecided),
    ``trainable`` its own or, for a model seen from outside, all its parameters that required grad,
    ``maybe`` those of which that is undecided, ``within`` the modules whose ``forward`` called it,
    ``inputs`` what it got and ``loaders`` where that came from, ``output`` what it gave.  ``registered`` says whether
    the module that called it surely or possibly has it in its tree; one that has not may keep it in a plain list, tuple
    or dict: under the attribute ``shelf``.
    """

    module: Module
    inputs: tuple[Value, ...]
    output: Value
    mode: Value
    grad: bool | None
    trainable: tuple[Parameter, ...]
    maybe: tuple[Parameter, ...]
    within: tuple[Module, ...]
    loaders: frozenset[Loader]
    registered: bool
    shelf: str
    no_grad: ast.AST | None = None
    """The innermost ``with torch.no_grad()`` around it."""
    drifting: tuple[Module, ...] = ()
    """Batch norms in it, itself among them, whose parameters are all frozen and whose statistics this pass updates."""
    open: bool = False
    """Whether something unseen may have changed what a parameter requires."""
    by_method: tuple[Module, ast.AST] | None = None
    """Outside any pass, the outermost module one of whose own methods called it and that call: ``model.loss(x, y)``."""
    noisy: bool = False
    """For the pass of a whole model: whether parts are in training mode, on one way at least, that compute otherwise in
    it."""

    @property
    def root(self) -> Module:
        """The outermost module whose ``forward`` this is part of."""
        return self.within[0] if self.within else self.module

    @property
    def call(self) -> ast.AST:
        """The call that asked for it: of a model's own method, else its own."""
        return self.by_method[1] if self.by_method is not None else self.node

    @property
    def method_of(self) -> Module | None:
        """The module by one of whose own methods it was called."""
        return self.by_method[0] if self.by_method is not None else None

    @property
    def sources(self) -> frozenset[Value]:
        """The loaders that its inputs came from, else something unknown that is called one and looped over here."""
        over = (one.over for one in self.moment.loops[-1:] if one.over_batches and isinstance(one.over, Unknown))
        return self.loaders or frozenset(over)


@dataclass(frozen=True, slots=True, eq=False)
class BuiltInForward(Fact):
    """A module was built while the ``forward`` of ``within`` ran, which was in ``mode`` then."""

    module: Module
    within: Module
    mode: Value


@dataclass(frozen=True, slots=True, eq=False)
class DropoutApplied(Fact):
    """A function that drops out was called: ``name`` is torch's.

    ``training`` is what decides whether it does, ``given`` whether the script says so itself; ``module`` is the module
    whose ``forward`` calls it, ``mode`` that one's mode, and ``receiver`` its name there.
    """

    name: str
    rate: Value
    training: Value
    given: bool
    module: Module | None
    mode: Value
    receiver: str | None
