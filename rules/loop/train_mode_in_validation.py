"""Validation or inference runs with dropout and batch norm in training mode.

What it does
------------
Finds forward passes for validation or prediction of a model that has dropout or batch norm and is in training mode: of
one that the script trains, and of one with weights from elsewhere whose answers for the batches of a loader choose
classes, by the greatest or by a threshold (under `no_grad`, or in a script that trains nothing), or whose answers are
what a student learns (by `kl_div`, say).

Why it matters
--------------
Dropout makes the figures random; batch norm normalises by the validation batch and writes its statistics into the
model, also under `torch.no_grad()`. The reported accuracy is not the model's.

How to mend it
--------------
`model.eval()` before validation, `model.train()` before the next training epoch.

What torch shows
----------------
No gradient ever comes back through the pass on the reported line, and inside it dropout alters its input or batch
norm updates its running statistics.

Known limits
------------
Where the data comes from no loader, as tensors of all samples or slices of them, a pass counts that runs on other
tensors than training does: without gradients, with a loss computed or classes chosen of what it gives, or with classes
chosen once all training is over.

Passes whose answers are dropped are silent, as where the statistics of batch norm are computed anew; so are generators
that train against a discriminator, and models after `eval()` of something that is not seen.

Models without such layers are silent, and so are frameworks that set the mode themselves (Lightning, `Trainer`), and
inputs that go through an unchanged model several times, as they do for Monte Carlo dropout. Where another part alone of
a whole is put into evaluation mode (`gan.discriminator.eval()`), the rest is meant to train. Of a model that nothing
trains, what gives no classes is silent: generators draw with their dropout, and batch norm is adapted on purpose.

References
----------
https://github.com/udacity/deep-learning-v2-pytorch/issues/3
https://github.com/asteroid-team/asteroid/issues/643
https://github.com/wolny/pytorch-3dunet/issues/53
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, StateDictLoaded
from ft_lint.facts.models import Adjusted, Forward, Initialised, MethodMentioned, ModeSet, UnseenModeSet
from ft_lint.facts.optimization import Backward, LossComputed, OptimizerBuilt
from ft_lint.facts.tensors import PlacesChosen, Thresholded
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Value, options
from ft_lint.values.callables import GradMode
from ft_lint.values.containers import Range
from ft_lint.values.module import Mode, Module, depends_on_mode, is_within, modules_of, parameters_of
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Loader, StateDict


class TrainModeInValidation(Rule):
    """Validation in training mode."""

    code = "TUN506"
    level = Level.WARNING
    message = (
        "`{model}` is in training mode here, so dropout and batch norm distort the results: "
        "call `{model}.eval()` before {aim}"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Validation passes in training mode."""
        if any(mentioned.name in ("eval", "train") for mentioned in facts.of(MethodMentioned)):
            return
        for forward in facts.evaluations():
            if _is_validation(facts, forward):
                whole = forward.method_of or forward.module
                yield self.finding(forward.call, model=facts.name_of(whole, "model"), aim="validation")
        for forward in facts.of(Forward):
            taught = _is_teacher(facts, forward)
            if (taught or _is_test(facts, forward)) and not _is_sampled(facts, forward):
                aim = "the student learns from it" if taught else "validation"
                yield self.finding(forward, model=facts.name_of(forward.module, "model"), aim=aim)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Passes that nobody trains on draw dropout or move batch-norm statistics."""
        idle = [call for call in run.at(line).of(observe.ModuleCalled) if call.depth == 0 and not run.trained(call)]
        noisy = sum(any(part.noisy for part in run.within(call)) for call in idle)
        moved = sum(any(part.statistics_moved for part in run.within(call)) for call in idle)
        figures = {"passes": len(idle), "with dropout": noisy, "moving statistics": moved}
        why = f"of {len(idle)} untrained passes {noisy} draw dropout, {moved} move batch-norm statistics"
        return Evidence(noisy + moved > 0, why, figures)


def _is_validation(facts: Facts, forward: Forward) -> bool:
    """Whether a pass, of a model that was left in training mode, is there to judge it."""
    mode = forward.mode
    if not isinstance(mode, Mode) or not mode.training or not forward.noisy:
        return False
    if not any(asks(facts, forward) for asks in (_is_held_out, _is_judged_apart, _is_prediction)):
        return False
    if _is_for_statistics(facts, forward) or _is_generator(facts, forward.module):
        return False
    if _is_deliberate(facts, forward, mode) or _may_be_set_unseen(facts, forward):
        return False
    return _is_noisy(facts, forward) and not _is_sampled(facts, forward)


def _is_for_statistics(facts: Facts, forward: Forward) -> bool:
    """Whether what the model answers is dropped: the pass is there to compute the statistics of batch norm anew."""
    return id(forward.call) in facts.blocks


def _may_be_set_unseen(facts: Facts, forward: Forward) -> bool:
    """Whether the mode of something that is not seen was set since the model was last trained: it may be this model."""
    since = _last_trained(facts, forward)
    return any(one.moment.order > since for one in facts.before(forward).of(UnseenModeSet))


def _last_trained(facts: Facts, forward: Forward) -> int:
    """The order of the last backward pass through the model before this pass; 0 if there was none."""
    trained = (backward.moment.order for backward, _ in facts.trained_through(forward.module))
    return max((order for order in trained if order < forward.moment.order), default=0)


def _is_generator(facts: Facts, model: Module) -> bool:
    """Whether what a model makes goes into another one that is also trained without it, as a discriminator is: dropout
    is its noise.
    """
    for backward, forward in facts.trained_through(model):
        for other in backward.forwards:
            if not isinstance(other, Forward) or is_within(other.module, model) or is_within(model, other.root):
                continue
            fed = any(isinstance(one, Tensor) and forward in one.graph for one in other.inputs)
            if fed and any(b is not backward and _leaves_out(b, model) for b, _ in facts.trained_through(other.root)):
                return True
    return False


def _leaves_out(backward: Backward, model: Module) -> bool:
    return not any(isinstance(one, Forward) and model in (one.module, *one.within) for one in backward.forwards)


def _is_noisy(facts: Facts, forward: Forward) -> bool:
    """Whether the pass goes through a part that computes otherwise in training mode, as far as its way is seen."""
    model = forward.module
    if not forward.noisy or model.cls is None:
        return forward.noisy
    inner = (f.module for f in facts.of(Forward) if f.within[:1] == (model,))
    ran = {id(part) for module in inner for part in modules_of(module)}
    noisy = [part for part in modules_of(model) if depends_on_mode(part)]
    return not ran or any(part is model or id(part) in ran for part in noisy)


def _is_held_out(facts: Facts, forward: Forward) -> bool:
    """Whether it runs on other data than training does, in a loop that does not train."""
    trained = facts.trained_through(forward.module)
    seen = {source for _, f in trained for source in f.sources}
    others = forward.sources or any(isinstance(source, Loader) for source in seen)
    if not seen or not others or forward.sources & seen:
        return False
    if not any(b.moment.order < forward.moment.order and facts.together(b, forward) for b, _ in trained):
        return False
    return not any(_is_in_loop_of(forward, b) for b in facts.of(Backward))


def _is_judged_apart(facts: Facts, forward: Forward) -> bool:
    """Whether a loss is computed, or classes are chosen, without gradients for other data than what is trained on.

    Neither comes from a loader: it is all samples at once, or slices.
    """
    trained = facts.trained_through(forward.module)
    if forward.grad is not False or forward.sources or any(f.sources for _, f in trained):
        return False
    if any(one is other for _, f in trained for one in forward.inputs for other in f.inputs):
        return False
    before = [b for b, _ in trained if b.moment.order < forward.moment.order and facts.together(b, forward)]
    beside = [b for b in facts.of(Backward) if _is_in_loop_of(forward, b)]
    if not before or any(len(b.moment.loops) != 1 or b.moment.order > forward.moment.order for b in beside):
        return False
    judged = [*_read_by(facts, forward, LossComputed), *_read_by(facts, forward, PlacesChosen)]
    switches = [one.ungraded for one in judged if isinstance(one, Tensor)]
    return any(isinstance(one, GradMode) and one.node is forward.no_grad for one in switches)


def _is_prediction(facts: Facts, forward: Forward) -> bool:
    """Whether classes are chosen for other data once training is over, where neither comes from a loader."""
    trained = facts.trained_through(forward.module)
    if not trained or forward.sources or any(f.sources for _, f in trained):
        return False
    if any(b.moment.order > forward.moment.order for b, _ in trained):
        return False
    if not any(facts.together(b, forward) for b, _ in trained):
        return False
    if any(one is other for _, f in trained for one in forward.inputs for other in f.inputs):
        return False
    if any(_is_in_loop_of(forward, b) for b in facts.of(Backward)):
        return False
    chosen = _read_by(facts, forward, PlacesChosen)
    return any(isinstance(one, Tensor) and one.given_by is forward.module for one in chosen)


def _read_by(facts: Facts, forward: Forward, kind: type[LossComputed | PlacesChosen]) -> list[Value]:
    """What losses are computed of, or classes chosen of, between a pass and the next one through the model."""
    later = facts.after(forward)
    end = min((f.moment.order for f in later.of(Forward) if f.module is forward.module), default=math.inf)
    return [one.input for one in later.of(kind) if one.moment.order < end]


def _is_in_loop_of(forward: Forward, backward: Backward) -> bool:
    """Whether a forward pass is part of what a loop does to train: beside its backward pass, or in a loop before it."""
    here, there = forward.moment.loops, backward.moment.loops
    if not here or not there:
        return False
    before = forward.moment.order < backward.moment.order and here[: len(there)] == there
    return before or here[-1].loop == there[-1].loop


def _is_test(facts: Facts, forward: Forward) -> bool:
    """Whether a model with weights from elsewhere, which nothing trains here, chooses classes for what a loader gives.

    It is in training mode because nobody thought of it: as it was built, or as what it was copied from.
    """
    if not forward.sources or not _is_left_in_training_mode(facts, forward):
        return False
    nothing_trains = next(facts.of(Backward), None) is None and next(facts.of(OptimizerBuilt), None) is None
    if forward.grad is not False and not nothing_trains:
        return False
    if any(_is_in_loop_of(forward, b) for b in facts.of(Backward)) and _follows_another(facts, forward):
        return False  # a mean teacher, which chooses the classes that the other one learns
    loaded = (load.module for load in facts.before(forward).of(StateDictLoaded))
    learnt = forward.module.pretrained is True or any(module is forward.module for module in loaded)
    judged = [*(c.input for c in facts.of(PlacesChosen)), *(c.input for c in facts.of(Thresholded))]
    return learnt and any(answers.given_by is forward.module for answers in judged)


def _is_teacher(facts: Facts, forward: Forward) -> bool:
    """Whether what a model with weights from elsewhere answers without gradients is what another one shall learn.

    A mean teacher is none: its weights come from the student, which it follows in training mode.
    """
    if forward.grad is not False or not _is_left_in_training_mode(facts, forward):
        return False
    model = forward.module
    loads = [load for load in facts.before(forward).of(StateDictLoaded) if load.module is model]
    if model.pretrained is not True and not loads:
        return False
    if _follows_another(facts, forward):
        return False
    compared = (one for one in facts.after(forward).of(LossComputed) if one.kind in _OF_ANSWERS)
    targets = ((one.input, one.target) for one in compared)
    return any(
        isinstance(target, Tensor) and target.answer_of is model and getattr(logits, "answer_of", model) is not model
        for logits, target in targets
    )


def _follows_another(facts: Facts, forward: Forward) -> bool:
    """Whether a model's weights are written by hand or come from another model, as those of a mean teacher do."""
    model = forward.module
    loads = (load for load in facts.before(forward).of(StateDictLoaded) if load.module is model)
    if any(isinstance(state, StateDict) for load in loads for state in options(load.state)):
        return True
    own = set(map(id, parameters_of(model)))
    adjusted = any(id(change.parameter) in own for change in facts.of(Adjusted))
    return adjusted or any(not own.isdisjoint(map(id, change.parameters)) for change in facts.of(Initialised))


_OF_ANSWERS = ("kl_div", "mse_loss", "cross_entropy")
"""Losses whose targets may be what another model answers."""


def _is_left_in_training_mode(facts: Facts, forward: Forward) -> bool:
    """Whether a model that nothing trains is in training mode as it was built, or as what it was copied from."""
    mode = forward.mode
    if not isinstance(mode, Mode) or not mode.training or mode.setter is forward.module:
        return False
    return not forward.within and not facts.trained_through(forward.module) and _is_noisy(facts, forward)


def _is_deliberate(facts: Facts, forward: Forward, mode: Mode) -> bool:
    """Whether the model was put back into training mode after an evaluation, as for Monte Carlo dropout.

    Or whether, of a whole that trains, another part alone was put into evaluation mode for this.
    """
    before = list(facts.before(forward).of(ModeSet))
    last = [setting for setting in before if setting.module is forward.module][-2:]
    if len(last) == 2 and last[0].training is False and last[1].training is True and last[1].node is mode.node:
        return True
    whole = mode.setter
    if not isinstance(whole, Module) or whole is forward.module:
        return False
    since = _last_trained(facts, forward)
    chosen = (s.module for s in before if s.training is False and s.moment.order > since)
    return any(part is not whole and is_within(part, whole) for part in chosen)


def _is_sampled(facts: Facts, forward: Forward) -> bool:
    """Whether a counting loop sends one input through an unchanged model many times, as for Monte Carlo dropout."""
    trained = [backward.moment.order for backward, _ in facts.trained_through(forward.module)]
    for other in facts.of(Forward):
        if other.node is not forward.node or other.module is not forward.module:
            continue
        here, there = forward.moment.loops[-1:], other.moment.loops[-1:]
        counted = bool(here) and here != there and isinstance(here[0].over, Range)
        alike = len(other.inputs) == len(forward.inputs) and all(map(operator.is_, other.inputs, forward.inputs))
        first, last = sorted((other.moment.order, forward.moment.order))
        if counted and alike and not any(first < order < last for order in trained):
            return True
    return False
