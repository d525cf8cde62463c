"""A layer is not made for what reaches it.

What it does
------------
Follows shapes through a model and finds the layer whose channels or features are not those of its input: a batch
norm of another width than its convolution, a decoder that forgets the skip connection, a Linear behind a
bidirectional LSTM, images with channels last; and the pooling for which nothing is left.

Why it matters
--------------
torch raises at the first batch that gets there: after the data was loaded, or first in validation, or only in the
branch that is rarely taken.

How to mend it
--------------
Give the layer the number that the message names, best from the same variable as the layer before it; after `cat`
the sum, behind a bidirectional LSTM twice its `hidden_size`. Images with channels last need `permute(0, 3, 1, 2)`.

What torch shows
----------------
The layer that was built on the reported line raises: `RuntimeError: Given groups=1, weight of size [16, 32, 3, 3],
expected input[2, 48, 32, 32] to have 32 channels, but got 48 channels instead`, or `running_mean should contain 32
elements not 16`. The message names both numbers.

Known limits
------------
Where the size of the input is unknown, the channels and features that layers before it give are compared, and nothing
else; what goes into a convolution is taken for a batch. Operations that are not modelled give no finding. A Linear
behind a flattening, a new head on a pretrained backbone and one-channel images in a model for colour are rules of
their own. What is wrong by a default of the command line alone is silent: who publishes a script ran it with numbers
that fit.

References
----------
https://github.com/pytorch/pytorch/issues/9076
https://github.com/Namkyeong/BGRL_Pytorch/issues/1
https://github.com/ludwig-ai/ludwig/issues/1735
https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.refusals import Cause, refusals
from ft_lint.rule import Evidence, Finding, Level, Rule


class LayerMismatch(Rule):
    """A layer that does not fit its input."""

    code = "TUN704"
    level = Level.ERROR
    whatever_is_set = True
    message = (
        "this layer takes {takes} {unit} and gets {gets}, so torch raises at the first batch: "
        "build it for {gets}, or feed it {takes}"
    )
    REFUSES = "this layer refuses its input, so torch raises at the first batch: {why}"
    REFUSED = "torch refuses to build this layer: {why}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Layers that refuse what reaches them."""
        for refused in refusals(facts, Cause.LAYER):
            if refused.module is None or refused.module.node is None:
                continue
            gets, takes = refused.sizes.get("gets"), refused.sizes.get("takes")
            if isinstance(gets, int) and isinstance(takes, int):
                unit = "channels" if refused.operation in ("conv", "batch_norm") else "features"
                yield self.finding(refused.module.node, gets=gets, takes=takes, unit=unit)
            else:
                message = self.REFUSED if refused.node is refused.module.node else self.REFUSES
                yield self.finding(refused.module.node, message=message, why=refused.why)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A layer built here raises, and the error names what it takes and what it gets, or speaks of sizes."""
        raised, refusal = run.exception, run.refusal
        if raised is None or refusal is None:
            return Evidence(False, "no layer raises")
        if refusal.module not in run.modules_built_at(line):
            return Evidence(False, f"no layer built here raises, but a {refusal.kind} does")
        why = f"{raised.type}: {raised.message}"
        if refusal.takes is None or refusal.takes == refusal.gets:
            return Evidence(raised.about_sizes, why, {"layer": refusal.kind})
        figures: dict[str, float | int | str] = {
            "layer": refusal.kind, "takes": refusal.takes, "gets": refusal.gets or 0,
        }  # fmt: skip
        return Evidence(raised.names(refusal.takes, refusal.gets), why, figures)
