"""`TrainingArguments` is given an argument that transformers removed.

What it does
------------
Finds keywords of `TrainingArguments`, `Seq2SeqTrainingArguments` and the configurations of trl that extend them
(`SFTConfig`, `DPOConfig`) which transformers took once and takes no more: `evaluation_strategy`, `warmup_ratio`,
`no_cuda`, `logging_dir`, `overwrite_output_dir` and many others. Also in classes of the script that extend these, and
as keys of a dict that is unpacked into the call.

Why it matters
--------------
The call raises TypeError, before anything is trained.

How to mend it
--------------
The message names what took the argument's place: `evaluation_strategy` became `eval_strategy`, `no_cuda` became
`use_cpu`, `warmup_ratio=0.1` became `warmup_steps=0.1`; arguments that did nothing are left out.

What torch shows
----------------
At the call, `TypeError: TrainingArguments.__init__() got an unexpected keyword argument 'evaluation_strategy'`.

Known limits
------------
Which version counts comes from `--target-version`, else from the requirements of the project, else it is the newest
one known. Where a range is given, its newest version counts; a pin to a version that still takes the argument is
silent. Calls inside `try` with a handler for TypeError, and under a condition that is not known, are silent.

References
----------
https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
https://huggingface.co/docs/transformers/main_classes/trainer#transformers.TrainingArguments
"""

from __future__ import annotations

from ft_lint.library.releases import lineage
from ft_lint.mends import Refused, RefusedArgument
from ft_lint.rule import Level


class RemovedTrainingArgument(RefusedArgument):
    """An argument of `TrainingArguments` that is gone."""

    code = "TUN901"
    level = Level.ERROR
    message = "`{owner}` takes no `{argument}` since transformers {since} and raises TypeError: {advice}"

    def concerns(self, one: Refused) -> bool:
        """Keywords that transformers removed from its training arguments."""
        return one.removal.library == "transformers" and "transformers.TrainingArguments" in lineage(one.called.path)
