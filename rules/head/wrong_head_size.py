"""The new head's `in_features` is not the width that the backbone gives.

What it does
------------
Finds heads whose input size differs from the features that reach them: a literal copied from another architecture,
a head put before the pooling, a classifier that replaces more layers than one.

Why it matters
--------------
torch raises at the first forward pass: after the data was loaded, sometimes after the job waited for its GPU.

How to mend it
--------------
Read the size from the old head: `nn.Linear(model.fc.in_features, n)`; or look at the architecture's own head.

What torch shows
----------------
`RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x2048 and 512x5)`, raised in the layer that was built on
the reported line; the message names both sizes.

Known limits
------------
Backbones of unknown width are silent. A head behind the old head (`nn.Linear(1000, n)` on the logits) is legal. What
is wrong by a default of the command line alone is silent: who publishes a script ran it with numbers that fit.

References
----------
https://github.com/huggingface/pytorch-image-models/issues/1663
https://github.com/huggingface/pytorch-image-models/pull/1951
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.refusals import Cause, refusals
from ft_lint.rule import Evidence, Finding, Level, Rule


class WrongHeadSize(Rule):
    """A head that does not fit its backbone."""

    code = "TUN204"
    level = Level.ERROR
    whatever_is_set = True
    message = (
        "this head takes {takes} features and gets {gets}, so the first forward pass raises: "
        "read the size from the old head's `in_features`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """New heads that refuse what reaches them."""
        for refused in refusals(facts, Cause.HEAD):
            gets, takes = refused.sizes.get("gets"), refused.sizes.get("takes")
            if refused.module is not None and isinstance(gets, int) and isinstance(takes, int):
                yield self.finding(refused.module.node or refused.node, takes=takes, gets=gets)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A layer built here raises a RuntimeError that names the size that it takes and the one that it gets."""
        built = {event.module for event in run.at(line).of(observe.ModuleBuilt)}
        raised = run.exception
        if raised is None or raised.module not in built:
            return Evidence(False, "no layer built here raises" if built else "no layer is built here")
        refusal = run.of(observe.ModuleCalled).where(lambda call: call.raised and call.module == raised.module)[0]
        takes = refusal.weight[1] if refusal.weight and len(refusal.weight) > 1 else 0
        gets = refusal.inputs[0][-1] if refusal.inputs and refusal.inputs[0] else 0
        named = str(takes) in raised.message and str(gets) in raised.message
        holds = raised.type == "RuntimeError" and takes != gets and named
        return Evidence(holds, f"{raised.type}: {raised.message}", {"takes": takes, "gets": gets})
