"""When a trainer evaluates and saves, and which combinations it refuses.

Source: ``TrainingArguments._validate_args``, ``Trainer.__init__`` and ``EarlyStoppingCallback.on_train_begin`` of
transformers 5.24.
"""

from __future__ import annotations

from ft_lint.library.transformers.trainer import truth_of_setting
from ft_lint.light import dataclass
from ft_lint.values.base import NONE, Constant, Items, UnknownNumber, Value, is_none, number, text, truth
from ft_lint.values.callables import Instance, Reference
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.count import Count


@dataclass(frozen=True, slots=True)
class Unworkable:
    """Settings that cannot work together: ``why`` says it in a phrase, ``setting`` is the one to look at."""

    setting: str
    why: str


def refused(arguments: Instance) -> Unworkable | None:
    """Why these arguments raise ValueError when they are built; None where they do not, or that is not known."""
    if not _is_known(arguments) or truth_of_setting(arguments, "load_best_model_at_end") is not True:
        return None
    evaluation, saving = strategy(arguments, "eval_strategy", "no"), strategy(arguments, "save_strategy", "steps")
    if evaluation is None or saving is None or saving == "best":
        return None
    if evaluation != saving:
        return Unworkable(
            "load_best_model_at_end",
            f'the model is evaluated by "{evaluation}" and saved by "{saving}", which must be the same',
        )
    every, saved = _steps(arguments, "eval_steps"), _steps(arguments, "save_steps")
    if evaluation != "steps" or every is None or saved is None or every < 1 or saved < 1 or saved % every == 0:
        return None
    return Unworkable(
        "load_best_model_at_end",
        f"it is saved every {saved} steps, which is no multiple of the {every} after which it is evaluated",
    )


def may_evaluate(trainer: Instance) -> bool:
    """Whether a trainer may evaluate while it trains: not by default."""
    arguments = trainer.given("args")
    if not isinstance(arguments, Instance) or not _is_known(arguments):
        return True
    return strategy(arguments, "eval_strategy", "no") != "no"


def never_evaluated(trainer: Instance, arguments: Instance) -> Unworkable | None:
    """Why a trainer raises over these arguments, when built or in training; None where it does not, as far as is known.

    ``setting`` is empty where what is missing is the mistake.
    """
    if not _is_known(arguments) or not trainer.complete:
        return None
    evaluation = strategy(arguments, "eval_strategy", "no")
    if evaluation == "no" and _stops_early(trainer):
        return Unworkable("", "`EarlyStoppingCallback` needs evaluations, and there is no `eval_strategy`")
    if _stops_early(trainer) and not _has_metric(arguments):
        return Unworkable("", "`EarlyStoppingCallback` needs `metric_for_best_model`, which is not set")
    if evaluation in ("epoch", "steps") and is_none(trainer.given("eval_dataset") or NONE):
        return Unworkable(
            "eval_strategy", f'"{evaluation}" asks for evaluations, and the trainer has no `eval_dataset`'
        )
    return None


def _stops_early(trainer: Instance) -> bool:
    """Whether its callbacks surely hold an ``EarlyStoppingCallback``."""
    match trainer.given("callbacks"):
        case List(fields={"items": Items(values)}):
            return any(isinstance(one, Instance) and one.library.endswith(".EarlyStoppingCallback") for one in values)
    return False


def _has_metric(arguments: Instance) -> bool:
    """Whether a metric is named, or one may be; ``load_best_model_at_end`` and some schedules name the loss."""
    named = arguments.given("metric_for_best_model")
    best = truth_of_setting(arguments, "load_best_model_at_end")
    return not is_none(named or NONE) or best is not False or arguments.given("lr_scheduler_type") is not None


def _is_known(arguments: Instance) -> bool:
    return arguments.complete and arguments.cls is None and "escaped" not in arguments.fields


def _is_member(given: Reference) -> bool:
    """Whether a library's name is that of a member of its enum, and not of somebody's settings."""
    return given.path.startswith("transformers.") and given.path.rpartition(".")[2].isupper()


def strategy(arguments: Instance, name: str, default: str) -> str | None:
    """A strategy in lower case, as text or as a member of its enum; None where it is not known."""
    old = name.replace("eval_", "evaluation_")
    given: Value = arguments.given(name) or arguments.given(old) or Constant(default)
    found = given.path.rpartition(".")[2] if isinstance(given, Reference) and _is_member(given) else text(given)
    return None if found is None else found.lower()


def _steps(arguments: Instance, name: str) -> float | int | None:
    """After how many steps; evaluations come as often as logs where nothing is said."""
    given = arguments.given(name)
    if (given is None or is_none(given)) and name == "eval_steps":
        given = arguments.given("logging_steps")
    return number(given or Constant(500))


def best_metric(arguments: Instance) -> tuple[str, str] | None:
    """The metric by which the best model is chosen, and whether its ``max`` or ``min`` is; None where none is chosen.

    Without ``greater_is_better`` it is the greatest, unless the name ends with "loss" (``TrainingArguments``).
    """
    metric, greater = text(arguments.given("metric_for_best_model")), arguments.given("greater_is_better")
    chooses = (
        truth_of_setting(arguments, "load_best_model_at_end") or strategy(arguments, "save_strategy", "") == "best"
    )
    if metric is None or not chooses or not _is_known(arguments):
        return None
    if greater is None or is_none(greater):
        return metric, "min" if metric.endswith("loss") else "max"
    wanted = truth(greater)
    return None if wanted is None else (metric, "max" if wanted else "min")


_ALWAYS = frozenset(
    "loss runtime samples_per_second steps_per_second model_preparation_time jit_compilation_time".split()
)
"""Metrics that a trainer adds by itself."""


def metrics_refused(value: Value, trainer: Instance) -> str:
    """Why a trainer cannot use what its ``compute_metrics`` gives; "" where it can, or that is not known."""
    if isinstance(value, Dict):
        return _metric_missing(value, trainer)
    match value:
        case Constant(None):
            return "it gives None"
        case Constant() | UnknownNumber() | Count():
            return "it gives a number"
        case Tuple(names=()):
            return "it gives a tuple"
        case List():
            return "it gives a list"
    return ""


def _metric_missing(metrics: Dict, trainer: Instance) -> str:
    arguments = trainer.given("args")
    if not isinstance(arguments, Instance) or not metrics.complete or not _is_known(arguments):
        return ""
    wanted = text(arguments.given("metric_for_best_model"))
    names = {str(key).removeprefix("eval_") for key in metrics.entries} | _ALWAYS
    if wanted is None or wanted.removeprefix("eval_") in names or strategy(arguments, "save_strategy", "steps") == "no":
        return ""
    return f"`metric_for_best_model={wanted!r}` is not among what it gives"
