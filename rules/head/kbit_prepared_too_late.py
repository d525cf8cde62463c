"""`prepare_model_for_kbit_training` after `get_peft_model` freezes the adapter.

What it does
------------
Finds `prepare_model_for_kbit_training(model)` over a model that already has adapters and is then trained.

Why it matters
--------------
The function prepares a base model: it freezes every parameter that it finds. Called after `get_peft_model` it freezes
the adapters as well, and nothing is left to train.

How to mend it
--------------
First `model = prepare_model_for_kbit_training(model)`, then `model = get_peft_model(model, config)`.

What torch shows
----------------
The adapters' parameters required gradients before the call and require none afterwards, and `RuntimeError: element 0 of
tensors does not require grad and does not have a grad_fn`, or no step moves one of them.

Known limits
------------
Silent where the adapters are, or may be, switched on again, and where something else trains.

References
----------
https://huggingface.co/docs/peft/developer_guides/quantization
https://github.com/artidoro/qlora/issues/116
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import PreparedForKbit
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import parameters_of


class KbitPreparedTooLate(Rule):
    """Adapters that are frozen by the preparation of the model under them."""

    code = "TUN215"
    level = Level.ERROR
    message = (
        "this freezes the adapters that `{model}` already has, so training raises: call it before `get_peft_model`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Preparations of models whose adapters were to train and never do afterwards."""
        for prepared in facts.of(PreparedForKbit):
            adapters = {id(p) for p in prepared.adapters}
            losses = [b for b in facts.after(prepared).of(Backward) if adapters and _goes_through(b, adapters)]
            if losses and all(loss.reaches_nothing for loss in losses):
                yield self.finding(prepared, model=facts.name_of(prepared.model, "model"))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The adapters required gradients before this line and not afterwards, and none moves in what follows."""
        frozen = [event for event in run.at(line).of(observe.hub.PreparedForKbit) if event.before and not event.after]
        adapters = run.of_ids(p for event in frozen for p in event.before)
        told = run.exception.message.splitlines()[0] if run.exception is not None else ""
        raised = "does not require grad" in told or "empty parameter list" in told
        still = [p for p in adapters if not p.steps_moved]
        trained = any(run.after(event).of(observe.BackwardCalled) for event in frozen)
        figures: dict[str, int | str] = {
            "adapters frozen": len(adapters),
            "never moved": len(still),
            "raises": told[:60],
        }
        holds = bool(adapters) and len(still) == len(adapters) and (raised or trained)
        return Evidence(holds, told[:90] or f"{len(still)} of {len(adapters)} adapters never move", figures)


def _goes_through(loss: Backward, adapters: set[int]) -> bool:
    """Whether a loss depends on a model that holds these adapters."""
    passes = [forward for forward in loss.forwards if isinstance(forward, Forward)]
    return any(adapters & {id(p) for p in parameters_of(forward.module)} for forward in passes)
