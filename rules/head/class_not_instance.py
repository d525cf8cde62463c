"""A class such as `nn.Identity` where a layer belongs: torch takes objects only.

What it does
------------
Finds classes of modules that are assigned to the name of a layer, or given to `nn.Sequential`, `nn.ModuleList` and
`add_module`, without being called.

Why it matters
--------------
A class is no module: it has no parameters and cannot be run. torch raises at the assignment.

How to mend it
--------------
Add the parentheses: `model.fc = nn.Identity()`.

What torch shows
----------------
`TypeError: cannot assign 'torch.nn.modules.linear.Identity' as child module 'fc' (torch.nn.Module or None expected)`,
or `TypeError: torch.nn.modules.activation.ReLU is not a Module subclass`.

Known limits
------------
A class under a name that holds no layer yet (`self.norm_layer = nn.BatchNorm2d`) is a plain attribute, and right.

References
----------
https://pytorch.org/docs/stable/generated/torch.nn.Identity.html
https://pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import filled
from ft_lint.facts import Facts
from ft_lint.facts.models import ChildRefused
from ft_lint.library import needs_no_arguments
from ft_lint.rule import Applicability, Evidence, Finding, Fix, Level, Rule
from ft_lint.values.base import Value
from ft_lint.values.callables import Class, Reference


class ClassNotInstance(Rule):
    """A class in place of a layer."""

    code = "TUN207"
    level = Level.ERROR
    message = "`{layer}` is a class, not a layer, so torch raises here: make an object of it, `{layer}(...)`"
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Classes that were to be layers."""
        for refused in facts.of(ChildRefused):
            name = _class_name(refused.value)
            if name is not None:
                yield self.finding(refused, layer=name, fix=self._called(refused))

    def _called(self, refused: ChildRefused) -> Fix | None:
        """The class called, where it can be called without arguments."""
        if not isinstance(refused.value, Reference) or not needs_no_arguments(refused.value.path):
            return None
        return self.fix(f"write `{refused.written}()`", filled("_()", refused.place))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch refuses the class at this line."""
        raised = run.exception
        if raised is None or not raised.at(line):
            return Evidence(False, "torch takes what it gets here")
        told = "as child module" in raised.message or "is not a Module subclass" in raised.message
        return Evidence(raised.type == "TypeError" and told, f"{raised.type}: {raised.message}")


def _class_name(value: Value) -> str | None:
    match value:
        case Reference(path):
            return path.rpartition(".")[2]
        case Class(name):
            return name
    return None
