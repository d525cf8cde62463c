"""Weights in half precision under a `GradScaler`, which refuses their gradients.

What it does
------------
Finds weights that are loaded in `float16` (`from_pretrained(..., dtype=torch.float16)`) or made so (`model.half()`) and
then trained with a `GradScaler`, or by a `Trainer` with `fp16=True`, which uses one on a GPU.

Why it matters
--------------
Mixed precision keeps the weights in `float32` and lets `autocast` compute in half precision. The scaler divides the
gradients by its scale before the step, and refuses to do so for gradients in `float16`: these have lost in `backward()`
what the scale was to save.

How to mend it
--------------
Load the weights in `float32` (leave `dtype` away, or `dtype=torch.float32`) and keep `autocast` and the scaler; or
train in `bfloat16` without a scaler. Adapters of peft are in `float32` over weights of half precision, and are right;
parts in `modules_to_save` are not.

What torch shows
----------------
`ValueError: Attempting to unscale FP16 gradients.` at the first `scaler.step` or `scaler.unscale_`.

Known limits
------------
Since transformers 5 a checkpoint that was saved in `float16` is loaded so by default; which ones were, is not known
here. `Trainer` uses no scaler on a CPU, so that its form of the mistake is not among the scripts that torch has run.
DeepSpeed and FSDP scale the loss themselves and are silent.

References
----------
https://pytorch.org/docs/stable/notes/amp_examples.html
https://github.com/huggingface/transformers/issues/30559
https://github.com/huggingface/diffusers/issues/6442
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import TrainerRan
from ft_lint.facts.optimization import Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import NONE, is_none, truth
from ft_lint.values.callables import Instance


class Fp16WeightsWithScaler(Rule):
    """Gradients in half precision that a scaler is to divide."""

    code = "TUN414"
    level = Level.ERROR
    message = (
        "these weights are float16 and `{scaler}` refuses to unscale their gradients: "
        "keep the weights in float32, `autocast` chooses half precision where it helps"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Casts of weights that are then stepped with a scaler."""
        told: set[int] = set()
        for step in facts.of(Stepped):
            scaler = "" if step.moment.expected else _scaler(facts, step)
            for node in step.halved if scaler else ():
                if id(node) not in told:
                    told.add(id(node))
                    yield self.finding(node, scaler=scaler)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch refuses to unscale: weights are made float16 here, and some that are float16 have gradients."""
        cast = run.at(line).of(observe.WeightsCast).where(lambda event: event.dtype == "float16")
        halved = sum(len(event.parameters) for event in cast)
        reached = sum(p.gradients > 0 and p.dtype == "float16" for p in run.parameters.values())
        told = run.exception.message if run.exception is not None else "no gradient is refused"
        refused = "Attempting to unscale FP16 gradients" in told
        figures = {"made float16": halved, "float16 with gradients": reached}
        return Evidence(refused and halved > 0 and reached > 0, told[:90], figures)


def _scaler(facts: Facts, step: Stepped) -> str:
    """What divides the gradients of a step; "" where nothing surely does."""
    if step.scaler is not None and step.scaler.works and truth(step.scaler.enabled) is True:
        return facts.name_of(step.scaler, "scaler")
    ran = list(facts.before(step).of(TrainerRan)) if step.moment.by_framework else []
    arguments = ran[-1].trainer.given("args") if ran else None
    if not isinstance(arguments, Instance) or truth(arguments.given("fp16") or NONE) is not True:
        return ""
    elsewhere = any(
        not is_none(arguments.given(name) or NONE) for name in ("deepspeed", "fsdp", "half_precision_backend")
    )
    return "" if elsewhere or not arguments.complete else "fp16=True"
