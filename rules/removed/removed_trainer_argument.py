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

from ft_lint.mends import Refused, RefusedArgument
from ft_lint.rule import Level


class RemovedTrainerArgument(RefusedArgument):
    """An argument of `Trainer` that is gone."""

    code = "TUN902"
    level = Level.ERROR
    message = "`{owner}` takes no `{argument}` since transformers {since} and raises TypeError: {advice}"

    def concerns(self, one: Refused) -> bool:
        """Keywords that transformers removed from its trainers."""
        of_trainer = one.called.path.startswith(("transformers.Trainer", "transformers.Seq2SeqTrainer"))
        return of_trainer and "TrainingArguments" not in one.called.name
