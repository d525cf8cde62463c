"""A metric that should rise is watched with `mode="min"`, or a loss with `mode="max"`.

What it does
------------
Compares the name of a metric (accuracy, F1, AUC, IoU and the like against loss, error, perplexity and the like) with
the `mode` of the `ReduceLROnPlateau`, `EarlyStopping` or `ModelCheckpoint` that gets it. The mode is `"min"` where
none is given. For `metric_for_best_model` of transformers it compares `greater_is_better`, which is True where it is
not given and the name does not end with "loss".

Why it matters
--------------
With the wrong mode every improvement counts as none: the rate is cut down while the accuracy rises, training is stopped
after a few good epochs, and the checkpoint that is kept is the worst. Nothing is raised.

How to mend it
--------------
`mode="max"` for what should rise, `mode="min"` for what should fall; `greater_is_better=False` for an error rate.

What torch shows
----------------
`ReduceLROnPlateau` cuts the rate although the metric has only moved the other way than its mode; of the values that a
callback saw it holds the worst to be the best. Four calls with a rising accuracy take a rate of 0.1 to 0.0001.

Known limits
------------
This rule goes by names, since nothing else tells what a number means: plain names, attributes, and entries under a
constant key. Names that speak of both (`dice_loss`, `accuracy_error`) or of what is made of a metric (`neg_loss`,
`accuracy_gap`), and computed values (`-acc`, `1 - acc`) are silent.

References
----------
https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
https://github.com/md-mohaiminul/ViS4mer/issues/4
https://github.com/FunctionLab/selene/issues/115
https://github.com/facebookresearch/fairseq/issues/2205
https://github.com/RMeli/gnina-torch/pull/57
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping

from ft_lint import observe
from ft_lint.facts import Fact, Facts
from ft_lint.facts.hub import ArgumentsBuilt
from ft_lint.facts.optimization import MetricMonitored, SchedulerStepped
from ft_lint.library.transformers.strategies import best_metric
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Constant, text

RISING = frozenset(
    """acc accuracy f1 auc auroc auprc iou miou dice map ap precision recall bleu rouge psnr ssim r2 kappa specificity
    sensitivity""".split()
)
FALLING = frozenset("loss losses error err mse mae rmse perplexity ppl wer cer nll eer".split())
TURNING = frozenset(
    """neg negative minus inv inverse inverted non gap drop diff difference delta change std stdev var variance
    spread dist distance forgetting penalty cost improvement reduction gain margin explained attack adv
    adversary adversarial domain bias leak fpr fnr""".split()
)
"""Words that make something else of a metric, which may move the other way: ``neg_loss``, ``accuracy_gap``."""
_PLAIN = r"""[\w.]+(\[(["'])[\w/.@-]+\2\])*(\.item\(\))?"""
_MIN = Constant("min")


class PlateauDirection(Rule):
    """A metric watched the wrong way round."""

    code = "TUN408"
    level = Level.WARNING
    message = (
        "{given} for `{metric}`: {kind} takes every improvement for the opposite, "
        "so it acts on the worst epochs; pass {wanted}"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Plateau schedulers and callbacks whose mode does not fit the name of their metric."""
        for monitored in facts.of(MetricMonitored):
            metric, mode, spelt = monitored.metric, monitored.mode, monitored.spelt
            yield from self._judged(monitored, monitored.kind, metric, mode, direction(metric), spelt)
        for built in facts.of(ArgumentsBuilt):
            chosen = best_metric(built.arguments)
            if chosen is not None:
                metric, mode = chosen
                place = built.arguments.places.get("metric_for_best_model", built.node)
                yield from self._judged(place, "the Trainer", metric, mode, direction(metric), _GREATER)
        for due in facts.of(SchedulerStepped):
            scheduler = due.scheduler
            if due.metric is None or scheduler.node is None or not scheduler.complete:
                continue
            asked = text(scheduler.arguments.get("mode", _MIN)) or ""
            right = direction(_last_part(due.metric_text))
            yield from self._judged(scheduler.node, scheduler.kind, due.metric_text, asked, right, _MODE)

    def _judged(
        self, at: Fact | ast.AST, kind: str, metric: str, mode: str, right: str, spelt: Mapping[str, str]
    ) -> Iterator[Finding]:
        if right and mode == _OPPOSITE[right]:
            asked, better = spelt[mode], spelt[right]
            yield self.finding(at, given=asked, wanted=better, kind=kind, metric=metric, mode=mode, right=right)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The rate is cut while the metric moves against the mode, or the worst value counts as the best."""
        here = run.at(line)
        for built in here.of(observe.MonitorBuilt):
            seen = [event.value for event in run.of(observe.MetricSeen) if event.monitor == built.monitor]
            best, taken = direction(built.metric), min if built.mode == "min" else max
            if seen and best and taken(seen) != (max if best == "max" else min)(seen):
                figures = {"kept": taken(seen), "least": min(seen), "greatest": max(seen)}
                return Evidence(True, f"{taken(seen):.3g} counts as the best of {len(seen)} values", figures)
        for made in here.of(observe.SchedulerBuilt):
            steps = [event for event in run.of(observe.SchedulerStepped) if event.scheduler == made.scheduler]
            metrics = [step.metric for step in steps if step.metric is not None]
            cut = bool(steps) and steps[-1].lrs[0] < made.lrs[0]
            against = _moves(metrics, up=made.mode == "min")
            rates = {"first rate": made.lrs[0], "last rate": steps[-1].lrs[0] if steps else made.lrs[0]}
            if cut and against:
                why = f"the metric goes from {metrics[0]:.3g} to {metrics[-1]:.3g}, and the rate is cut"
                return Evidence(True, why, rates)
        return Evidence(False, "nothing here acts on a metric the wrong way round", {})


_MODE = {"min": 'mode="min"', "max": 'mode="max"'}
_GREATER = {"min": "greater_is_better=False", "max": "greater_is_better=True"}
_OPPOSITE = {"min": "max", "max": "min"}


def direction(metric: str) -> str:
    """`max` or `min` for a metric by its name; nothing where the name speaks of neither or both."""
    words = {word for part in re.split(r"[\W_]+", metric.lower()) for word in (part, part.rstrip("0123456789"))}
    if words & TURNING:
        return ""
    rises, falls = bool(words & RISING), bool(words & FALLING)
    return "" if rises == falls else "max" if rises else "min"


def _last_part(written: str) -> str:
    """What a name, attribute or entry is called; nothing for a computed value."""
    if not re.fullmatch(_PLAIN, written):
        return ""
    return str(re.findall(r"[\w/@-]+", written.removesuffix(".item()"))[-1])


def _moves(values: list[float], *, up: bool) -> bool:
    """Whether values only go one way, and go it."""
    steps = [b - a if up else a - b for a, b in itertools.pairwise(values)]
    return any(step > 0 for step in steps) and all(step >= 0 for step in steps)
