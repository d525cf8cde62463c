"""When the model is evaluated and when it is saved do not fit together, so the trainer refuses to start.

What it does
------------
Looks at `TrainingArguments`: `load_best_model_at_end=True` with an `eval_strategy` that is not the `save_strategy` (the
defaults are "no" and "steps"), or with `save_steps` that are no multiple of `eval_steps`; an `eval_strategy` for a
trainer without `eval_dataset`; an `EarlyStoppingCallback` without evaluations or without a metric.

Why it matters
--------------
The best model can only be loaded at the end if every saved one was evaluated. transformers raises; often after the data
have been tokenized for an hour.

How to mend it
--------------
Give both strategies: `eval_strategy="epoch", save_strategy="epoch"`, or steps of which one is a multiple of the other.
Hand over an `eval_dataset`. For early stopping, set `metric_for_best_model` or `load_best_model_at_end`.

What torch shows
----------------
`ValueError: --load_best_model_at_end requires the save and eval strategy to match` where the arguments are built, a
`ValueError` where the trainer is built without data to evaluate on, an `AssertionError` of the callback in `train()`.

Known limits
------------
Silent where settings come from the command line or a `**` hides some, and for classes of the script's own that extend
`TrainingArguments`.

References
----------
https://huggingface.co/docs/transformers/main_classes/trainer
https://github.com/huggingface/transformers/pull/12786
https://github.com/zjunlp/DeepKE/issues/394
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import ArgumentsBuilt, TrainerBuilt, TrainerRan
from ft_lint.library.transformers.strategies import never_evaluated, refused
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.callables import Instance


class BestModelNeverEvaluated(Rule):
    """Evaluations and checkpoints that do not meet."""

    code = "TUN811"
    level = Level.ERROR
    message = "the trainer refuses these arguments: {why}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Arguments that are refused, and those that a trainer cannot follow."""
        for built in facts.of(ArgumentsBuilt):
            found = refused(built.arguments)
            if found is not None:
                yield self.finding(built.arguments.places.get(found.setting, built.node), why=found.why)
        ran = {id(fact.trainer) for fact in facts.of(TrainerRan)}
        for trained in facts.of(TrainerBuilt):
            arguments = trained.got("args")
            if not isinstance(arguments, Instance) or refused(arguments) is not None:
                continue
            found = never_evaluated(trained.trainer, arguments)
            if found is not None and (found.setting or id(trained.trainer) in ran):
                yield self.finding(arguments.places.get(found.setting, arguments.node or trained.node), why=found.why)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Arguments built here are refused: by themselves, by the trainer, or when it begins to train."""
        built = {event.arguments for event in run.at(line).of(observe.hub.ArgumentsBuilt)}
        trainers = run.of(observe.hub.TrainerBuilt).where(lambda event: event.arguments in built)
        told = {event.trainer for event in trainers}
        refusals = [
            *(event for event in run.at(line).of(observe.hub.ArgumentsBuilt) if event.raised),
            *(event for event in trainers if event.raised),
            *(event for event in run.of(observe.hub.TrainingEnded) if event.raised and event.trainer in told),
        ]
        raised = run.exception
        about = raised is not None and any(word in raised.message for word in _WORDS)
        steps = sum(event.steps for event in run.of(observe.hub.TrainingEnded) if event.trainer in told)
        figures = {"refused": len(refusals), "steps": steps}
        why = f"{raised.type}: {raised.message[:60]}" if raised is not None else "nothing is raised"
        return Evidence(bool(refusals) and about and steps == 0, why, figures)


_WORDS = ("load_best_model_at_end", "eval_dataset", "EarlyStoppingCallback")
"""What the exceptions speak of."""
