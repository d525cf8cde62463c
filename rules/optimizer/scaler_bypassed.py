"""A `GradScaler` is used by halves: `optimizer.step()` after a scaled backward pass, or no `update()`.

What it does
------------
Finds `optimizer.step()` with gradients that a `GradScaler` has multiplied and nothing has divided again;
`scaler.step(optimizer)` after a backward pass from the plain loss; and `scaler.step(optimizer)` in a loop without
`scaler.update()`.

Why it matters
--------------
The scale is 65536 at first. A step with gradients that are that many times too long throws the weights away (Adam hides
the factor, but nothing checks any more whether the gradients are finite). Nothing is raised in this case; in the two
others torch raises at the first or second step.

How to mend it
--------------
`scaler.scale(loss).backward()`, `scaler.step(optimizer)`, `scaler.update()`: all three, in this order.

What torch shows
----------------
Steps made at the reported line use gradients that are still multiplied by the scale; or `AssertionError: Attempted step
but _scale is None`, `No inf checks were recorded for this optimizer`; or `RuntimeError: step() has already been called
since the last update()`.

Known limits
------------
Silent for a scaler that is switched off, after `scaler.unscale_(optimizer)`, for a scaler that went to a function which
is not followed, and where the loss is scaled on some ways only.

References
----------
https://pytorch.org/docs/stable/amp.html#gradient-scaling
https://pytorch.org/docs/stable/notes/amp_examples.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import ScalerUpdated, Stepped
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Level, Rule, Where
from ft_lint.values.base import is_none
from ft_lint.values.training import Scaler


class ScalerBypassed(Rule):
    """A gradient scaler used by halves."""

    code = "TUN412"
    level = Level.WARNING
    message = (
        "`{optimizer}.step()` uses gradients that `{scaler}` has multiplied by its scale, 65536 at first: "
        "call `{scaler}.step({optimizer})` and `{scaler}.update()`"
    )
    plain = (
        "`{scaler}.step({optimizer})` raises, for the loss was not scaled: "
        "back-propagate with `{scaler}.scale(loss).backward()`"
    )
    no_update = (
        "the second `{scaler}.step({optimizer})` raises, as the scaler is not updated after the first: "
        "call `{scaler}.update()` after each step"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Steps that pass over a part of what the scaler needs."""
        for step in facts.of(Stepped):
            optimizer, scaler = facts.name_of(step.optimizer, "optimizer"), step.scaler
            multiplied = [one for one in step.scales if isinstance(one, Scaler) and one.works]
            if scaler is None and len(step.scales) == 1 and multiplied:
                yield self.finding(step, optimizer=optimizer, scaler=facts.name_of(multiplied[0], "scaler"))
            if scaler is None or not scaler.works:
                continue
            told = step.names or (facts.name_of(scaler, "scaler"), optimizer)
            if step.scales and all(map(is_none, step.scales)) and not step.unsure and step.complete:
                yield self.finding(step, message=self.plain, scaler=told[0], optimizer=told[1])
            elif _is_second(facts, step):
                edit = Edit(f"{told[0]}.update()", step.node, Where.AFTER)
                fix = self.fix("update the scaler", edit) if step.names and id(step.node) in facts.blocks else None
                yield self.finding(step, message=self.no_update, scaler=told[0], optimizer=told[1], fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A step is made with gradients that are still multiplied, or the scaler raises here."""
        raised = run.exception
        if raised is not None and raised.directly_at(line) and raised.type in ("AssertionError", "RuntimeError"):
            return Evidence(True, f"torch raises: {raised.message.splitlines()[0]}", {"raises": raised.type})
        steps = run.at(line).of(observe.Stepped)
        scales = [scale for step in steps if (scale := _scale_at(run, step)) > 1]
        largest = max((max(step.moves.values(), default=0.0) for step in steps), default=0.0)
        figures = {"steps": len(steps), "still scaled": len(scales), "scale": max(scales, default=1.0)}
        why = f"{len(scales)} steps use multiplied gradients, the largest moves a tensor by {largest:.2g} of its norm"
        return Evidence(bool(scales), why, figures)


def _scale_at(run: observe.Run, step: observe.Stepped) -> float:
    """What the gradients of a step are multiplied by."""
    held = set(step.with_gradient)
    backward = run.of(observe.BackwardCalled).before(step).where(lambda one: bool(set(one.reached) & held)).last
    if backward is None:
        return 1.0
    divided = run.of(observe.Unscaled).after(backward).before(step).where(lambda one: one.optimizer == step.optimizer)
    return 1.0 if divided else backward.scale


def _is_second(facts: Facts, step: Stepped) -> bool:
    """Whether the scaler has made a step of this optimizer before, and was surely not updated since."""
    mine = [s for s in facts.before(step).of(Stepped) if s.optimizer is step.optimizer and s.scaler is step.scaler]
    if not mine or not facts.together(mine[-1], step):
        return False
    never = all(update.scaler is not step.scaler for update in facts.of(ScalerUpdated))
    since = any(update.scaler is step.scaler for update in facts.between(mine[-1], step).of(ScalerUpdated))
    return never or (not since and step.sure and mine[-1].sure)
