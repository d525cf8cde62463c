"""Validation leaves the model in evaluation mode, and training goes on in it.

What it does
------------
Finds `model.eval()` in validation code after which the next epoch trains without `model.train()`.

Why it matters
--------------
From the second epoch on dropout is off and batch norm uses frozen statistics: training goes on without the
regularisation that was asked for, and nothing is raised.

How to mend it
--------------
Call `model.train()` at the beginning of every training epoch, or at the end of validation.

What torch shows
----------------
After the reported line and the validation passes that follow it, forward passes that are back-propagated run with
dropout or batch norm in evaluation mode.

Known limits
------------
Models without dropout and batch norm act alike in both modes and are silent; so is training in evaluation mode from
the start, which is done on purpose, and so is a mode in which nothing is validated before the training goes on, or
whose training steps other weights than the model's: an image under attack, or, by mistake, those of another model.

References
----------
https://github.com/wkentaro/pytorch-fcn/issues/57
https://github.com/hendrycks/ethics/issues/5
https://github.com/optuna/optuna/pull/1725
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward, ModeSet
from ft_lint.facts.optimization import Backward
from ft_lint.light import replace
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Mode, mode_matters


class EvalModeKept(Rule):
    """Training in the mode that validation left."""

    code = "TUN505"
    level = Level.WARNING
    message = (
        "`{model}` stays in evaluation mode after validation, so training goes on without dropout and batch-norm "
        "updates: call `{model}.train()` before it does"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Evaluation mode that reaches a later training pass."""
        for setting in facts.of(ModeSet):
            module = setting.module
            if setting.training is not False or not mode_matters(module):
                continue
            trained = [(b, f) for b, f in facts.trained_through(module) if facts.together(b, setting)]
            before = [f for b, f in trained if b.moment.order < setting.moment.order and _mode(f) is True]
            if not before:
                continue
            after = [
                b
                for b, f in trained
                if b.moment.order > setting.moment.order
                and _is_left_by(facts, f, setting)
                and facts.is_stepped(b, _as_before(f, before), surely=True)
            ]
            if after and _is_validated(facts, setting, after[-1]):
                yield self.finding(setting, model=facts.name_of(module, "model"))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Between this change of mode and the next one, passes that are trained on follow passes that are not."""
        kept = 0
        for switch in run.at(line).of(observe.ModeSet).where(lambda event: not event.training):
            back = run.after(switch).of(observe.ModeSet).where(lambda event: event.training).first
            calls = run.calls().after(switch)
            calls = calls.before(back) if back else calls
            validations = calls.where(lambda call: not run.trained(call))
            if validations:
                kept += sum(
                    run.trained(call) and any(part.mode_matters and not part.training for part in run.within(call))
                    for call in calls.after(validations[0])
                )
        figures = {"trained in evaluation mode": kept}
        return Evidence(kept > 0, f"{kept} passes are trained in the evaluation mode that was set here", figures)


def _as_before(forward: Forward, before: Sequence[Forward]) -> Forward:
    """A forward pass with the weights alone that earlier ones trained, too: a mask put into the model is another."""
    weights = {id(p) for one in before for p in (*one.trainable, *one.maybe)}
    trainable, maybe = ([p for p in some if id(p) in weights] for some in (forward.trainable, forward.maybe))
    return replace(forward, trainable=tuple(trainable), maybe=tuple(maybe))


def _mode(forward: Forward) -> bool | None:
    return forward.mode.training if isinstance(forward.mode, Mode) else None


def _is_validated(facts: Facts, setting: ModeSet, backward: Backward) -> bool:
    """Whether the model is run without being trained, before the last backward pass: else the mode is for training."""
    trained = {id(f) for b in facts.of(Backward) for f in b.forwards}
    between = (f for f in facts.after(setting).of(Forward) if f.moment.order < backward.moment.order)
    whole = setting.module
    return any(whole in (f.module, f.method_of) and id(f) not in trained for f in between)


def _is_left_by(facts: Facts, forward: Forward, setting: ModeSet) -> bool:
    """Whether a forward pass ran in the evaluation mode that this call has set."""
    mode = facts.given(setting, forward.mode)
    left = isinstance(mode, Mode) and not mode.training and mode.node is setting.node and forward.grad is True
    return left and not any(_is_same_pass(one, forward) for one in facts.at(setting))


def _is_same_pass(setting: ModeSet, forward: Forward) -> bool:
    """Whether the very function that sets the mode runs the module in it at once: for a batch of one, say."""
    same = setting.moment.calls == forward.moment.calls and setting.moment.loops == forward.moment.loops
    return same and setting.moment.order < forward.moment.order
