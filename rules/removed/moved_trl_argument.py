"""A trainer or configuration of trl is given an argument that went elsewhere.

What it does
------------
Finds keywords of trl's trainers (`SFTTrainer`, `DPOTrainer` ...) and configurations (`SFTConfig`, `DPOConfig` ...) that
trl took once and takes no more: `tokenizer`, `max_seq_length`, `dataset_text_field`, `packing`, `beta` ...

Why it matters
--------------
The call raises TypeError, before anything is trained.

How to mend it
--------------
`tokenizer=` became `processing_class=`. What describes the data or the loss moved from the trainer to its
configuration: `SFTTrainer(args=SFTConfig(max_length=512, packing=True), ...)`, `DPOConfig(beta=0.1)`.
`SFTConfig(max_seq_length=...)` became `max_length`.

What torch shows
----------------
trl raises `TypeError: SFTTrainer.__init__() got an unexpected keyword argument 'max_seq_length'` at the call.

Known limits
------------
Which version counts comes from `--target-version`, else from the requirements of the project, else it is the newest
one known. A script that imports `unsloth`, which brings back former arguments, is silent. A moved argument is not put
into its configuration by a fix, only renamed ones are mended.

References
----------
https://huggingface.co/docs/trl/sft_trainer
https://huggingface.co/docs/trl/dpo_trainer
https://github.com/huggingface/trl/releases
"""

from __future__ import annotations

from ft_lint.mends import Refused, RefusedArgument
from ft_lint.rule import Level


class MovedTrlArgument(RefusedArgument):
    """An argument that trl takes elsewhere, or no more."""

    code = "TUN905"
    level = Level.ERROR
    message = "`{owner}` takes no `{argument}` since trl {since} and raises TypeError: {advice}"

    def concerns(self, one: Refused) -> bool:
        """Keywords that trl removed."""
        return one.removal.library == "trl"
