"""`Trainer`, or `Trainer.train`, is given an argument that transformers removed.

What it does
------------
Finds keywords of `Trainer` and `Seq2SeqTrainer`, of their `train()`, and of `super().__init__()` in classes that extend
them, which transformers took once and takes no more. Most of all `tokenizer=`.

Why it matters
--------------
The call raises TypeError, before anything is trained.

How to mend it
--------------
`tokenizer=` became `processing_class=` (since transformers 4.46), `train(model_path=...)` became
`train(resume_from_checkpoint=...)`.

What torch shows
----------------
transformers raises `TypeError: Trainer.__init__() got an unexpected keyword argument 'tokenizer'` at the call.

Known limits
------------
Which version counts comes from `--target-version`, else from the requirements of the project, else it is the newest
one known; up to 4.57 `tokenizer=` is taken. Trainers of other libraries, and of trl (`moved-trl-argument`), are no
concern of this rule. A script that imports `unsloth`, which brings back former arguments, is silent.

References
----------
https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
https://github.com/huggingface/transformers/pull/32385
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint.facts import Facts
from ft_lint.mends import refused_arguments
from ft_lint.observe import Run
from ft_lint.rule import Applicability, Evidence, Finding, Level, Rule


class RemovedTrainerArgument(Rule):
    """An argument of `Trainer` that is gone."""

    code = "TUN902"
    level = Level.ERROR
    message = "`{owner}` takes no `{argument}` since transformers {since} and raises TypeError: {advice}"
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Keywords that transformers removed from its trainers."""
        for one in refused_arguments(facts):
            if one.called.path.startswith(("transformers.Trainer", "transformers.Seq2SeqTrainer")) and (
                "TrainingArguments" not in one.called.name
            ):
                yield self.finding(
                    one.place,
                    owner=one.called.name,
                    argument=one.argument,
                    since=one.removal.since,
                    advice=one.advice,
                    fix=one.fix,
                )

    def claim(self, run: Run, line: int) -> Evidence:
        """The call that is given this keyword raises TypeError for it."""
        raised = run.exception
        holds = raised is not None and raised.refuses_keyword(line)
        told = f"TypeError: {raised.message}" if raised and holds else "no keyword is refused here"
        return Evidence(holds, told, {})
