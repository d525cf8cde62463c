"""`from_pretrained` gives evaluation mode, and the training loop never calls `train()`.

What it does
------------
Finds training passes through a model of transformers that is still in the mode in which it was loaded: as a whole, or
as a part of a module of the script's own whose `train()` nobody calls either.

Why it matters
--------------
Dropout stays off. The model is fine-tuned without the regularisation that its recipe counts on, and nothing is raised.
A module around it says `training` is True all the same, since it was built that way: only the loaded part is not.

How to mend it
--------------
Call `model.train()` before each training epoch. `Trainer` does so itself; Lightning (since 2.2) keeps the mode in which
it finds a part, so set it in `__init__`.

What torch shows
----------------
Passes that are back-propagated run through dropouts in evaluation mode: two passes over the same batch are equal.

Known limits
------------
Models without dropout (Llama and its kin, ViT) act alike in both modes and are silent, and so are bodies that are
frozen or that no optimizer surely has, and models that are put into training mode further down in the loop, behind a
validation. Lightning before 2.2 calls `train()` itself: by the requirements, or by hooks and arguments that are gone
since, the rule knows it and is silent; where the requirements say nothing it counts as one of these if it is imported
as `pytorch_lightning`.

References
----------
https://huggingface.co/docs/transformers/main_classes/model
https://github.com/Lightning-AI/pytorch-lightning/issues/19820
https://github.com/hendrycks/ethics/issues/5
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward, ModeSet
from ft_lint.facts.optimization import Backward
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Mode, mode_matters, modules_of


class NeverSetToTrain(Rule):
    """Training in the mode of loading."""

    code = "TUN511"
    level = Level.WARNING
    message = (
        "`{model}` was loaded in evaluation mode and is trained in it, so dropout stays off: "
        "call `train()` before the training loop"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Passes that are trained on through a loaded model in the mode in which it was loaded."""
        for backward in facts.of(Backward):
            for forward in backward.forwards:
                if not isinstance(forward, Forward) or not _is_as_loaded(forward) or _is_set_later(facts, forward):
                    continue
                if facts.is_stepped(backward, forward, surely=True):
                    yield self.finding(facts.outermost(forward), model=facts.name_of(forward.module, "model"))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Passes of this line train pretrained weights with dropouts off that nothing has switched off."""
        off = {event.module for event in run.of(observe.ModeSet) if not event.training and event.places}
        trained = [call for call in run.calls().where(lambda call: call.at(line)) if run.trained(call)]
        idle = [
            [part for part in run.within(call) if part.mode_matters and not part.training and part.module not in off]
            for call in trained
        ]
        asked = run.of(observe.ModeSet).where(lambda event: event.places != () and event.training)
        figures = {"passes trained": len(trained), "dropouts off": max(map(len, idle), default=0)}
        stepped = bool(trained) and any(step.pretrained_move for step in run.after(trained[0]).of(observe.Stepped))
        holds = stepped and all(idle) and not asked.before(trained[0])
        return Evidence(holds, f"{figures['dropouts off']} dropouts are off in {len(trained)} training passes", figures)


def _is_as_loaded(forward: Forward) -> bool:
    """Whether a pretrained, trainable model with dropout runs in the mode in which it was loaded."""
    mode, model = forward.mode, forward.module
    loaded = model.hub is not None and model.pretrained is True and isinstance(mode, Mode)
    if not loaded or not isinstance(mode, Mode) or mode.training or mode.node is not None:
        return False
    chosen = () if forward.open else forward.maybe  # a setting freezes them, or does not
    trained = any(p.pretrained for p in (*forward.trainable, *chosen))
    return forward.grad is True and mode_matters(model) is True and trained


def _is_set_later(facts: Facts, forward: Forward) -> bool:
    """Whether the model is put into training mode further down in the loop: dropout is off until then alone."""
    settings = (s for s in facts.after(forward).of(ModeSet) if s.training is not False)
    here = (s for s in settings if s.moment.loops[:1] == forward.moment.loops[:1] != ())
    return any(part is forward.module for setting in here for part in modules_of(setting.module))
