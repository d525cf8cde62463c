"""Right answers are counted over samples and divided by another number, so the accuracy is no share.

What it does
------------
Finds a count of right answers that is divided by the number of batches (`len(loader)`); by the length of a whole
dataset of which a `SubsetRandomSampler` gives a part; or by the length of another dataset: the training set for answers
on the validation set, the whole for answers on a part of it.

Why it matters
--------------
The sum of right answers over `len(loader)` is the batch size times too large: 18 instead of 0.56. Over a dataset of
which only a fifth was looked at, it cannot pass 0.2. Both are often believed, since they rise and fall as they should.

How to mend it
--------------
Count the samples as they come, `total += labels.size(0)`, and divide by `total`; or by `len(loader.dataset)` where no
sampler leaves samples out, else by `len(loader.sampler)`.

What torch shows
----------------
The share that is computed on the reported line is above 1; or the divisor is larger than the number of samples that
were drawn, so that even a faultless model could not reach 1.

Known limits
------------
The mean over batches of each batch's accuracy is (nearly) right and silent; so are counts divided again later, loaders
of batches of one sample, and a division whose two sides are not both known to be counts. Two datasets of one's own
classes, or of tensors of unknown length, may well be as long as each other: they are silent.

References
----------
https://github.com/neurosim/DNN_NeuroSim_V1.3/issues/31
https://github.com/udacity/deep-learning-v2-pytorch/pull/336
https://github.com/machine-perception-robotics-group/MPRGDeepLearningLectureNotebook/issues/4
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import Backward
from ft_lint.facts.tensors import CountDivided
from ft_lint.library.torch.utils.data.contents import are_apart, differ_in_length
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import NONE, Value, integer, is_none
from ft_lint.values.callables import Instance
from ft_lint.values.training import Loader


class WrongDenominator(Rule):
    """Right answers over something else than answers."""

    code = "TUN807"
    level = Level.WARNING
    message = (
        "right answers are counted per sample and divided by {divisor}, so this is no share of them: divide by the "
        "number of samples that were looked at"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Counts of right answers over counts of something else."""
        for division in facts.of(CountDivided):
            divisor = self._wrong(facts, division)
            if divisor and "divided" not in division.quotient.fields:
                yield self.finding(division, divisor=divisor)

    @classmethod
    def _wrong(cls, facts: Facts, division: CountDivided) -> str:
        """What the hits are divided by, in words; empty where it may be right."""
        loader, by = division.numerator.of, division.denominator
        if not isinstance(loader, Loader):
            return ""
        if isinstance(by.of, Loader):
            size = by.of.arguments.get("batch_size", NONE)
            single = integer(size) == 1 or (is_none(size) and is_none(by.of.arguments.get("batch_sampler", NONE)))
            return "" if single else "the number of batches"
        sampler = loader.arguments.get("sampler")
        if by.of is loader.dataset:
            partly = isinstance(sampler, Instance) and sampler.kind.endswith(".SubsetRandomSampler")
            return "the length of the whole dataset, of which a sampler gives a part" if partly else ""
        if loader.sampled or cls._is_right_otherwise(facts, division):
            return ""
        mine = loader.dataset
        differs = differ_in_length(mine, by.of) or (are_apart(mine, by.of) and cls._one_trains(facts, mine, by.of))
        return "the length of another dataset" if differs else ""

    @staticmethod
    def _is_right_otherwise(facts: Facts, division: CountDivided) -> bool:
        """Whether the very same division has the right length on another way: what chose one may have chosen both."""
        beside = (one for one in facts.at(division) if one.moment.loops == division.moment.loops)
        ways = (one for one in beside if one.moment.calls == division.moment.calls)
        return any(isinstance(w.numerator.of, Loader) and w.numerator.of.dataset is w.denominator.of for w in ways)

    @staticmethod
    def _one_trains(facts: Facts, left: Value, right: Value) -> bool:
        """Whether one of two datasets is trained on and the other is not: several views of one are alike in length."""
        trained = {loader.dataset for backward in facts.of(Backward) for loader in backward.loaders}
        return (left in trained) != (right in trained)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The share computed here is above 1, or is one of more samples than were drawn."""
        for division in run.at(line).of(observe.Divided):
            last = run.of(observe.BatchDrawn).before(division).last
            if last is None or not division.directly_at(line):
                continue
            drawn = sum(len(b.samples) for b in run.of(observe.BatchDrawn) if b.iteration == last.iteration)
            per_hundred = division.numerator > drawn
            share = division.numerator / division.denominator / (100 if per_hundred else 1)
            figures = {"divisor": division.denominator, "samples": drawn, "share": round(share, 4)}
            if share > 1:
                return Evidence(True, f"a share of {share:.2f}, of {drawn} samples", figures)
            if division.denominator > drawn:
                return Evidence(True, f"at most {drawn / division.denominator:.2f} can be reached", figures)
        return Evidence(False, "the share is one of the samples drawn")
