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

from collections.abc import Iterator

from ft_lint.facts import Facts
from ft_lint.mends import refused_arguments
from ft_lint.observe import Run
from ft_lint.rule import Applicability, Evidence, Finding, Level, Rule


class MovedTrlArgument(Rule):
    """An argument that trl takes elsewhere, or no more."""

    code = "TUN905"
    level = Level.ERROR
    message = "`{owner}` takes no `{argument}` since trl {since} and raises TypeError: {advice}"
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Keywords that trl removed."""
        for one in refused_arguments(facts):
            if one.removal.library == "trl":
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
