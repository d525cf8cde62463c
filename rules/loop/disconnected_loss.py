"""The loss that is back-propagated does not depend on the model.

What it does
------------
Finds a loss that is cut off from the model before `backward()`: wrapped anew in `torch.tensor(...)`, made of
`.item()` or `.data`, detached, or a constant with `requires_grad=True`.

Why it matters
--------------
It is the usual "repair" of `element 0 of tensors does not require grad`. The error goes away, because the new
tensor requires a gradient itself; the model gets none, and no weight moves.

How to mend it
--------------
Back-propagate the loss that the criterion returned. Sum several losses with `+` or `torch.stack(losses).sum()`; use
`.item()` for printing only. An `argmax` has no gradient: take the scores.

What torch shows
----------------
`backward()` succeeds, and no parameter of the model receives a gradient by it.

Known limits
------------
Tensors that are made for logging, or that are themselves learnt (a temperature), are silent, and so is a loss that is
cut off on one way of a branch alone.

References
----------
https://github.com/FernandoLpz/Text-Classification-LSTMs-PyTorch/issues/9
https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import Backward, Stepped
from ft_lint.interpreter.writing import Cut
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import Tensor


class DisconnectedLoss(Rule):
    """A loss that does not reach the model."""

    code = "TUN504"
    level = Level.WARNING
    message = (
        "`{loss}` no longer depends on the model, so `backward()` reaches none of its parameters: "
        "back-propagate what the loss function returned"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Losses cut off from the model."""
        for backward in facts.of(Backward):
            place = _cut(backward)
            if place is not None and _trains_nothing(facts, backward) and not _is_way_out(facts, backward):
                yield self.finding(place, loss=backward.text)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The backward passes that follow this line reach no parameter."""
        following = [run.after(moment).of(observe.BackwardCalled).first for moment in run.reached(line)]
        backward = {event.order: event for event in following if event is not None}
        empty = [event for event in backward.values() if not event.reached]
        figures = {"backward": len(backward), "reaching nothing": len(empty)}
        holds = bool(backward) and len(empty) == len(backward)
        return Evidence(holds, f"{len(empty)} of {len(backward)} backward passes reach no parameter", figures)


def _cut(backward: Backward) -> ast.AST | None:
    """Where the loss was cut off, if all that it depends on are tensors made by hand."""
    loss = backward.loss
    if not backward.certain or not isinstance(loss, Tensor):
        return None
    if not backward.forwards:
        return loss.cut if loss.cut_graph else None
    leaves = [leaf for leaf in backward.forwards if isinstance(leaf, Tensor) and (leaf.shape == () or leaf.cut_graph)]
    if len(leaves) < len(backward.forwards):
        return None
    made = (leaf.fields.get("leaf") for leaf in leaves)
    places = [cut.node if isinstance(cut, Cut) else leaf.cut for cut, leaf in zip(made, leaves, strict=True)]
    return next((place for place in places if place is not None), None)


def _is_way_out(facts: Facts, backward: Backward) -> bool:
    """Whether the loss is a model's on the other way: for a batch of one some return `torch.tensor(0.0, ...)`."""
    return any(_cut(other) is None for other in facts.at(backward) if other.excludes(backward))


def _trains_nothing(facts: Facts, backward: Backward) -> bool:
    """Whether the next step is made for this loss, and with weights that it does not depend on."""
    step = next(facts.after(backward).of(Stepped), None)
    if step is None or next(facts.between(backward, step).of(Backward), None) is not None:
        return False
    leaves = {id(leaf) for leaf in backward.forwards}
    return not any(id(p) in leaves for p in step.members)
