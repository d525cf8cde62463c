"""A flattening swallows the batch.

What it does
------------
Finds `torch.flatten(x)`, `x.view(1, -1)`, `x.view(-1)` and `nn.Flatten(0)` on a batch, whose result then reaches a
layer or a loss that takes one row for each sample.

Why it matters
--------------
The whole batch becomes one long row. torch raises in the next layer, with a number of features that no layer of the
model has; code that was tried on a single image works, and fails in training.

How to mend it
--------------
Keep the first dimension: `torch.flatten(x, 1)`, `x.view(x.size(0), -1)`, `nn.Flatten()`.

What torch shows
----------------
The flattening on the reported line gets n samples and gives one row, and what comes behind it raises: `RuntimeError:
mat1 and mat2 shapes cannot be multiplied (1x9216 and 2304x64)`. The message names the size of the whole batch.

Known limits
------------
Outputs and targets that are flattened together for a loss or a score, a single sample, and weights are silent. What
is wrong by a default of the command line alone is silent: who publishes a script ran it with numbers that fit.

References
----------
https://github.com/udacity/P1_Facial_Keypoints/issues/2
https://github.com/mrdbourke/pytorch-deep-learning/issues/120
https://pytorch.org/docs/stable/generated/torch.flatten.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.refusals import Cause, refusals
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.shape import show
from ft_lint.values.tensor import Tensor


class BatchFlattened(Rule):
    """A batch that becomes one row."""

    code = "TUN703"
    level = Level.ERROR
    whatever_is_set = True
    message = "this makes one row of the whole batch, {before} becomes {after}, and torch raises: keep it with `{mend}`"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Flattenings of a batch that the next layer or loss refuses."""
        for refused in refusals(facts, Cause.BATCH_FLATTENED):
            folding = refused.input.folding if isinstance(refused.input, Tensor) else None
            if folding is not None and folding.before[0] != 1:
                mend = "torch.flatten(x, 1)" if len(folding.after) == 1 else "x.view(x.size(0), -1)"
                yield self.finding(folding.node, before=show(folding.before), after=show(folding.after), mend=mend)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A batch becomes one row here, and what comes behind it raises with the size of the whole batch."""
        raised = run.exception
        flattened = [(given, made) for given, made in _flattenings(run, line) if given[0] > 1 and _is_one_row(made)]
        if not flattened:
            return Evidence(False, "no batch becomes one row here")
        given, made = flattened[-1]
        figures = {"samples": given[0], "values in the row": made[-1]}
        if raised is None:
            return Evidence(False, "nothing raises", figures)
        return Evidence(raised.about_sizes and raised.names(made[-1]), f"{raised.type}: {raised.message}", figures)


def _flattenings(run: observe.Run, line: int) -> Iterator[tuple[observe.Shape, observe.Shape]]:
    """What was flattened on a line, or by a layer built there, and what came out."""
    built = run.modules_built_at(line)
    for call in run.of(observe.ModuleCalled).where(lambda call: call.module in built and call.kind == "Flatten"):
        yield call.inputs[0], call.outputs[0]
    for view in run.at(line).of(observe.Reshaped).where(lambda view: bool(view.input) and view.directly_at(line)):
        yield view.input, view.output


def _is_one_row(shape: observe.Shape) -> bool:
    return len(shape) in (1, 2) and math.prod(shape) == shape[-1]
