"""Parameters that an optimizer is to train run under `no_grad` alone, so they never get a gradient.

What it does
------------
Finds layers that are trainable, sit in an optimizer that steps, and are only ever run inside a
`with torch.no_grad()` while others train. Advice: a feature extractor that is to stand still looks the same.

Why it matters
--------------
Nothing is recorded inside `no_grad`, so `backward()` does not reach the layers: they are frozen without saying so,
and a learning rate that was chosen for them has no effect.

How to mend it
--------------
Leave the `no_grad` out where the layers are to train. Where they are not, freeze them
(`backbone.requires_grad_(False)`) and give the optimizer the rest.

What torch shows
----------------
The parameters require gradients, are in an optimizer, and get none over the whole run, while others move.

Known limits
------------
Only `with` blocks are judged, not `.detach()` or decorators. Parameters that are frozen somewhere are silent.

References
----------
https://pytorch.org/docs/stable/notes/autograd.html#locally-disabling-gradient-computation
https://pytorch.org/docs/stable/generated/torch.no_grad.html
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward, Frozen
from ft_lint.facts.optimization import Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import how_many


class BackboneUnderNoGrad(Rule):
    """Layers that are to train and cannot."""

    code = "TUN309"
    level = Level.ADVICE
    message = (
        "{those} that `{optimizer}` holds run under `no_grad` alone, so they never train: "
        "leave the `no_grad` out, or freeze them and give the optimizer the rest"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Trainable members of an optimizer that only ever run without gradients."""
        forwards = list(facts.of(Forward))
        recorded = {id(p) for f in forwards if f.grad is not False for p in (*f.trainable, *f.maybe)}
        recorded |= {id(p) for f in forwards for p in f.maybe}
        frozen = {id(p) for f in facts.of(Frozen) for p in f.parameters}
        steps = [step for step in facts.of(Stepped) if step.moved]
        left_out = [(step, {id(p) for p in step.idle} - recorded - frozen) for step in steps]
        for forward in forwards:
            if forward.grad is not False or forward.no_grad is None:
                continue
            for step, held in left_out:
                if not held or step.moment.run != forward.moment.run:
                    continue
                unmoved = [p for p in forward.trainable if id(p) in held]
                if unmoved:
                    optimizer = facts.name_of(step.optimizer, step.optimizer.kind)
                    yield self.finding(forward.no_grad, those=how_many(unmoved), optimizer=optimizer)
                    break

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What runs inside is trainable, sits in an optimizer and gets no gradient, while others move."""
        calls = run.of(observe.ModuleCalled)
        inside = [c for visit in run.reached(line) for c in takewhile(lambda c: not c.grad, calls.after(visit))]
        ids = {i for call in inside for i in run.modules[call.module].parameters}
        idle = [p for p in run.of_ids(ids) if p.requires_grad and p.optimizers and not p.gradients]
        moved = sum(p.steps_moved > 0 for p in run.parameters.values())
        figures = {"run without gradients": len(ids), "idle": len(idle), "moved": moved}
        return Evidence(bool(idle) and moved > 0, f"{len(idle)} get no gradient while {moved} move", figures)
