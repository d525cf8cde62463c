"""A transform is set on a subset, where nothing reads it, or on the dataset that several subsets share.

What it does
------------
Finds `subset.transform = ...` on what `random_split` or `Subset` gave, `subset.dataset.transform = ...` where
another subset of the same dataset is used and should have another transform, and `dataset.transform = ...` before each
of several loaders over one dataset is built.

Why it matters
--------------
A `Subset` asks its dataset for the item, transform and all; an attribute that is set on the subset itself changes
nothing. The dataset is one object for all its subsets: a transform set through one of them holds for every one, so
that training loses its augmentation, or validation gets it. Nothing is raised.

How to mend it
--------------
Give each split a dataset of its own, built with its own transform, and split the indices once:
`Subset(train_data, indices[:n])`, `Subset(val_data, indices[n:])`. Or wrap each subset in a small dataset that
applies the transform itself.

What torch shows
----------------
Batches of the subset are made without the transform that was set on it. Through the shared dataset, validation
images are augmented, or the augmentation that the script built never runs while it trains.

Known limits
------------
A class of one's own that extends `Subset` and reads its transform is silent, and so are a transform that the script
reads again, a copied dataset (`subset.dataset = copy(...)`), and the same transform for all.

References
----------
https://github.com/torchgeo/torchgeo/pull/257
https://github.com/victoresque/pytorch-template/issues/62
https://github.com/growingnet/gromo/pull/58
https://discuss.pytorch.org/t/apply-different-transform-data-augmentation-to-train-and-validation/63580
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.data import DatasetAttributeSet, LoaderBuilt
from ft_lint.facts.models import Forward
from ft_lint.library.augmenting import augmenting
from ft_lint.library.torchvision.transforms import RANDOM, alike
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Missing, Unknown, Value, is_none
from ft_lint.values.training import Dataset, Loader

NAMES = ("transform", "transforms", "target_transform")


class SubsetTransformIgnored(Rule):
    """A transform for one part that reaches none, or all."""

    code = "TUN803"
    level = Level.WARNING
    message = (
        "`{target} = ...` does nothing: a `Subset` hands out what its dataset gives, so set the transform on a dataset "
        "of its own, or wrap the subset"
    )
    SHARED = (
        "`{target} = ...` holds for all subsets of the dataset, `{other}` too: build a dataset of its own for each "
        "transform, and split the indices"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Transforms set on subsets, and on what they share."""
        sets = [fact for fact in facts.of(DatasetAttributeSet) if fact.name in NAMES]
        for fact in sets:
            owner = fact.dataset
            if isinstance(owner, Dataset) and owner.base is not None:
                if fact.name not in owner.reads and not self._already_so(fact, owner):
                    yield self.finding(fact, target=fact.target)
                continue
            same = [other for other in sets if other.dataset is owner and other.name == fact.name]
            if fact is same[-1]:
                yield from self._shared(facts, fact, same)
                yield from self._by_turns(facts, fact, same)

    @staticmethod
    def _already_so(fact: DatasetAttributeSet, subset: Dataset) -> bool:
        base = subset.base
        held = base.fields.get(fact.name, base.arguments.get(fact.name)) if isinstance(base, Dataset) else None
        return held is fact.value or isinstance(held, Unknown)

    def _shared(self, facts: Facts, last: DatasetAttributeSet, sets: list[DatasetAttributeSet]) -> Iterator[Finding]:
        """The last transform that was set through a part: who else has it, and should have another one?"""
        if not isinstance(last.through, Dataset) or last.through.base is not last.dataset:
            return
        loaders = [built.loader for built in facts.of(LoaderBuilt)]
        others = [ld for ld in loaders if isinstance(ld.dataset, Dataset) and ld.dataset.base is last.dataset]
        for loader in others:
            used_later = any(f.moment.order > last.moment.order for f in facts.uses(loader.dataset))
            if loader.dataset is last.through or not used_later:
                continue
            meant = next((s.value for s in reversed(sets) if s.through is loader.dataset), sets[0].before)
            if meant is not None and alike(meant, last.value):
                continue
            other_is_meant = not isinstance(meant, Missing | Unknown) and not is_none(meant)
            evaluated = any(loader in forward.loaders for forward in facts.evaluations())
            if other_is_meant or (evaluated and augmenting(last.value)):
                name = facts.name_of(loader.dataset, "the other part")
                yield self.finding(last, message=self.SHARED, target=last.target, other=name)

    def _by_turns(self, facts: Facts, last: DatasetAttributeSet, sets: list[DatasetAttributeSet]) -> Iterator[Finding]:
        """A transform for each loader, set on the dataset that all share before it is built: the last holds for all."""
        if last.through is not None:
            return
        loaders = [one for one in facts.of(LoaderBuilt) if last.dataset in (one.loader.dataset, _base(one.loader))]
        if not any(one.moment.order > last.moment.order for one in loaders):
            return
        for built in loaders:
            meant = next((s.value for s in reversed(sets) if s.moment.order < built.moment.order), None)
            if meant is None or augmenting(meant) == augmenting(last.value):
                continue
            uses = [f for f in facts.after(last).of(Forward) if built.loader in f.loaders]
            if any(f.grad is not False or augmenting(last.value) for f in uses):
                other = facts.name_of(built.loader, "the other loader")
                yield self.finding(last, message=self.SHARED, target=last.target, other=other)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What is set here never runs for its subset; or it runs for all, and augments validation or nothing."""
        kinds = {event.transform: event.kind for event in run.of(observe.TransformBuilt)}
        sources = {event.loader: event.dataset for event in run.of(observe.LoaderBuilt)}
        augmentations = {number for number, kind in kinds.items() if kind in RANDOM}
        for event in run.at(line).of(observe.TransformSet):
            later = run.after(event).of(observe.BatchDrawn)
            own = [batch for batch in later if sources.get(batch.loader) == event.dataset]
            if own and not any(event.value in batch.transforms for batch in own):
                return Evidence(True, f"it ran for none of {len(own)} batches", {"batches": len(own)})
            training = [b for b in run.batches(trained=True) if b.order > event.order]
            validation = [b for b in run.batches(trained=False) if b.order > event.order]
            augmented = [b for b in validation if augmentations & b.transforms]
            if augmented:
                return Evidence(True, "validation images are augmented", {"augmented batches": len(augmented)})
            if augmentations and training and not any(augmentations & b.transforms for b in training):
                return Evidence(True, "the augmentation never runs in training", {"training batches": len(training)})
        return Evidence(False, "every subset gets its own transform")


def _base(loader: Loader) -> Value | None:
    """The dataset that a loader's is a part of."""
    return loader.dataset.base if isinstance(loader.dataset, Dataset) else None
