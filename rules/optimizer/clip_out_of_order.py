"""Gradients are clipped where that has no effect: after `step()`, or before `backward()`.

What it does
------------
Finds `clip_grad_norm_` and `clip_grad_value_` calls that meet only gradients which a step has already used, or none
at all, while the steps are made with gradients that nothing clips.

Why it matters
--------------
`step()` uses what stands in `.grad` at that moment. Clipping afterwards shortens gradients that are about to be zeroed;
clipping before `backward()` shortens nothing. Nothing is raised, and one bad batch still throws the weights far away.

How to mend it
--------------
`loss.backward()`, then clip, then `optimizer.step()`. In Lightning's automatic optimization `training_step` runs before
`backward()`: pass `gradient_clip_val=` to the `Trainer`.

What torch shows
----------------
`clip_grad_value_` raises a RuntimeError where there are no gradients at all. Otherwise the optimizer steps with
gradients whose norm (or greatest value) is above the limit given at the reported line; in the repaired twins none of
the steps does.

Known limits
------------
Silent where the clipped parameters are not known, where gradients are accumulated over some batches, and for a limit of
a million or more, which only measures. The claim needs gradients that are longer than the limit.

References
----------
https://github.com/VGraphRNN/VGRNN/issues/4
https://github.com/jongwook/onsets-and-frames/issues/24
https://github.com/awslabs/graphstorm/issues/1366
https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import Backward, Clipped, GradientsZeroed, Stepped
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule, Where
from ft_lint.values.base import number
from ft_lint.values.callables import Reference

MEASURING = 1e6
"""From this limit on a clip only measures."""


class ClipOutOfOrder(Rule):
    """A clip without effect."""

    code = "TUN410"
    level = Level.WARNING
    message = (
        "gradients are clipped {when}, so `{optimizer}` steps with unclipped ones: "
        "clip between `backward()` and `step()`"
    )
    in_lightning = (
        "gradients are clipped {when}, as Lightning calls `backward()` after `training_step`, so `{optimizer}` steps "
        "with unclipped ones: pass `gradient_clip_val=` to the Trainer"
    )
    raising = (
        "`clip_grad_value_` finds no gradients before the backward pass and raises, and `{optimizer}` steps with "
        "unclipped ones: clip between `backward()` and `step()`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Clips that meet no unused gradient, whenever they are run."""
        for clip in facts.of(Clipped):
            if clip.unsure or any(_may_matter(one) for one in facts.at(clip)) or _only_measures(clip):
                continue
            step = _unclipped(facts, clip)
            if step is None or _is_used(facts, clip) or _was_clipped(facts, step, clip):
                continue
            raises = clip.kind == "value" and not clip.spent
            yield self.finding(
                clip,
                message=self.raising if raises else self.in_lightning if step.moment.by_framework else None,
                fix=self._between(facts, clip, step),
                when="after the step" if clip.spent and not step.moment.by_framework else "before the backward pass",
                optimizer=facts.name_of(step.optimizer, step.optimizer.kind),
            )

    def _between(self, facts: Facts, clip: Clipped, step: Stepped) -> Fix | None:
        """The clip as the statement right before the step, where both stand in one block."""
        here = clip.moment.loops == step.moment.loops and clip.moment.calls == step.moment.calls
        if step.scaler is not None or not here or not facts.side_by_side(clip, step):
            return None
        edits = Edit(clip.node, step.node, Where.BEFORE), Edit("", clip.node)
        return self.fix("clip right before the step", *edits)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Steps are made with gradients beyond the limit that is given here, or the clip finds none and raises."""
        if run.exception is not None and run.exception.directly_at(line) and "empty" in run.exception.message:
            return Evidence(True, "torch finds no gradients to clip", {"raises": run.exception.type})
        clips = run.at(line).of(observe.Clipped)
        beyond = [step for step in run.of(observe.Stepped) if any(_exceeds(step, clip) for clip in clips)]
        longest = max((step.norm for step in beyond), default=0.0)
        limit = min((clip.limit for clip in clips), default=0.0)
        figures = {"clips": len(clips), "limit": limit, "steps beyond it": len(beyond), "longest": round(longest, 4)}
        return Evidence(bool(beyond), f"{len(beyond)} steps are made with gradients beyond {limit}", figures)


def _exceeds(step: observe.Stepped, clip: observe.Clipped) -> bool:
    size = step.norm if clip.kind == "norm" else step.largest
    return size > 1.01 * clip.limit and bool(set(step.with_gradient) & set(clip.parameters))


def _may_matter(clip: Clipped) -> bool:
    """Whether a clip may meet gradients that no step has used; those of a caller, which the first pass of a loop may
    find, were there before all this.
    """
    first = any(loop.number == 1 for loop in clip.moment.loops[-1:])
    return bool(clip.fresh) or not clip.complete or (bool(clip.unsure) and not first)


def _only_measures(clip: Clipped) -> bool:
    """Whether the limit is so large, or infinite, that the clip only tells the norm."""
    limit = number(clip.limit)
    return isinstance(clip.limit, Reference) or (limit is not None and limit >= MEASURING)


def _unclipped(facts: Facts, clip: Clipped) -> Stepped | None:
    """A step in the same pass of the loop that moves what is clipped here, too late or too early."""
    steps = [
        step
        for step in facts.of(Stepped)
        if step.moment.within(clip.moment) and facts.together(clip, step) and set(step.moved) & set(clip.parameters)
    ]
    return steps[-1] if steps else None


def _was_clipped(facts: Facts, step: Stepped, clip: Clipped) -> bool:
    """Whether another clip came right before the step: this one is a second one, and idle."""
    earlier = facts.before(step).of(Clipped)
    others = (one for one in earlier if one.node is not clip.node and one.moment.loops == step.moment.loops)
    return any(set(step.moved) & set(one.fresh) for one in others)


def _is_used(facts: Facts, clip: Clipped) -> bool:
    """Whether another step uses the clipped gradients before they are zeroed or added to."""
    mine = set(clip.parameters)
    for fact in facts.after(clip).facts:
        match fact:
            case Stepped():
                if mine & {*fact.moved, *fact.unsure}:
                    return True
            case Backward():
                if mine & {*fact.trainable, *fact.maybe}:
                    return False
            case GradientsZeroed():
                if mine & set(fact.parameters):
                    return False
    return False
