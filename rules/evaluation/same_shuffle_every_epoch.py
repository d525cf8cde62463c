"""A DistributedSampler that is never told the epoch shuffles the same way each time.

What it does
------------
Finds `DistributedSampler` whose loader is trained on for several epochs and whose `set_epoch` nobody calls.

Why it matters
--------------
All processes must draw the same permutation, so the sampler seeds it with its own seed plus the epoch. Where the
epoch stays 0, every epoch has the same order, the same batches and, in each process, the same part of the data.

How to mend it
--------------
`sampler.set_epoch(epoch)` at the top of the epoch loop.

What torch shows
----------------
The loader gives the same samples in the same order in each of its passes.

Known limits
------------
Lightning and accelerate set the epoch themselves and are silent, and so is a sampler or loader that goes to a call
which cannot be followed.

References
----------
https://pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler
https://github.com/pytorch/pytorch/issues/31232
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.data import EpochSet, SamplerBuilt
from ft_lint.facts.optimization import Backward
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule, Where
from ft_lint.syntax.loops import contains, counter, first_statement, iterated
from ft_lint.values.base import NONE, Value, options, truth


class SameShuffleEveryEpoch(Rule):
    """A sampler that does not know the epoch."""

    code = "TUN810"
    level = Level.WARNING
    message = (
        "`{sampler}` shuffles by its epoch, which nobody sets, so every epoch has the same order: call "
        "`set_epoch(epoch)` on it at the top of each epoch"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Distributed samplers of trained loaders without `set_epoch`."""
        told = [fact.sampler for fact in facts.of(EpochSet)]
        again = (b for b in facts.of(Backward) if any(one.number > 1 for one in b.moment.loops[:-1]))
        trained = [b for b in again if not b.moment.by_framework]
        for built in facts.of(SamplerBuilt):
            sampler = built.sampler
            shuffles = sampler.kind.endswith(".DistributedSampler") and truth(sampler.arguments["shuffle"])
            if not shuffles or sampler in told or {"epoch", "escaped"} & sampler.fields.keys():
                continue
            over = [b for b in trained if sampler in _samplers(b)]
            if over:
                at = facts.blamed(built)
                yield self.finding(at, sampler=facts.name_of(sampler, "sampler"), fix=self._told(over[0]))

    def _told(self, backward: Backward) -> Fix | None:
        """`set_epoch` at the top of the epoch loop, where the batches are drawn inside it by a name."""
        epochs, batches = (p.node for p in backward.moment.loops[-2:])
        loader, epoch, first = iterated(batches), counter(epochs), first_statement(epochs)
        if loader is None or epoch is None or first is None or not contains(epochs, batches):
            return None
        edit = Edit(f"{loader}.sampler.set_epoch({epoch})", first, Where.BEFORE)
        return self.fix("set the epoch of the sampler", edit)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The loader over the sampler of this line gives the same order each time."""
        samplers = {event.sampler for event in run.at(line).of(observe.SamplerBuilt)}
        trained = {batch.loader for batch in run.batches(trained=True)}
        for built in run.of(observe.LoaderBuilt):
            orders = run.orders(built.loader) if built.sampler in samplers and built.loader in trained else []
            if len(orders) > 1 and len(set(orders)) == 1:
                figures = {"passes": len(orders), "samples": len(orders[0])}
                return Evidence(True, f"{len(orders)} passes over {len(orders[0])} samples in one order", figures)
        return Evidence(False, "the order changes from epoch to epoch")


def _samplers(backward: Backward) -> list[Value]:
    """The samplers of the loaders whose batches a loss was computed on."""
    return [one for loader in backward.loaders for one in options(loader.arguments.get("sampler", NONE))]
