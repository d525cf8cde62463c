"""The flattened size is not what the Linear layer takes.

What it does
------------
Follows shapes through convolutions and poolings to the flattening, and compares the result with `in_features` of
the Linear layer behind it.

Why it matters
--------------
torch raises at the first batch: a padding that was forgotten, another image size or one pooling more changes the
number.

How to mend it
--------------
Put the number that the message names into the Linear layer; or make the size independent of the image with
`nn.AdaptiveAvgPool2d(1)`; or let torch find it: `nn.LazyLinear(n)`.

What torch shows
----------------
`RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x14400 and 12544x10)`: the Linear layer raises on the
tensor that was flattened on the reported line, and the message names both sizes.

Known limits
------------
Unknown input sizes and operations that are not modelled give no finding. `view(-1, N)` with a wrong N folds the batch
and is another rule. What is wrong by a default of the command line alone is silent: who publishes a script ran it
with numbers that fit.

References
----------
https://github.com/uoguelph-mlrg/Cutout/issues/16
https://github.com/pytorch/examples/issues/210
https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.refusals import Cause, refusals
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.shape import Shape, is_named, product
from ft_lint.values.tensor import Tensor


class ViewLinearMismatch(Rule):
    """A flattening that does not fit the Linear layer."""

    code = "TUN701"
    level = Level.ERROR
    whatever_is_set = True
    message = (
        "this flattens to {spatial} = {flattened} features and the Linear layer takes {takes}: torch raises at the "
        "first batch, build the layer with {flattened} or use `nn.LazyLinear`"
    )

    WRITTEN = (
        "this makes rows of {flattened} features and the Linear layer takes {takes}: torch raises at the first batch, "
        "write the same number in both or use `nn.LazyLinear`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Flattened sizes that the next Linear refuses."""
        for refused in refusals(facts, Cause.FLATTENING):
            flattening = refused.input.flattening if isinstance(refused.input, Tensor) else None
            if flattening is not None:
                gets, takes = refused.sizes["gets"], refused.sizes["takes"]
                folded = _folded(flattening.before, gets)
                spatial = "*".join(map(str, folded))
                message = self.message if folded and all(map(is_named, folded)) else self.WRITTEN
                yield self.finding(flattening.node, flattened=gets, takes=takes, spatial=spatial, message=message)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A layer refuses the tensor that was flattened here, and the error names both sizes."""
        raised = run.exception
        refusals = run.of(observe.ModuleCalled).where(
            lambda call: call.raised and call.module == raised.module if raised else False
        )
        if raised is None or not refusals:
            return Evidence(False, "no layer raises")
        refusal = refusals[0]
        takes = refusal.weight[1] if refusal.weight and len(refusal.weight) > 1 else 0
        gets = refusal.inputs[0][-1] if refusal.inputs and refusal.inputs[0] else 0
        figures = {"flattened": gets, "takes": takes}
        named = (
            raised.type == "RuntimeError"
            and takes != gets
            and str(takes) in raised.message
            and str(gets) in raised.message
        )
        if not named:
            return Evidence(False, f"{raised.type}: {raised.message}", figures)
        holds = self._flattened_here(run, line, gets) or raised.at(line)
        return Evidence(holds, raised.message if holds else "what is refused was not flattened here", figures)

    @staticmethod
    def _flattened_here(run: observe.Run, line: int, size: int) -> bool:
        """Whether the last flattening to a size was made on a line, or by a module built on it."""
        built = {event.module for event in run.at(line).of(observe.ModuleBuilt)}
        called = run.of(observe.ModuleCalled).where(
            lambda call: (
                call.module in built and call.kind == "Flatten" and bool(call.outputs) and call.outputs[0][-1] == size
            )
        )
        reshaped = (
            run.at(line).of(observe.Reshaped).where(lambda event: bool(event.output) and event.output[-1] == size)
        )
        return bool(called or reshaped)


def _folded(before: Shape, features: object) -> Shape:
    """The last dimensions that make up the features: all but the samples, or fewer where others stand beside them."""
    trailing = (before[first:] for first in range(1, len(before)))
    return next((dims for dims in trailing if product(dims) == features), ())
