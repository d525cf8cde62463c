"""In cross-validation one model goes on from fold to fold, so that it is validated on what it was trained on before.

What it does
------------
Finds loops and comprehensions over folds (`KFold.split` and kin of scikit-learn, or lists of indices that the script
writes out) that train and validate a model which was built outside of the loop and is never reset.

Why it matters
--------------
The samples that a fold holds out were trained on in the folds before. From the second fold on the accuracy measures
memory; it rises from fold to fold, and the mean says nothing about new data.

How to mend it
--------------
Build the model (and its optimizer) inside the loop, or `model.load_state_dict(initial)` at its top, where `initial` is
a deep copy of the state dict before the first fold.

What torch shows
----------------
Samples that validation draws had been back-propagated through the same weights in an earlier pass of the loop, with no
`load_state_dict` in between.

Known limits
------------
`TimeSeriesSplit` is silent, since a model that goes on learning as time does is often meant. So is a model that went
to a call that cannot be followed, whose `apply` was called or whose weights were filled in place. Folds made by code
of one's own are seen only where their indices are known numbers.

References
----------
https://github.com/BMEII-AI/RadImageNet/issues/5
https://github.com/kkraoj/lfmc_from_sar/issues/5
https://github.com/McSpooder/camull-net/issues/6
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, LoopPass, StateDictLoaded
from ft_lint.facts.models import Forward, Initialised
from ft_lint.library.sklearn.model_selection import is_sharing_out
from ft_lint.library.torch.utils.data import overlap
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Module, modules_of, parameters_of


class ModelReusedAcrossFolds(Rule):
    """A model that keeps what it learnt in the fold before."""

    code = "TUN808"
    level = Level.WARNING
    message = (
        "`{model}` goes on from fold to fold, so it is validated on samples that it was trained on before: build it "
        "(and its optimizer) inside the loop"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Folds that train the model of the fold before."""
        for evaluation in facts.evaluations():
            model = evaluation.module
            trained = [forward for _, forward in facts.trained_through(model)]
            for fold in evaluation.moment.loops:
                earlier = [f for f in trained if any(_is_before(p, fold) for p in f.moment.loops)]
                now = [f for f in trained if fold in f.moment.loops]
                goes_on = earlier and now and self._shares_out(fold, evaluation, earlier, now)
                if goes_on and not _may_be_reset(model) and not self._is_reset(facts, model, earlier[-1], now[0]):
                    yield self.finding(fold.node, model=facts.name_of(model, "model"))

    @staticmethod
    def _shares_out(fold: LoopPass, evaluation: Forward, earlier: list[Forward], now: list[Forward]) -> bool:
        """Whether what is held out now was trained on before, and is not trained on now."""
        if is_sharing_out(fold.over):
            return True
        held = [loader.dataset for loader in evaluation.loaders]
        before = [loader.dataset for forward in earlier for loader in forward.loaders]
        present = [loader.dataset for forward in now for loader in forward.loaders]
        shared = any(overlap(own, other) is True for own in held for other in before)
        return shared and all(overlap(own, other) is False for own in held for other in present)

    @staticmethod
    def _is_reset(facts: Facts, model: Module, last: Forward, first: Forward) -> bool:
        """Whether weights of the model were loaded, or drawn anew, between two passes."""
        parts = {id(part) for part in modules_of(model)}
        own = {id(parameter) for parameter in parameters_of(model)}
        since = facts.between(last, first)
        if any(id(loaded.module) in parts for loaded in since.of(StateDictLoaded)):
            return True
        return any(id(p) in own for drawn in since.of(Initialised) for p in drawn.parameters)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Validation samples were trained on through the same weights, which were not loaded anew meanwhile."""
        start = min(run.reached(line), default=0)
        loads = run.of(observe.StateLoaded)
        learnt: dict[tuple[int, str], int] = {}
        for batch in run.batches(trained=True):
            learnt |= {key: batch.order for key in _samples(run, batch) if batch.order > start}
        seen: set[tuple[int, str]] = set()
        known: set[tuple[int, str]] = set()
        for batch in run.batches(trained=False):
            samples = _samples(run, batch) if batch.order > start else set()
            seen |= samples
            known |= {
                (model, name)
                for model, name in samples
                if (model, name) in learnt and not _loaded(loads, model, learnt[model, name], batch.order)
                and learnt[model, name] < batch.order
            }  # fmt: skip
        figures = {"validation samples": len(seen), "trained on before": len(known)}
        return Evidence(bool(known), f"{len(known)} of {len(seen)} validation samples were trained on before", figures)


def _may_be_reset(model: Module) -> bool:
    """Whether something may have set the model's weights anew, one by one or unseen."""
    by_hand = any("altered" in parameter.fields for parameter in parameters_of(model))
    return by_hand or any({"escaped", "applied"} & part.fields.keys() for part in modules_of(model))


def _is_before(earlier: LoopPass, later: LoopPass) -> bool:
    return earlier.loop == later.loop and earlier.number < later.number


def _samples(run: observe.Run, batch: observe.BatchDrawn) -> set[tuple[int, str]]:
    return {(call.module, name) for call in run.used_by(batch) for name in batch.samples}


def _loaded(loads: observe.Events[observe.StateLoaded], model: int, first: int, last: int) -> bool:
    return any(load.module == model and first < load.order < last for load in loads)
