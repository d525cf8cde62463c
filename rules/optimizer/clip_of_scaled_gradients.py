"""Gradients are clipped while a `GradScaler` still has them multiplied by its scale.

What it does
------------
Finds `clip_grad_norm_` and `clip_grad_value_` calls between `scaler.scale(loss).backward()` and
`scaler.step(optimizer)` with no `scaler.unscale_(optimizer)` in between.

Why it matters
--------------
The scale is 65536 at first, so the clip sees gradients that are that many times too long and cuts nearly all of them to
the limit; `scaler.step` then divides by the scale. What is left is a gradient of the limit over 65536: training all but
stands still, and nothing is raised.

How to mend it
--------------
`scaler.unscale_(optimizer)` right before the clip; `scaler.step(optimizer)` knows that it was called.

What torch shows
----------------
The clip at the reported line shortens the gradients, and the step after it is made with less than half of what the
limit allows: 0.1 / 65536 = 1.5e-6 in the first steps. In the repaired twins it is made with just the limit.

Known limits
------------
Silent for a scaler that is switched off, for a limit that is itself computed from the scaler, and for one of a million
or more.

References
----------
https://github.com/pytorch/examples/issues/1196
https://github.com/milesial/Pytorch-UNet/issues/468
https://github.com/victorchall/EveryDream2trainer/pull/175
https://pytorch.org/docs/stable/notes/amp_examples.html#gradient-clipping
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import Clipped, Stepped
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule, Where
from ft_lint.values.base import Unknown, Value, number
from ft_lint.values.training import Scaler

MEASURING = 1e6
"""From this limit on a clip only measures, or is chosen for scaled gradients."""


class ClipOfScaledGradients(Rule):
    """A clip without `unscale_`."""

    code = "TUN411"
    level = Level.WARNING
    message = (
        "these gradients are still multiplied by the scale of `{scaler}`, so clipping leaves next to nothing of them: "
        "call `{scaler}.unscale_({optimizer})` before"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Clips of gradients that are surely scaled and are used by a step of the scaler."""
        for clip in facts.of(Clipped):
            scaler = clip.scaler
            if scaler is None or not scaler.works or _knows_the_scale(clip.limit):
                continue
            steps = [s for s in facts.after(clip).of(Stepped) if s.scaler is scaler and set(s.moved) & set(clip.fresh)]
            if steps and facts.together(clip, steps[0]):
                step = steps[0]
                names = step.names if step.moment.calls == clip.moment.calls else ()
                told = names or (facts.name_of(scaler, "scaler"), facts.name_of(step.optimizer, "optimizer"))
                right_elsewhere = any(other.fresh and other.scaler is None for other in facts.at(clip))
                place = facts.blamed(clip) if right_elsewhere else clip
                fix = None if right_elsewhere else self._unscale_before(facts, clip, steps, names)
                yield self.finding(place, scaler=told[0], optimizer=told[1], fix=fix)

    def _unscale_before(self, facts: Facts, clip: Clipped, steps: list[Stepped], names: tuple[str, ...]) -> Fix | None:
        """`unscale_` as a statement before the clip, where one optimizer alone is stepped by names that hold there."""
        if not names or id(clip.node) not in facts.blocks or len({id(step.optimizer) for step in steps}) > 1:
            return None
        call = f"{names[0]}.unscale_({names[1]})"
        return self.fix(f"call `{call}` before the clip", Edit(call, clip.node, Where.BEFORE))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The clip cuts, and the step after it is made with less than half of what the limit allows."""
        cuts = run.at(line).of(observe.Clipped).where(lambda clip: clip.size > clip.limit)
        pairs = [(clip, step) for clip in cuts if (step := _next_step(run, clip)) is not None]
        starved = [(clip, step) for clip, step in pairs if _size(step, clip) < clip.limit / 2]
        figures: dict[str, float | int | str] = {"clips that cut": len(cuts), "starved steps": len(starved)}
        if starved:
            clip, step = starved[0]
            figures |= {"limit": clip.limit, "seen": round(clip.size, 2), "left": float(f"{_size(step, clip):.2g}")}
        return Evidence(bool(starved), f"{len(starved)} steps are made with less than half of the limit", figures)


def _knows_the_scale(limit: Value) -> bool:
    """Whether the limit is chosen for scaled gradients."""
    known = number(limit)
    computed = isinstance(limit, Unknown) and any(isinstance(part, Scaler) for part in limit.touched)
    return computed or (known is not None and known >= MEASURING)


def _next_step(run: observe.Run, clip: observe.Clipped) -> observe.Stepped | None:
    steps = run.after(clip).of(observe.Stepped)
    return steps.where(lambda step: bool(set(step.with_gradient) & set(clip.parameters))).first


def _size(step: observe.Stepped, clip: observe.Clipped) -> float:
    return step.norm if clip.kind == "norm" else step.largest
