"""A `view(-1, N)` with the wrong N changes the size of the batch.

What it does
------------
Finds `view` and `reshape` with -1 for the batch whose N is not the number of values in a sample: an N copied from
another image size, a pooling that leaves more than one pixel, three channels where one was meant.

Why it matters
--------------
-1 takes what is left, so that 32 samples of 400 values become 50 rows of 256, each with parts of two samples. torch
raises later and elsewhere, when the loss compares 50 outputs with 32 labels; without labels (features, embeddings,
autoencoders) nothing is raised at all, and where the numbers do not divide, the view itself raises.

How to mend it
--------------
Keep the batch and let torch find the rest: `torch.flatten(x, 1)` or `x.view(x.size(0), -1)`. A layer behind it that
does not fit then raises at once and names both sizes. For one value per channel pool first, `adaptive_avg_pool2d`.

What torch shows
----------------
The view on the reported line gets n samples and gives another number of rows, whose boundaries are not those of the
samples; or `ValueError: Expected input batch_size (50) to match target batch_size (32)`, or `RuntimeError: shape
'[-1, 2400]' is invalid for input of size 8320` at the view.

Known limits
------------
Folding whole dimensions is right and silent: one row for each token (`logits.view(-1, vocab)`), for each crop or
frame, for each picture of some of the channels (`features.view(-1, 3, height, width)`); it is reported only where a
loss then refuses the number of rows. What is wrong by a default of the command line alone is silent: who publishes a
script ran it with numbers that fit.

References
----------
https://github.com/uoguelph-mlrg/Cutout/issues/16
https://github.com/qijiezhao/pseudo-3d-pytorch/issues/28
https://github.com/pytorch/examples/issues/210
https://pytorch.org/docs/stable/generated/torch.flatten.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.tensors import RowsChanged
from ft_lint.refusals import Cause, is_torn, refusals, sample_width
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import Tensor


class BatchFolded(Rule):
    """A view that makes other rows than samples."""

    code = "TUN702"
    level = Level.ERROR
    whatever_is_set = True
    message = (
        "each sample has {features} values and this makes rows of {width}, so the batch changes its size{then}: keep "
        "it with `torch.flatten(x, 1)`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Views whose rows are not the samples."""
        for changed in facts.on_every_way(filter(is_torn, facts.of(RowsChanged))):
            yield from self._finding(changed)
        refused = [r.input for r in refusals(facts, Cause.BATCH_FOLDED) if isinstance(r.input, Tensor)]
        blamed = {id(given.folding.node) for given in refused if given.folding is not None}
        for changed in facts.of(RowsChanged):
            if id(changed.node) in blamed and not is_torn(changed):
                yield from self._finding(changed)

    def _finding(self, changed: RowsChanged) -> Iterator[Finding]:
        found = sample_width(changed)
        if found is not None:
            then = " or this raises" if changed.after is None else ""
            yield self.finding(changed, features=found[0], width=found[1], then=then)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The view here gives other rows than samples, torn apart or refused by the loss; or it raises itself."""
        raised = run.exception
        if raised is not None and raised.directly_at(line) and "is invalid for input of size" in raised.message:
            return Evidence(True, f"{raised.type}: {raised.message}", {"raises": raised.type})
        views = run.at(line).of(observe.Reshaped).where(lambda view: view.directly_at(line))
        folded = [view for view in views if _rows(view) != _samples(view)]
        for view in folded:
            refused = raised is not None and raised.about_sizes and raised.names(_samples(view), _rows(view))
            if refused or not _along_dimensions(view):
                figures = {"samples": _samples(view), "rows": _rows(view)}
                why = f"{_samples(view)} samples became {_rows(view)} rows"
                if raised is None:
                    return Evidence(True, f"{why}, and nothing is raised", figures)
                return Evidence(True, f"{why}; {raised.message}", figures | {"raises": raised.type})
        return Evidence(False, "every row is a sample" if not folded else "whole dimensions became rows")


def _samples(view: observe.Reshaped) -> int:
    return view.input[0] if view.input else 0


def _rows(view: observe.Reshaped) -> int:
    return view.output[0] if view.output else 0


def _along_dimensions(view: observe.Reshaped) -> bool:
    """Whether a row holds whole trailing dimensions of the input, e.g. one token, whole planes, or whole samples."""
    width, features = math.prod(view.output[1:]), math.prod(view.input[1:])
    as_large = len(view.input) > 2 and view.output[2:] == view.input[2:]
    return width in _trailing(view.input) or width % features == 0 or as_large


def _trailing(shape: observe.Shape) -> set[int]:
    """The sizes of the last dimensions together: of none, of one, of two, ..."""
    return {math.prod(shape[start:]) for start in range(len(shape) + 1)}
