"""The best epoch is chosen by the test data, so the test score is no longer one of unseen data.

What it does
------------
Finds comparisons of a score that was computed on a test set (`train=False`, `split="test"` of torchvision) where the
better one's weights are kept or saved, in scripts that evaluate on nothing else.

Why it matters
--------------
Of many epochs the one that happens to suit the test set is kept, and its score is reported. It is higher than on data
that nobody chose by; the more epochs, settings and seeds are tried, the higher.

How to mend it
--------------
Split a validation part off the training data (`random_split`), choose by it, and look at the test set once, at the end.

What torch shows
----------------
The weights are taken or saved right after a comparison whose score comes from samples of the test set, and no
evaluation of the run sees other samples.

Known limits
------------
Where the data come as two parts only, many papers report so knowingly: hence advice. What a dataset of one's own calls
its test part is not known.

References
----------
https://github.com/xuanmay2701/shapeformer/issues/2
https://github.com/DearCaat/RRT-MIL/issues/22
https://github.com/thunlp/OpenNRE/issues/125
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, StateDictKept, StateDictUsed
from ft_lint.facts.results import ScoreCompared
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Constant, Negation, Value
from ft_lint.values.training import Dataset, Loader

OF_TEST_DATA = ("train=False", "split=test")
"""How a sample of a test set is named in the record of a run."""


class SelectedOnTestData(Rule):
    """Weights kept by their test score."""

    code = "TUN806"
    level = Level.ADVICE
    message = (
        "the weights to keep are chosen by the score on the test set `{data}`, so that score is too good for new data: "
        "choose by a validation part"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Comparisons of test scores on which weights are kept."""
        evaluated = {loader for forward in facts.evaluations() for loader in forward.loaders}
        trained = {ld for f in facts.evaluations() for _, t in facts.trained_through(f.module) for ld in t.loaders}
        if not all(map(_is_test, evaluated - trained)):
            return
        keeps = [*facts.of(StateDictKept), *(used for used in facts.of(StateDictUsed) if used.how == "saved")]
        for compared in facts.of(ScoreCompared):
            outcome = _condition(compared.outcome)
            chosen = any(condition is outcome for fact in keeps for condition, _ in fact.moment.path)
            tests = [loader for loader in compared.loaders if _is_test(loader)]
            if chosen and tests and len(tests) == len(compared.loaders - trained):
                yield self.finding(compared, data=facts.name_of(tests[0].dataset, "the data"))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Weights are taken after a look at the test set, and nothing else was looked at."""
        validation = run.batches(trained=False)
        on_test = [batch for batch in validation if _names_test(batch)]
        chosen = 0
        for visit in run.reached(line):
            after = [event for event in run.of(observe.StateDictTaken) if event.order > visit]
            drawn = [batch.order for batch in run.of(observe.BatchDrawn) if batch.order > visit]
            chosen += bool(after) and after[0].order < min(drawn, default=after[0].order + 1)
        figures = {"evaluation batches": len(validation), "of the test set": len(on_test), "weights kept": chosen}
        holds = bool(on_test) and len(on_test) == len(validation) and chosen > 0
        return Evidence(holds, f"{len(on_test)} of {len(validation)} evaluation batches are of the test set", figures)


def _is_test(loader: Loader) -> bool:
    """Whether a loader is over the test part of a dataset of torchvision."""
    data: Value | None = loader.dataset
    while isinstance(data, Dataset) and data.base is not None:
        data = data.base
    if not isinstance(data, Dataset):
        return False
    train, split = data.arguments.get("train"), data.arguments.get("split")
    by_flag = isinstance(train, Constant) and train.value is False
    return by_flag or (isinstance(split, Constant) and split.value == "test")


def _condition(outcome: Value) -> Value:
    while isinstance(outcome, Negation):
        outcome = outcome.of
    return outcome


def _names_test(batch: observe.BatchDrawn) -> bool:
    return all(any(told in name for told in OF_TEST_DATA) for name in batch.samples)
