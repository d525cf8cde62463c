"""`pretrained=` of torchvision's model builders is deprecated and hides which weights are loaded.

What it does
------------
Finds calls of torchvision's model builders that are given `pretrained` (by keyword or as the first argument),
whatever its value.

Why it matters
--------------
Since torchvision 0.13 a builder takes `weights=`. `pretrained=True` still means the oldest weights,
`IMAGENET1K_V1` for classifiers, although better ones exist for many architectures, and it is announced to be removed.

How to mend it
--------------
Name the weights: `resnet18(weights="IMAGENET1K_V1")` loads exactly what `pretrained=True` loaded,
`weights="DEFAULT"` the best that there are. `pretrained=False` becomes `weights=None`.

What torch shows
----------------
The call warns twice: that the parameter `pretrained` is deprecated (`Arguments other than a weight enum or None for
'weights' are deprecated` for a positional `True`), and what `weights=` would be equivalent.

Known limits
------------
timm's `create_model(pretrained=True)` and builders of one's own are no concern of this rule. What a variable or an
argument holds is not written out by the fix: another file may pass something else. What a handler of exceptions
falls back to is mostly meant for an older torchvision, and silent; so are projects that ask for torchvision before
0.13, or for the torch before 1.12 that goes with it.

References
----------
https://pytorch.org/vision/stable/models.html
https://pytorch.org/blog/introducing-torchvision-new-multi-weight-support-api/
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, Targets
from ft_lint.facts.models import ModelBuilt
from ft_lint.library.releases import may_be_since
from ft_lint.library.site import passed
from ft_lint.library.torchvision.models.table import TorchvisionArchitecture
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule

DEPRECATED = r"'(pretrained|weights)'.*deprecated"


class DeprecatedPretrained(Rule):
    """`pretrained=` is deprecated."""

    code = "TUN105"
    level = Level.WARNING
    message = (
        "`pretrained=` of `{function}` is deprecated and means the oldest weights: "
        'write `weights="{weights}"` for the same weights, `weights="DEFAULT"` for the best'
    )

    message_none = "`pretrained=` of `{function}` is deprecated: write `weights=None` for a model without weights"
    message_open = (
        "`pretrained=` of `{function}` is deprecated: pass `weights=`, "
        '"{weights}" for the weights that `True` means, `None` for a model without'
    )
    message_never = (
        "`pretrained=` of `{function}` is deprecated, and `True` raises ValueError, as this model had no weights then: "
        'write `weights="DEFAULT"` for those of today'
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Calls of torchvision builders with `pretrained`, where the project admits a torchvision that takes more."""
        for built in facts.of(ModelBuilt):
            architecture = built.model.architecture
            if built.moment.in_handler:  # what an older torchvision falls back to
                continue
            if not isinstance(architecture, TorchvisionArchitecture) or "pretrained" not in built.arguments:
                continue
            if _takes_weights(facts.targets):
                weights = architecture.legacy_weights or "DEFAULT"
                wanted = _written(built)
                never = wanted is not False and not architecture.legacy_weights
                fix = None if never else self._same_weights(built, wanted, weights)
                message = {True: None, False: self.message_none, None: self.message_open}[wanted]
                message = self.message_never if never else message
                function = built.path.rpartition(".")[2]
                yield self.finding(built, message=message, function=function, weights=weights, fix=fix)

    def _same_weights(self, built: ModelBuilt, wanted: bool | None, weights: str) -> Fix | None:
        """`weights=` with what a constant `pretrained=` means; other values are the script's to decide."""
        place = built.places.get("pretrained")
        if wanted is None or place is None:
            return None
        new = f'weights="{weights}"' if wanted else "weights=None"
        return self.fix(f"write `{new}`", Edit(new, place))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The library warns at this line that the argument is deprecated, or refuses it for want of such weights."""
        raised = run.exception
        if raised is not None and raised.directly_at(line) and "No weights available" in raised.message:
            return Evidence(True, f"torchvision raises: {raised.message}", {"raises": raised.type})
        warned = run.at(line).of(observe.WarningIssued).where(lambda w: bool(re.search(DEPRECATED, w.text)))
        why = f"torchvision warns: {warned[0].text.split(',')[0]}" if warned else "torchvision does not warn here"
        return Evidence(bool(warned), why, {"warnings": len(warned)})


def _takes_weights(targets: Targets) -> bool:
    """Whether the project admits a torchvision with `weights=`; torch 1.12 goes with its 0.13."""
    return may_be_since("torchvision", "0.13", targets) and may_be_since("torch", "1.12", targets)


def _written(built: ModelBuilt) -> bool | None:
    """What is passed, where the call has it written out: others may call a function around it with something else."""
    match passed(built.places.get("pretrained")):
        case ast.Constant(bool() as value):
            return value
    return None
