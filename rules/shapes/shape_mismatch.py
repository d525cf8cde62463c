"""An operation gets tensors whose shapes do not go together.

What it does
------------
Follows shapes through sums, concatenations, matrix products, views and losses, and finds the one that torch refuses:
a skip connection of another size, a residual without its projection, positions for one token too few, a `view` after
`transpose`, a loss over sequences whose classes are not in dimension 1, class indices that are floats.

Why it matters
--------------
torch raises at the first batch that gets there; for odd image sizes only, or only in the branch that is rarely taken.

How to mend it
--------------
The message names both shapes. After `transpose` or `permute` use `reshape` (or `contiguous().view`); give a skip
connection the same size by padding, by an image size that all poolings divide, or by `output_padding`; for one class
per token, `criterion(logits.flatten(0, 1), labels.flatten())`.

What torch shows
----------------
`RuntimeError: Sizes of tensors must match except in dimension 1. Expected size 24 but got size 25`, `The size of
tensor a (17) must match the size of tensor b (16) at non-singleton dimension 1` or `view size is not compatible with
input tensor's size and stride`, raised by an expression on the reported line.

Known limits
------------
Unknown sizes and operations that are not modelled give no finding; neither does a `view` whose memory order is not
certain, e.g. after `scaled_dot_product_attention`. A cross-entropy over (N, L, C) with L equal to C is not refused.
Layers that do not fit are a rule of their own.

References
----------
https://github.com/qubvel-org/segmentation_models.pytorch/issues/57
https://github.com/PetrochukM/PyTorch-NLP/pull/90
https://github.com/sergeywong/cp-vton/issues/30
https://pytorch.org/docs/stable/notes/broadcasting.html
https://pytorch.org/docs/stable/generated/torch.Tensor.view.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.refusals import Cause, refusals
from ft_lint.rule import Evidence, Finding, Level, Rule

ABOUT_LOSSES = r"dtype|scalar type|reduction|can't be cast"
"""How torch speaks of targets that are of another kind, and of a reduction that there is not."""


class ShapeMismatch(Rule):
    """Shapes that do not go together."""

    code = "TUN705"
    level = Level.ERROR
    message = "torch refuses this: {why}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Operations, not layers, that refuse what they get."""
        for refused in refusals(facts, Cause.OPERATION):
            yield self.finding(refused, why=refused.why)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """An expression on this line raises, and the error speaks of sizes."""
        raised = run.exception
        if raised is None:
            return Evidence(False, "nothing raises")
        holds = raised.directly_at(line) and (raised.about_sizes or re.search(ABOUT_LOSSES, raised.message) is not None)
        shapes = {seen.name: str(seen.value) for seen in run.seen_at(line) if seen.kind == "shape"}
        return Evidence(holds, f"{raised.type}: {raised.message}", shapes)
