"""The new head of a model with adapters stays frozen, as random as it was drawn.

What it does
------------
Finds models with a head of random weights (`AutoModelForSequenceClassification` over a pretrained body, a layer of
one's own) that get adapters and are trained, while the configuration neither names a `task_type` that trains the head
nor lists it in `modules_to_save`.

Why it matters
--------------
`get_peft_model` freezes everything but the adapters. The adapters learn to feed a random projection, which itself never
learns, and which is not in the saved adapter: loaded again, the head is drawn anew. Nothing is raised.

How to mend it
--------------
`LoraConfig(task_type="SEQ_CLS", ...)` (also `TOKEN_CLS`, `QUESTION_ANS`), or `modules_to_save=["classifier"]` with the
head's own name. A name that no part bears is passed over in silence.

What torch shows
----------------
Steps move the adapters, and the random parameters of the head get no gradient and do not move.

Known limits
------------
Silent where the head itself gets adapters (`target_modules="all-linear"` without a task), where it is unfrozen later,
where a checkpoint may have a trained head, and where no training is seen.

References
----------
https://huggingface.co/docs/peft/developer_guides/troubleshooting
https://github.com/huggingface/peft/issues/310
https://github.com/huggingface/peft/issues/577
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import with_keyword
from ft_lint.facts import Facts
from ft_lint.facts.hub import AdapterAdded
from ft_lint.library.peft.targets import reaches
from ft_lint.rule import Applicability, Evidence, Finding, Fix, Level, Rule
from ft_lint.values.callables import Instance


class LoraHeadFrozen(Rule):
    """A random head that adapters leave frozen."""

    code = "TUN212"
    level = Level.WARNING
    message = (
        "the new `{head}` is frozen along with the model, so it stays random: "
        "name it in `modules_to_save`, or give the `task_type` that trains it"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Configurations under which a part with random weights is trained around and not trained."""
        for added in facts.of(AdapterAdded):
            heads = [
                name for name in added.idle if not reaches(added.asked, name) and _stays_frozen(facts, added, name)
            ]
            if heads and isinstance(added.config, Instance) and added.config.node is not None:
                fix = self._mend(added, added.config, heads)
                yield self.finding(added.config.node, head="`, `".join(heads), fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What is random in the adapted model never moves, while the adapters do."""
        built = {event.config for event in run.at(line).of(observe.hub.AdapterConfigBuilt)}
        added = [event for event in run.of(observe.hub.AdapterAdded) if event.config in built]
        idle = run.of_ids(p for event in added for p in event.idle)
        still = [p for p in idle if not p.steps_moved and not p.gradients]
        adapters = {p for event in added for p in event.adapters}
        steps = [step for step in run.of(observe.Stepped) if adapters & set(step.moves)]
        figures = {"random and frozen": len(idle), "of these never moved": len(still), "steps of adapters": len(steps)}
        holds = bool(still) and bool(steps)
        return Evidence(
            holds, f"{len(still)} random parameters never move in {len(steps)} steps of the adapters", figures
        )

    def _mend(self, added: AdapterAdded, config: Instance, heads: list[str]) -> Fix | None:
        """The task of the model's class where that trains the head, else the head's own name."""
        cls = added.model.hub.cls if added.model.hub is not None else None
        task = next((task for end, task in _TASKS.items() if cls is not None and cls.endswith(end)), None)
        usual = set(heads) <= {"classifier", "score", "qa_outputs"}
        name, value = (
            ("task_type", f'"{task}"') if task and usual else ("modules_to_save", str(heads).replace("'", '"'))
        )
        if config.given("task_type") is not None:
            name, value = "modules_to_save", str(heads).replace("'", '"')
        edit = with_keyword(config.node, name, value) if config.given(name) is None else None
        return self.fix(f"train the head: `{name}={value}`", edit) if edit is not None else None


_TASKS = {
    "ForSequenceClassification": "SEQ_CLS",
    "ForTokenClassification": "TOKEN_CLS",
    "ForQuestionAnswering": "QUESTION_ANS",
}


def _stays_frozen(facts: Facts, added: AdapterAdded, name: str) -> bool:
    """Whether the model is trained, and this part requires no gradient whenever it is."""
    passes = [f for b, f in facts.trained_through(added.made) if f.moment.order > added.moment.order and f.trainable]
    held = {id(p) for p in added.idle[name]}
    return bool(passes) and not any(held & {id(p) for p in (*f.trainable, *f.maybe)} for f in passes)
