"""torchvision refuses `weights=` together with another `num_classes` than the weights have.

What it does
------------
Finds calls of torchvision's model builders that ask for published weights and for a number of classes that those
weights do not have.

Why it matters
--------------
The last layer of the weights has one row for each of their classes, so the builder raises before anything is loaded.

How to mend it
--------------
Build the model without `num_classes` and put a new head in: `model.fc = nn.Linear(model.fc.in_features, 10)`.

What torch shows
----------------
`ValueError: The parameter 'num_classes' expected value 1000 but got 10 instead.` (21 for segmentation, 91 for
detection, 400 for video).

Known limits
------------
timm's `create_model(pretrained=True, num_classes=10)` makes a new head and is right; so is `weights_backbone=` beside
`num_classes=`. A number that the script reads from its data is not known here.

References
----------
https://github.com/pytorch/vision/issues/3547
https://github.com/pytorch/vision/issues/2919
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import ModelBuilt
from ft_lint.library.torchvision.models import refused_classes
from ft_lint.rule import Evidence, Finding, Level, Rule


class NumClassesWithWeights(Rule):
    """Weights of another number of classes."""

    code = "TUN104"
    level = Level.ERROR
    message = (
        "the weights of `{model}` have {expected} classes, so torchvision raises for `num_classes={num_classes}`: "
        "leave it out and replace the head afterwards (`{head}`)"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Builders that get weights and another number of classes."""
        for built in facts.of(ModelBuilt):
            refused = refused_classes(built)
            if refused is None:
                continue
            heads = built.model.architecture.heads if built.model.architecture is not None else ()
            yield self.finding(
                built,
                model=built.path.rpartition(".")[2],
                expected=refused[0],
                num_classes=refused[1],
                head=heads[0].path if heads else "the last layer",
            )

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torchvision raises here, and names the number of classes that the weights have."""
        raised = run.exception
        if raised is None or not raised.at(line):
            return Evidence(False, "torchvision does not raise here")
        holds = raised.type == "ValueError" and "'num_classes' expected value" in raised.message
        return Evidence(holds, f"{raised.type}: {raised.message}")
