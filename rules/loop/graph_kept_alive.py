"""Losses are summed or stored with the graph behind them, so memory grows with every batch.

What it does
------------
Finds a loss that is back-propagated in its own pass of a loop and is besides added to a running sum, or appended to
a list, as a tensor: `total += loss`, `losses.append(loss)`; and likewise the outputs behind such a loss.

Why it matters
--------------
A tensor keeps the steps by which it was computed, and they keep tensors. After `backward()` nobody needs them, but the
sum holds those of every batch: memory grows through the epoch, on a GPU until it runs out.

How to mend it
--------------
Keep the number, not the tensor: `total += loss.item()`, or `loss.detach()` where a tensor is wanted.

What torch shows
----------------
The number of steps of gradients that the sum or list keeps alive grows from pass to pass, though gradients have
already been computed in between.

Known limits
------------
Losses that are summed first and back-propagated together are right and silent. Most of the memory of a step is
freed by its `backward()`, so that a short loop never shows it: hence advice.

References
----------
https://github.com/pytorch/pytorch/issues/64586
https://github.com/horovod/horovod/pull/641
https://github.com/BatsResearch/labelmodels/issues/4
https://pytorch.org/docs/stable/notes/faq.html#my-model-reports-cuda-runtime-error-2-out-of-memory
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import detached
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward, TensorKept
from ft_lint.rule import Applicability, Evidence, Finding, Level, Rule


class GraphKeptAlive(Rule):
    """Sums and lists of tensors that nobody back-propagates."""

    code = "TUN509"
    level = Level.ADVICE
    message = (
        "`{holder}` keeps the graph behind each tensor that goes into it, so memory grows with each batch: "
        "add `.item()` or `.detach()`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Tensors kept across passes whose gradients were computed on their own."""
        backwards = list(facts.of(Backward))
        for kept in facts.of(TensorKept):
            mine = [f for f in kept.tensor.graph if isinstance(f, Forward)]
            own = [b for b in backwards if any(f in b.forwards for f in mine)]
            alone = bool(own) and all(b.moment.loops == kept.moment.loops and b.loss is not kept.held for b in own)
            if alone and _grows(kept):
                edit = detached(kept.place)
                fix = self.fix("keep the number without its graph", edit) if edit is not None else None
                at = facts.blamed(kept)
                yield self.finding(at, holder=kept.holder, fix=fix if at is kept.node else None)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What is kept alive behind a name grows, while gradients are computed in between."""
        sizes: dict[str, list[tuple[int, int]]] = {}
        for seen in run.seen_at(line):
            if seen.kind == "graph" and isinstance(seen.value, int):
                sizes.setdefault(seen.name, []).append((seen.order, seen.value))
        for name, found in sizes.items():
            (first, before), (last, after) = found[0], max(found, key=lambda one: one[1])
            done = [event for event in run.of(observe.BackwardCalled) if first < event.order < last]
            if 0 < before < after and done:
                figures = {"steps at first": before, "steps at most": after, "backward passes": len(done)}
                return Evidence(True, f"`{name}` keeps {after} steps of gradients alive, {before} at first", figures)
        return Evidence(False, "no graph grows here")


def _grows(kept: TensorKept) -> bool:
    """Whether what is held comes from an earlier pass of the loop as well."""
    here = kept.moment.loops[-1:]
    earlier = [f for tensor in kept.before for f in tensor.graph if isinstance(f, Forward)]
    return any(p.loop == now.loop and p.number < now.number for now in here for f in earlier for p in f.moment.loops)
