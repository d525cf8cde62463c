"""Weights of another architecture, or a member that the weights enum does not have, are refused by torchvision.

What it does
------------
Finds `weights=` of torchvision's model builders that belong to another model, or that are a text which names none of
the model's weights; and members that an enum such as `ResNet18_Weights` does not have.

Why it matters
--------------
Each builder takes members of its own enum, or their names, and raises for all else.

How to mend it
--------------
Take a member of the model's own enum: `resnet18(weights=ResNet18_Weights.DEFAULT)`, or its name, `weights="DEFAULT"`.

What torch shows
----------------
`TypeError: Invalid Weight class provided; expected ResNet18_Weights but received ResNet50_Weights.`, `KeyError:
'imagenet'`, or `AttributeError: IMAGENET1K_V3`.

Known limits
------------
The names are those of the torchvision that the tables were read from; one that a later version adds is unknown here.
Quantized models, which take weights of two enums, and timm's names are not judged. The enum itself (without a
member) is taken for an old `pretrained=True`, with a warning.

References
----------
https://pytorch.org/vision/stable/models.html
https://pytorch.org/blog/introducing-torchvision-new-multi-weight-support-api/
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import MemberMissing, ModelBuilt
from ft_lint.library.torchvision.models import refused_weights
from ft_lint.library.torchvision.models.table import TorchvisionArchitecture
from ft_lint.rule import Evidence, Finding, Level, Rule


class WrongWeights(Rule):
    """Weights that the model does not have."""

    code = "TUN106"
    level = Level.ERROR
    message = "`{model}` takes members of `{enum}` or their names, and torchvision raises for {got}: it has {members}"
    message_missing = "`{enum}` has no member `{got}`, so this raises: it has {members}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Weights that a builder refuses, and members that are not there."""
        for built in facts.of(ModelBuilt):
            got, found = refused_weights(built), built.model.architecture
            if got is None or not isinstance(found, TorchvisionArchitecture):
                continue
            yield self.finding(
                built,
                model=built.path.rpartition(".")[2],
                enum=found.weights_enum,
                got=got,
                members=", ".join(f"`{member.name}`" for member in found.weights),
            )
        for missing in facts.of(MemberMissing):
            members = ", ".join(f"`{name}`" for name in missing.members)
            yield self.finding(
                missing, message=self.message_missing, enum=missing.enum, got=missing.name, members=members
            )

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torchvision, or the enum, refuses the weights at this line."""
        raised = run.exception
        if raised is None or not raised.at(line):
            return Evidence(False, "nothing raises here")
        holds = (raised.type == "TypeError" and "Invalid Weight class" in raised.message) or raised.type in (
            "KeyError",
            "AttributeError",
        )
        return Evidence(holds, f"{raised.type}: {raised.message}")
