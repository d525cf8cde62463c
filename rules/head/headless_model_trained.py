"""A model without a head gives no loss, so the Trainer cannot train it.

What it does
------------
Finds a `Trainer` over `AutoModel`, `BertModel` and kin: the bare body of an architecture, whose `forward` takes no
`labels`.

Why it matters
--------------
`Trainer` trains on the loss that the model computes from `labels`. The bare body gives hidden states alone, and the
first step raises.

How to mend it
--------------
Load the class for the task: `AutoModelForSequenceClassification`, `AutoModelForTokenClassification`,
`AutoModelForCausalLM` ... Or compute the loss: `compute_loss_func=`, or a class of one's own with `compute_loss`.

What torch shows
----------------
`ValueError: The model did not return a loss from the inputs, only the following keys: last_hidden_state, ...`

Known limits
------------
Silent for checkpoints whose architecture is not known, and for trainers of the script's own that compute the loss.

References
----------
https://huggingface.co/docs/transformers/main_classes/trainer
https://github.com/unslothai/unsloth/issues/1899
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import TrainerRan
from ft_lint.library.transformers.models import gives_loss
from ft_lint.library.transformers.trainer import overrides
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import NONE, is_none
from ft_lint.values.callables import Instance
from ft_lint.values.module import Module


class HeadlessModelTrained(Rule):
    """A body that is trained as if it had a head."""

    code = "TUN210"
    level = Level.ERROR
    message = (
        "`{cls}` has no head and computes no loss, so the Trainer cannot train it: load an `AutoModelFor...` class"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Trainers that run over a model which takes no labels."""
        for ran in facts.of(TrainerRan):
            model = ran.trainer.given("model")
            if not isinstance(model, Module) or model.hub is None or _computes_loss(ran.trainer):
                continue
            if model.cls is not None:
                continue  # a class of the script's own may have a head, and a `forward` that gives a loss
            if gives_loss(model.hub) is False and ran.trainer.node is not None:
                yield self.finding(ran.trainer.node, cls=model.hub.asked)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The training of the trainer built here ends before its first step, for want of a loss."""
        built = {event.trainer for event in run.at(line).of(observe.hub.TrainerBuilt)}
        ended = [event for event in run.of(observe.hub.TrainingEnded) if event.trainer in built and event.raised]
        told = run.exception is not None and "did not return a loss" in run.exception.message
        steps = sum(event.steps for event in ended)
        why = run.exception.message[:80] if run.exception is not None else "the training ends well"
        return Evidence(bool(ended) and told and steps == 0, why, {"trainings that raised": len(ended), "steps": steps})


def _computes_loss(trainer: Instance) -> bool:
    """Whether the loss may come from somewhere else than the model."""
    own = any(overrides(trainer, name) for name in ("compute_loss", "training_step", "prediction_step"))
    hugging_face = trainer.library in ("transformers.Trainer", "transformers.Seq2SeqTrainer")
    return own or not hugging_face or not trainer.complete or not is_none(trainer.given("compute_loss_func") or NONE)
