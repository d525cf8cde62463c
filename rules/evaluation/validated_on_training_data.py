"""The data that validation runs on is the data that the model is trained on.

What it does
------------
Finds loaders (or `eval_dataset=`) used for validation that hold the training samples, and a training loader handed
to the evaluation. The samples are the same where validation gets a part of what training gets as a whole, a part of a
`ConcatDataset`, a dataset of torchvision built twice with the same arguments, or two objects of one's own class that
hold the same table, array or list. So they are where a loader for validation gives the whole of what the training data
was split off from.

Why it matters
--------------
The accuracy measures memory. It rises while the model gets worse on new data; early stopping and the choice of the
best epoch go by it.

How to mend it
--------------
Give validation its own data: the validation split, `train=False`, or `random_split` once and both parts used.

What torch shows
----------------
Every sample in the batches that validation draws was also drawn in a batch that was back-propagated, and no other
validation of the run sees anything else.

Known limits
------------
A function that does not train and says by its name that it is for training data (`save_training_scores`) is silent.

Measuring the training accuracy beside a validation on other data is right and silent; so is a pass beside the training
steps for the same batch, as in meta-learning. A loop that takes images and no labels (`for images, _ in loader`)
validates nothing, nor does one whose model gets all that is drawn without a loss (items for users), nor the one batch
of `next(iter(loader))`, nor a loader named for pictures (`vis_loader`). One
over the training data that has a name, and none that speaks of validation (`prediction_loader`), may be meant. A loader
of other data that goes to a call that cannot be followed may be what the model is validated on: all is silent then.
So is a part of the training data in a loader whose name does not speak of validation, what a model is trained on at
first and not afterwards, two objects of one's own dataset class that read files, and one that is told what to give
(`data.mode = "val"`). A `Trainer` without `eval_strategy` whose `evaluate()` nobody calls makes nothing of its
`eval_dataset`.

References
----------
https://github.com/HuCaoFighting/Swin-Unet/issues/135
https://github.com/ChenYichen9527/EV-UAV/issues/25
https://github.com/KrishnaDN/x-vector-pytorch/issues/8
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from ft_lint import observe
from ft_lint.facts import Facts, LoopPass
from ft_lint.facts.data import BatchesHandedOver, DatasetAttributeSet, LoaderBuilt
from ft_lint.facts.hub import TrainerBuilt, TrainerEvaluated
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward, LossComputed
from ft_lint.library.datasets.rows import contains
from ft_lint.library.torch.utils.data.contents import holds
from ft_lint.library.transformers.strategies import may_evaluate
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.syntax.loops import gives_alone, takes_first_alone
from ft_lint.syntax.names import is_for_display
from ft_lint.syntax.written import dotted_name
from ft_lint.values.base import Value, is_none
from ft_lint.values.module import Mode, Module
from ft_lint.values.training import Loader


class ValidatedOnTrainingData(Rule):
    """Validation on what was trained on."""

    code = "TUN801"
    level = Level.WARNING
    message = (
        "validation runs on the samples that the model is trained on, so it cannot show how well it generalises: "
        "give it data of its own"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Validation loaders over training samples."""
        for built in facts.of(TrainerBuilt):
            place, fitted = built.place("eval_dataset"), built.got("train_dataset")
            judged = built.got("eval_dataset")
            asked = any(evaluated.trainer is built.trainer for evaluated in facts.of(TrainerEvaluated))
            if not asked and not may_evaluate(built.trainer):
                continue
            if place is not None and not is_none(fitted) and (fitted is judged or contains(fitted, judged)):
                yield self.finding(place)
        evaluated = list(facts.evaluations())
        switched = {one.dataset for one in facts.of(DatasetAttributeSet) if "transform" not in one.name}
        for forward in evaluated:
            training = facts.trained_through(forward.module)
            trained = {loader for _, f in training for loader in f.loaders}
            seen = {data for f in evaluated if f.module is forward.module for data in _data(f.loaders)}
            seen |= {*_data(_handed_over(facts, forward.module))}
            if not trained or not forward.loaders or not seen.isdisjoint(switched):
                continue
            if _is_meant_for_training_data(forward, [b for b, _ in training]):
                continue
            if not _all_are_trained_on(seen, trained):
                whole = [one.node for one in forward.loaders if _holds_all(facts, one, trained)]
                yield from (self.finding(node) for node in whole if node is not None)
                if not whole and forward.loaders <= trained and _stands_in_for_idle(facts, forward, evaluated):
                    yield from (self.finding(node) for node in _misdirected(facts, forward))
                continue
            if any(takes_first_alone(one.node) for one in forward.moment.loops[-1:]) or _is_asked_alone(facts, forward):
                continue  # without labels nothing is validated
            if not forward.moment.in_batches:
                continue  # nor with the one batch of `next(iter(loader))`
            if any(_batch_of(b) == _batch_of(forward) for b, _ in training):
                continue  # nor with the very batch that is trained on, as for an attack
            own = {loader for loader in forward.loaders - trained if _is_for_validation(facts.name_of(loader, ""))}
            before = {loader for _, f in training if f.moment.order < forward.moment.order for loader in f.loaders}
            own = {one for one in own if one.dataset in _data(trained) or _is_held_out(facts, one, before)}
            if own and not any(loader.selects for loader in own | trained):
                yield from (self.finding(loader.node) for loader in own if loader.node is not None)
            elif any(b.moment.within(forward.moment) for b, _ in training) and forward.moment.loops[1:]:
                continue  # it is trained on this very batch
            elif forward.loaders <= trained and _idle_loaders(facts, forward):
                yield from (self.finding(node) for node in _misdirected(facts, forward))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The validation batches of this line hold only trained samples, and no validation sees others."""
        trained = run.batches(trained=True)
        seen = {name for batch in trained for name in (*batch.samples, *batch.contents)}
        validation = run.batches(trained=False)
        unseen = [batch for batch in validation if not self._known(batch, seen)]
        here = self._of_line(run, line, validation)
        known = [batch for batch in here if self._known(batch, seen)]
        figures = {"validation batches": len(here), "of trained samples": len(known), "unseen anywhere": len(unseen)}
        holds = bool(known) and not unseen
        return Evidence(holds, f"{len(known)} of {len(here)} validation batches were trained on", figures)

    @staticmethod
    def _known(batch: observe.BatchDrawn, seen: set[str]) -> bool:
        """Whether every sample of a batch was trained on, by origin or by content."""
        by_origin = bool(batch.samples) and all(name in seen for name in batch.samples)
        return by_origin or (bool(batch.contents) and all(name in seen for name in batch.contents))

    @staticmethod
    def _of_line(run: observe.Run, line: int, validation: list[observe.BatchDrawn]) -> list[observe.BatchDrawn]:
        """Validation batches of the loaders built on a line, else drawn by it, else (handed to a framework) all."""
        built = {event.loader for event in run.at(line).of(observe.LoaderBuilt)}
        return (
            [batch for batch in validation if batch.loader in built]
            or [batch for batch in validation if batch.at(line)]
            or ([] if built else validation)
        )


def _batch_of(fact: Forward | Backward) -> LoopPass | None:
    """The pass of a loop over batches in which something happens."""
    return next((drawn for drawn in reversed(fact.moment.loops) if drawn.over_batches), None)


def _is_meant_for_training_data(forward: Forward, training: list[Backward]) -> bool:
    """Whether a function that does not train says by its name that it is for training data: `save_training_scores`."""
    call = forward.moment.calls[-1] if forward.moment.calls else None
    if not isinstance(call, ast.Call) or any(b.moment.calls == forward.moment.calls for b in training):
        return False
    words = re.findall("[a-z]+", (dotted_name(call.func) or "").rpartition(".")[2].lower())
    return any(word in ("train", "training", "trained") for word in words)


def _is_asked_alone(facts: Facts, forward: Forward) -> bool:
    """Whether the model gets all that is drawn and no loss is computed: what it answers is compared with other data, as
    where items are recommended to users.
    """
    calls = (*forward.moment.calls, forward.node)
    for depth, drawn in enumerate(forward.moment.loops, 1):
        if drawn.over_batches and any(gives_alone(drawn.node, call) for call in calls):
            here = forward.moment.loops[:depth]
            return not any(loss.moment.loops[:depth] == here for loss in facts.after(forward).of(LossComputed))
    return False


def _data(loaders: Iterable[Loader]) -> list[Value]:
    return [loader.dataset for loader in loaders]


def _all_are_trained_on(seen: set[Value], trained: set[Loader]) -> bool:
    """Whether all that a model is validated on is trained on: as it is, or within whatever it is trained on."""
    known = {*_data(trained)}
    if any(map(is_none, seen)):
        return False  # what it will be is not seen
    return all(data in known or all(holds(one, data) for one in known) for data in seen)


def _holds_all(facts: Facts, loader: Loader, trained: set[Loader]) -> bool:
    """Whether a loader speaks of held-out data and gives the whole of what the training data was taken from."""
    parts = [one.dataset for one in trained if one.dataset is not loader.dataset]
    whole = len(parts) == len(trained) and all(holds(loader.dataset, part) for part in parts)
    return whole and not loader.selects and _speaks_of_held_out(facts, loader)


def _is_held_out(facts: Facts, loader: Loader, trained: set[Loader]) -> bool:
    """Whether a loader speaks of held-out data and all that was trained on until then holds what it gives."""
    spoken = _speaks_of_held_out(facts, loader)
    return spoken and bool(trained) and all(holds(data, loader.dataset) for data in _data(trained))


def _speaks_of_held_out(facts: Facts, loader: Loader) -> bool:
    words = re.findall("[a-z]+", facts.name_of(loader, "").lower())
    return any(one in word for word in words for one in ("val", "test", "dev", "held")) and "train" not in words


def _handed_over(facts: Facts, module: Module) -> Iterator[Loader]:
    """Loaders whose batches a call that we cannot follow may run the model on."""
    for fact in facts.of(BatchesHandedOver):
        if not fact.modules or module in fact.modules:
            yield from fact.loaders


def _is_for_validation(name: str) -> bool:
    """Whether a loader's own name says so, or nothing: of a `prediction_loader` the author may know what it holds."""
    words = set(re.findall("[a-z]+", name.lower())) - _SAYING_NOTHING
    spoken = any(one in word for word in words for one in ("val", "test", "dev", "eval", "held"))
    return not is_for_display(name) and (spoken or not words)


_SAYING_NOTHING = frozenset(
    "self data loader loaders dataloader dataloaders dl dls batches iterator phase mode".split()
)


def _only_looks(facts: Facts, forward: Forward) -> bool:
    """Whether a pass is surely no part of training: without gradients, or in evaluation mode."""
    aside = forward.grad is False or (isinstance(forward.mode, Mode) and not forward.mode.training)
    return aside and not any(b.moment.loops == forward.moment.loops for b in facts.of(Backward))


def _misdirected(facts: Facts, forward: Forward) -> list[ast.AST]:
    """Where a pass gets training batches while a loader is idle: the call of what looks at them, else the loop over
    them, where it stands beside the training and the idle loader is for validation.
    """
    beside = any(b.moment.calls == forward.moment.calls for b, _ in facts.trained_through(forward.module))
    if not beside:
        return list(forward.moment.calls[-1:])
    spoken = any(_speaks_of_held_out(facts, one) for one in _idle_loaders(facts, forward))
    return [_looped_over(forward)] if spoken and _only_looks(facts, forward) else []


def _looped_over(forward: Forward) -> ast.AST:
    """What the innermost loop goes through, as it is written."""
    loop = forward.moment.loops[-1].node
    return loop.iter if isinstance(loop, ast.For | ast.AsyncFor) else loop


def _stands_in_for_idle(facts: Facts, forward: Forward, evaluated: list[Forward]) -> bool:
    """Whether training batches are looked at in each epoch, no other ones are in it, and a loader for validation is
    never used: what is tested at the end is another matter.
    """
    epochs, module = forward.moment.loops[:-1], forward.module
    beside = [one for one in evaluated if one.module is module and one.moment.loops[:-1] == epochs]
    trains = any(b.moment.loops[:-1] == epochs for b, _ in facts.trained_through(module))
    alone = all(one.loaders <= forward.loaders for one in beside)
    if not (epochs and trains and alone):
        return False
    idle = set(_idle_loaders(facts, forward)).difference(_handed_over(facts, module))
    return any(_speaks_of_held_out(facts, one) for one in idle)


def _idle_loaders(facts: Facts, forward: Forward) -> list[Loader]:
    """The loaders over other data that were built, and whose batches no model is ever given."""
    used = {loader for f in facts.of(Forward) for loader in f.loaders}
    data = {id(dataset) for dataset in _data(used)}
    built = (one.loader for one in facts.before(forward).of(LoaderBuilt))
    return [loader for loader in built if loader not in used and id(loader.dataset) not in data]
