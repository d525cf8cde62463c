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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ft_lint.light import dataclass

if TYPE_CHECKING:
    import ast

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
    """Where the new text of an edit goes: in place of a node, right behind it, or on lines of its own around it."""

    INSTEAD = "instead"
    BEHIND = "behind"
    BEFORE = "before"
    AFTER = "after"


Rewrite: TypeAlias = "Callable[[cst.CSTNode], cst.CSTNode | None]"
"""Makes the new node from LibCST's own for the place; None where it cannot, and then there is no fix."""


@dataclass(frozen=True, slots=True)
class Edit:
    """New text for one place.

    A rule gives ``node`` (of the file's tree) and ``new``: a text, another node of the tree, which is written as it
    stands there, or how to rewrite this one; no text removes the statement.  ``ft_lint.fix`` turns both into a range
    and a text: lines and columns count from 1, the end is the first character after it.
    """

    new: str | ast.AST | Rewrite
    node: ast.AST | None = field(default=None, compare=False, repr=False)
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake at one place.

    ``values`` are what the message names (layer, sizes, learning rate ...); fixtures' markers are
    compared with them.  A rule fills ``node``; ``ft_lint.examine`` turns it into a position and drops
    it, so that what leaves the linter is plain data.  Lines and columns count from 1.
    """

    code: str
    name: str
    level: Level
    message: str
    values: Mapping[str, object]
    node: ast.AST | None = field(default=None, compare=False, repr=False)
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

    ``applicability`` is that of the fixes which its findings bear; None where it offers none.  ``whatever_is_set``:
    its findings must hold for other numbers on the command line than the defaults, too, since who publishes a program
    ran it with numbers that torch did not refuse.
    """

    code: ClassVar[str]
    level: ClassVar[Level]
    message: ClassVar[str]
    applicability: ClassVar[Applicability | None] = None
    whatever_is_set: ClassVar[bool] = False

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
        at: Fact | ast.AST,
        *,
        level: Level | None = None,
        message: str | None = None,
        fix: Fix | None = None,
        **values: object,
    ) -> Finding:
        """A finding of this rule at a fact or a node; ``values`` fill the message's fields.

        An unknown size, which bears a number to be told from others, is shown as ``?``.
        """
        node: Any = getattr(at, "node", at)
        text = re.sub(r"\?\d+", "?", (message or self.message).format(**values))
        return Finding(self.code, self.name(), level or self.level, text, values, node, fix=fix)

    def fix(self, title: str, *edits: Edit, imports: tuple[str, ...] = ()) -> Fix | None:
        """A fix of this rule's class; None where an edit has no node to stand at."""
        if self.applicability is None or any(edit.node is None for edit in edits):
            return None
        return Fix(title, self.applicability, edits, imports)
