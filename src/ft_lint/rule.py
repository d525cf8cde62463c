"""What a rule is: its page, its question to the facts, its claim to torch.

A rule module ``rules/<family>/<mistake>.py`` holds one class; its docstring is the page that
``ft-lint explain`` prints.  The rule sees facts only, never syntax, and its claim sees a torch-free
record of a real run, so neither side imports torch.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import libcst as cst

    from ft_lint.facts import Fact, Facts
    from ft_lint.observe import Run


class Level(enum.Enum):
    """How sure and how loud a rule is.

    ``ERROR``: torch raises.  ``WARNING``: nothing is raised and the result is wrong.  Both are on by
    default.  ``ADVICE``: often right, not always; off unless asked for.
    """

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Applicability(enum.Enum):
    """What a fix may change.

    ``SAFE``: the program does what was surely meant.  ``UNSAFE``: it does something else, likely what was meant.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"


class Where(enum.Enum):
    """Where the new text of an edit goes: in place of a node, or on lines of its own before or after a statement."""

    INSTEAD = "instead"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Edit:
    """New text for one place.

    A rule gives ``node`` (of the file's tree) and ``new``, a text or a node that LibCST writes; no text removes the
    statement.  ``ft_lint.examine`` turns both into a range and a text, as a finding's node into its place: lines and
    columns count from 1, the end is the first character after it.
    """

    new: str | cst.CSTNode
    node: cst.CSTNode | None = field(default=None, compare=False, repr=False)
    where: Where = Where.INSTEAD
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend: ``title`` says in the imperative what it does; ``imports`` are statements that it needs at the top."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]
    imports: tuple[str, ...] = ()


def calling(call: cst.CSTNode | None, path: str) -> tuple[Edit, tuple[str, ...]] | None:
    """The edit that makes a call one of ``path`` (``torch.nn.CrossEntropyLoss``), with the import that it needs.

    ``nn.NLLLoss()`` keeps its owner; of a bare name the new one is imported.  None for what is no plain call.
    """
    import libcst as cst

    package, _, name = path.rpartition(".")
    match call:
        case cst.Call(func=cst.Attribute() as function):
            return Edit(function.with_changes(attr=cst.Name(name)), function), ()
        case cst.Call(func=cst.Name() as function):
            return Edit(name, function), (f"from {package} import {name}",)
    return None


def with_keyword(call: cst.CSTNode | None, name: str, value: str) -> Edit | None:
    """The edit that adds ``name=value`` to a call; None for what is no plain call."""
    import libcst as cst

    if not isinstance(call, cst.Call):
        return None
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    new = cst.Arg(cst.parse_expression(value), keyword=cst.Name(name), equal=equal)
    before = [arg.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))) for arg in call.args[-1:]]
    return Edit(call.with_changes(args=[*call.args[:-1], *before, new]), call)


def bound_to_its_owner(call: cst.CSTNode | None) -> Edit | None:
    """The edit that makes ``x.map(f)`` into ``x = x.map(f)``; None where ``x`` is no name or dotted name."""
    import libcst as cst

    match call:
        case cst.Call(func=cst.Attribute(value=(cst.Name() | cst.Attribute()) as owner)) if _is_dotted(owner):
            return Edit(cst.Assign([cst.AssignTarget(owner)], call), call)
    return None


def bound_to_its_argument(call: cst.CSTNode | None) -> Edit | None:
    """The edit that makes ``f(x, y)`` into ``x = f(x, y)``; None where ``x`` is no name or dotted name."""
    import libcst as cst

    match call:
        case cst.Call(args=[cst.Arg(value=(cst.Name() | cst.Attribute()) as first, star=""), *_]) if _is_dotted(first):
            return Edit(cst.Assign([cst.AssignTarget(first)], call), call)
    return None


def _is_dotted(node: cst.CSTNode) -> bool:
    import libcst as cst

    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def detached(place: cst.CSTNode) -> cst.CSTNode | None:
    """An expression, or an argument, with ``.detach()`` behind it; None for anything else."""
    import libcst as cst

    if isinstance(place, cst.Arg):
        inner = detached(place.value)
        return place.with_changes(value=inner) if inner is not None else None
    if not isinstance(place, cst.BaseExpression):
        return None
    plain = bool(place.lpar) or isinstance(place, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
    owner = place if plain else place.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(owner, cst.Name("detach")))


def calling_what_it_builds(call: cst.CSTNode | None, count: object) -> Edit | None:
    """The edit that makes ``Loss(a, b)`` into ``Loss()(a, b)``; None unless it has ``count`` arguments by position."""
    import libcst as cst

    if not isinstance(call, cst.Call) or any(argument.keyword or argument.star for argument in call.args):
        return None
    return Edit(cst.Call(call.func), call.func) if len(call.args) == count else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake at one place.

    ``values`` are what the message names (layer, sizes, learning rate ...); fixtures' markers are
    compared with them.  A rule fills ``node``; ``ft_lint.lint`` turns it into a position and drops
    it, so that what leaves the linter is plain data.  Lines and columns count from 1.
    """

    code: str
    name: str
    level: Level
    message: str
    values: Mapping[str, object]
    node: cst.CSTNode | None = field(default=None, compare=False, repr=False)
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    fix: Fix | None = None
    cell: int = 0
    """The cell of a notebook in which lines count (from 1); the edits of ``fix`` count in the whole program."""
    excerpt: tuple[str, ...] = field(default=(), compare=False)
    """The lines of the source that it is about, the first few."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What torch showed for one claim: whether it holds, and the figures that were seen.

    ``why`` is one short sentence for the table and for a failing test.
    """

    holds: bool
    why: str
    figures: Mapping[str, float | int | str] = field(default_factory=dict)


class Rule(ABC):
    """One mistake.  Subclasses give ``code``, ``level``, ``message``, ``check`` and ``claim``.

    ``applicability`` is that of the fixes which its findings bear; None where it offers none.
    """

    code: ClassVar[str]
    level: ClassVar[Level]
    message: ClassVar[str]
    applicability: ClassVar[Applicability | None] = None

    @classmethod
    def name(cls) -> str:
        """The rule's name in kebab case, which its module, class, page and fixtures share."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def family(cls) -> str:
        """The folder that the rule lives in, e.g. ``head``."""
        return cls.__module__.split(".")[-2]

    @classmethod
    def page(cls) -> str:
        """The rule's page: the docstring of its module."""
        return inspect.cleandoc(sys.modules[cls.__module__].__doc__ or "")

    @abstractmethod
    def check(self, facts: Facts) -> Iterator[Finding]:
        """The findings that the facts of one file give, in any order."""

    @abstractmethod
    def claim(self, run: Run, line: int) -> Evidence:
        """Whether the harm that this rule claims for ``line`` really happened in ``run``.

        The claim states the consequence (weights that never move, an exception, a mode), never the
        pattern again.
        """

    def finding(
        self,
        at: Fact | cst.CSTNode,
        *,
        level: Level | None = None,
        message: str | None = None,
        fix: Fix | None = None,
        **values: object,
    ) -> Finding:
        """A finding of this rule at a fact or a node; ``values`` fill the message's fields."""
        node: Any = getattr(at, "node", at)
        text = (message or self.message).format(**values)
        return Finding(self.code, self.name(), level or self.level, text, values, node, fix=fix)

    def fix(self, title: str, *edits: Edit, imports: tuple[str, ...] = ()) -> Fix | None:
        """A fix of this rule's class; None where an edit has no node to stand at."""
        if self.applicability is None or any(edit.node is None for edit in edits):
            return None
        return Fix(title, self.applicability, edits, imports)
