"""`compute_metrics` must give a dict, with the metric by which the best model is chosen.

What it does
------------
Follows the function that a Trainer gets as `compute_metrics` to its `return`: a number, a tuple, a list or None instead
of a dict, or a dict without the name that `metric_for_best_model` asks for.

Why it matters
--------------
The function runs for the first time when the first evaluation ends, after an epoch of training. There it raises.

How to mend it
--------------
`return {"accuracy": accuracy}`, under the name that `metric_for_best_model` has.

What torch shows
----------------
`TypeError: 'float' object does not support item assignment` at the end of the first evaluation, or `KeyError: "The
`metric_for_best_model` training argument is set to 'eval_f1', which is not found in the evaluation metrics`.

Known limits
------------
Silent for what the function gets from elsewhere (`metric.compute(...)`), and where the trainer never evaluates.

References
----------
https://huggingface.co/docs/transformers/main_classes/trainer
https://github.com/huggingface/transformers/issues/22980
https://github.com/huggingface/transformers/issues/4573
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import MetricsReturned
from ft_lint.library.transformers.strategies import metrics_refused
from ft_lint.rule import Evidence, Finding, Level, Rule


class MetricsNotADict(Rule):
    """Metrics that the trainer cannot use."""

    code = "TUN812"
    level = Level.ERROR
    message = "the Trainer cannot use what `compute_metrics` returns: {why}, return a dict with a name for each metric"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Returns of functions that compute metrics."""
        for returned in facts.of(MetricsReturned):
            why = metrics_refused(returned.value, returned.trainer)
            if why:
                yield self.finding(returned, why=why)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """This statement ran, and the evaluation that asked for the metrics ended in an exception about them."""
        raised = run.exception
        told = raised is not None and (
            (raised.type in ("TypeError", "AttributeError") and "object" in raised.message)
            or (raised.type == "KeyError" and "metric_for_best_model" in raised.message)
        )
        ended = [event for event in run.of(observe.hub.EvaluationEnded) if event.raised]
        saved = [event for event in run.of(observe.hub.TrainingEnded) if event.raised]
        figures = {"times returned": len(run.reached(line)), "evaluations that raised": len(ended)}
        why = f"{raised.type}: {raised.message[:60]}" if raised is not None else "nothing is raised"
        return Evidence(bool(run.reached(line)) and told and bool(ended or saved), why, figures)
