"""Two drawings that should share the data out overlap, so that validation sees what was trained on.

What it does
------------
Finds a training and a validation part of the same data that come from two independent random splits, by `random_split`
or scikit-learn's `train_test_split`, or from index ranges that overlap.

Why it matters
--------------
To give each part a transform of its own, people split the data twice and keep one part of each. Each `random_split`
draws its own order, and so does each `train_test_split` with another `random_state` or none: a fifth of the data for
validation then has four of five samples in the training part too. The accuracy measures memory.

How to mend it
--------------
Draw once and use the same indices for both datasets, `Subset(train_data, indices[:n])` and `Subset(val_data,
indices[n:])`; or give each split a generator with the same seed, `generator=torch.Generator().manual_seed(0)`.

What torch shows
----------------
Samples that validation draws were drawn and back-propagated in training too, by name of the sample: many of them,
and not all.

Known limits
------------
A seed that is set, or a call that cannot be followed, between the two splits makes the rule silent. Two datasets count
as the same data where they are of one library class with the same arguments but for the transforms; arrays and tables,
and columns of them, where they are one object that nothing has changed since. Rows that go through a filter are no
longer followed.

References
----------
https://github.com/hearai/hearai/pull/50
https://discuss.pytorch.org/t/using-random-split-on-two-datasets-with-the-same-indices/99021
https://pytorch.org/docs/stable/data.html#torch.utils.data.random_split
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.data import DatasetBuilt, RowsDrawn
from ft_lint.facts.hub import TrainerBuilt
from ft_lint.facts.models import Forward
from ft_lint.library.datasets.rows import overlap as rows_overlap
from ft_lint.library.datasets.rows import whole
from ft_lint.library.torch.utils.data import overlap, share_out
from ft_lint.library.torch.utils.data.contents import drawn_apart
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Value
from ft_lint.values.training import Dataset, draw_apart


class OverlappingSplits(Rule):
    """Parts of two drawings."""

    code = "TUN804"
    level = Level.WARNING
    message = "`{part}` shares samples with `{other}`, which the model trains on: {why}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Evaluated parts that overlap with trained ones."""
        made = {id(built.dataset): built for built in facts.of(DatasetBuilt)}
        drawn = {id(split.drawing): split for split in facts.of(RowsDrawn)}
        for trainer in facts.of(TrainerBuilt):
            pair = whole(trainer.got("train_dataset")), whole(trainer.got("eval_dataset"))
            if rows_overlap(*pair):
                second = max((made[id(table)] for table in pair), key=lambda built: built.moment.order)
                part, trained_on = (facts.name_of(table, name) for table, name in zip(pair[::-1], _SPLITS, strict=True))
                yield self.finding(
                    facts.blamed(second),
                    why="the slices overlap, let one begin where the other ends",
                    part=part,
                    other=trained_on,
                )
        for forward in facts.evaluations():
            training = [f for _, f in facts.trained_through(forward.module) if _in_one_pass(forward, f)]
            trained = {loader.dataset for f in training for loader in f.loaders}
            for own in {loader.dataset for loader in forward.loaders}:
                for other in trained:
                    rows = drawn_apart(own, other)
                    if rows is not None:
                        later = max((drawn[id(one.drawing)] for one in rows), key=lambda split: split.moment.order)
                        part, trained_on = facts.name_of(rows[0], "this part"), facts.name_of(rows[1], "a part")
                        yield self.finding(facts.blamed(later), why=_APART, part=part, other=trained_on)
                    why = _overlap(own, other)
                    parts = [made[id(part)] for part in (own, other) if id(part) in made]
                    if why and parts:
                        second = max(parts, key=lambda built: built.moment.order)
                        part, trained_on = facts.name_of(own, "this part"), facts.name_of(other, "a part")
                        yield self.finding(facts.blamed(second), why=why, part=part, other=trained_on)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Some of the samples that validation draws are trained on."""
        here = run.loaders_of(line)
        if not here and run.reached(line):  # rows that are drawn here go into loaders that are built elsewhere
            here = frozenset(batch.loader for trained in (True, False) for batch in run.batches(trained=trained))
        trained: dict[tuple[int, str], bool] = {}
        for batch in run.batches(trained=True):
            for key in _samples(run, batch):
                trained[key] = trained.get(key, False) or batch.loader in here
        validation = run.batches(trained=False)
        seen = {key: batch.loader in here for batch in validation for key in _samples(run, batch)}
        about = {key for key, own in seen.items() if own or trained.get(key, False)}
        both = len(about & trained.keys())
        figures = {"validation samples": len(seen), "trained on": both}
        return Evidence(both > 0, f"{both} of {len(seen)} validation samples were trained on", figures)


_ONCE = "so draw the indices once and use them for both"
_APART = f"the two splits draw independently, {_ONCE}"
_SPLITS = ("the evaluation split", "the training split")


def _samples(run: observe.Run, batch: observe.BatchDrawn) -> set[tuple[int, str]]:
    """The samples of a batch, each with every model that is given them."""
    return {(call.module, name) for call in run.used_by(batch) for name in batch.samples}


def _overlap(own: Value, other: Value) -> str:
    """Why two parts of the same data surely share samples; empty where they need not."""
    if not (isinstance(own, Dataset) and isinstance(other, Dataset)) or own is other or not share_out(own, other):
        return ""
    if own.split is not None and other.split is not None:
        return _APART if draw_apart(own.split, other.split) else ""
    return f"the indices overlap, {_ONCE}" if overlap(own, other) else ""


def _in_one_pass(evaluation: Forward, training: Forward) -> bool:
    """Whether two forward passes belong to the same pass of every loop that both stand in: to one fold, for example."""
    passes = {p.loop: p.number for p in evaluation.moment.loops}
    return all(passes.get(p.loop, p.number) == p.number for p in training.moment.loops)
