"""A method is named without parentheses, so nothing happens.

What it does
------------
Finds statements such as `model.eval`, `optimizer.step` or `loss.backward` whose value is thrown away.

Why it matters
--------------
Naming a method is a legal expression without effect. The mode stays, no step is made, no gradient is computed.

How to mend it
--------------
Add the parentheses.

What torch shows
----------------
The line runs and torch does nothing on it; as a consequence passes that follow `model.eval` draw dropout, no step
is made in the whole run, or no gradient is computed.

Known limits
------------
Methods that are handed on (`hooks.append(model.eval)`) are silent.

References
----------
https://github.com/udacity/deep-learning-v2-pytorch/issues/3
https://docs.astral.sh/ruff/rules/useless-expression/
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import MethodMentioned
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Module
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Optimizer, Scheduler


class MethodNotCalled(Rule):
    """A method that is only named."""

    code = "TUN507"
    level = Level.WARNING
    message = "`{method}` is only named here, so nothing happens: add the parentheses"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Methods of models, optimizers and losses as bare statements."""
        for mentioned in facts.of(MethodMentioned):
            match mentioned.receiver:
                case Module() if mentioned.name in ("eval", "train", "zero_grad", "requires_grad_"):
                    yield self.finding(mentioned, method=mentioned.text)
                case Optimizer() | Scheduler() if mentioned.name in ("step", "zero_grad"):
                    yield self.finding(mentioned, method=mentioned.text)
                case Tensor() if mentioned.name == "backward":
                    yield self.finding(mentioned, method=mentioned.text)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The line does nothing, and what it was there for is missing."""
        times = len(run.reached(line))
        figures = {"times": times}
        if not times or run.at(line):
            return Evidence(False, "something happens on this line" if times else "this line never runs", figures)
        harm = self._harm(run, run.reached(line)[0])
        return Evidence(bool(harm), harm or "nothing is missing", figures)

    @staticmethod
    def _harm(run: observe.Run, moment: int) -> str:
        """What is missing in the run because nothing happened at a moment, "" for nothing."""
        if run.of(observe.BackwardCalled) and not run.of(observe.Stepped):
            return f"{len(run.of(observe.BackwardCalled))} backward passes and not a single step"
        if not run.of(observe.BackwardCalled) and any(call.grad and call.training for call in run.calls()):
            return f"{len(run.calls())} forward passes and not a single gradient"
        if any(event.onto_stepped for event in run.of(observe.BackwardCalled)):
            return "gradients are added onto used ones"
        switch = run.after(moment).of(observe.ModeSet).first
        calls = run.calls().after(moment)
        calls = calls.before(switch) if switch else calls
        disturbed = [
            call
            for call in calls
            if not run.trained(call) and any(part.noisy or part.statistics_moved for part in run.within(call))
        ]
        return f"{len(disturbed)} passes run in training mode untrained" if disturbed else ""
