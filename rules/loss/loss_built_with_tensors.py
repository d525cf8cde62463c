"""The output and the target are given to the constructor of a loss instead of to the loss.

What it does
------------
Finds loss objects (`CrossEntropyLoss`, `MSELoss` ...) whose constructor gets a tensor for a setting that takes none.

Why it matters
--------------
The classes of `torch.nn` are built once with their settings and called with tensors. `nn.CrossEntropyLoss(output,
target)` takes the output for class weights and the target for the old setting `size_average`.

How to mend it
--------------
Build the loss, then call it: `nn.CrossEntropyLoss()(output, target)`; or use the function,
`F.cross_entropy(output, target)`.

What torch shows
----------------
The constructor raises: most often a RuntimeError, Boolean value of Tensor with more than one value is ambiguous.

Known limits
------------
Class weights (`weight`, `pos_weight`) are tensors by right. A call whose arguments are not known to be tensors is
silent, and so is one tensor alone of which nothing is known: without dimensions it passes for a number.

References
----------
https://discuss.pytorch.org/t/runtimeerror-bool-value-of-tensor-with-more-than-one-value-is-ambiguous/17625
https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import calling_what_it_builds
from ft_lint.facts import Facts
from ft_lint.refusals import Cause, refusals
from ft_lint.rule import Applicability, Evidence, Finding, Level, Rule


class LossBuiltWithTensors(Rule):
    """A constructor called as if it were the loss."""

    code = "TUN607"
    level = Level.ERROR
    message = (
        "`{loss}` is built with a tensor for `{setting}`, which torch refuses: build it with its settings and call it "
        "with the tensors, `{loss}()(...)`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Constructions of losses that are refused for a tensor among their settings."""
        for refused in refusals(facts, Cause.SETTING):
            if refused.module is not None:
                loss = refused.module.kind.rpartition(".")[2]
                edit = calling_what_it_builds(refused.node, refused.sizes["tensors"])
                fix = self.fix("build the loss, then call it", edit) if edit is not None else None
                yield self.finding(refused, loss=loss, setting=refused.sizes["name"], fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The constructor on this line raises."""
        raised = run.exception
        if raised is None:
            return Evidence(False, "nothing raises")
        told = "ambiguous" in raised.message or "must be a float or int" in raised.message
        holds = raised.directly_at(line) and raised.type in ("RuntimeError", "TypeError") and told
        return Evidence(holds, f"{raised.type}: {raised.message}")
