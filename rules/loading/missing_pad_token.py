"""A tokenizer without a padding token is asked to pad.

What it does
------------
Finds padding asked of the tokenizer of GPT-2, Pythia, Llama, Mistral and kin, which are published without a token to
pad with: `padding=True` or `"max_length"` in its call, `tokenizer.pad(...)`, or a collator that pads in training.

Why it matters
--------------
The tokenizer raises, at the latest with the first batch.

How to mend it
--------------
Say what to pad with: `tokenizer.pad_token = tokenizer.eos_token`, and keep padding out of the loss by -100 and the
attention mask. Or add a token, `tokenizer.add_special_tokens({"pad_token": "[PAD]"})`, and give the model a row for it:
`model.resize_token_embeddings(len(tokenizer))`.

What torch shows
----------------
`ValueError: Asking to pad but the tokenizer does not have a padding token.`

Known limits
------------
Only checkpoints as their authors published them are known; copies by others may have a padding token, and are silent.
So is trl, whose trainers set one themselves.

References
----------
https://huggingface.co/docs/transformers/pad_truncation
https://github.com/huggingface/transformers/issues/22312
https://github.com/huggingface/transformers/issues/34055
https://github.com/huggingface/trl/issues/422
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import PaddingAsked
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import text


class MissingPadToken(Rule):
    """Padding with nothing to pad with."""

    code = "TUN111"
    level = Level.ERROR
    message = (
        "the tokenizer of `{checkpoint}` has no padding token, so it raises when it is asked to pad: "
        "set `{tokenizer}.pad_token` first"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Padding that a tokenizer surely cannot do."""
        for asked in facts.of(PaddingAsked):
            if asked.can is False and asked.sure:
                checkpoint = text(asked.tokenizer.checkpoint)
                name = facts.name_of(asked.tokenizer, "tokenizer")
                yield self.finding(asked, checkpoint=checkpoint, tokenizer=name)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The script ends with transformers' complaint, here or where the collator that was built here is called."""
        raised = run.exception
        if raised is None:
            return Evidence(False, "nothing raises")
        holds = "Asking to pad but the tokenizer" in raised.message and bool(run.reached(line))
        return Evidence(holds, f"{raised.type}: {raised.message[:70]}", {"reached": len(run.reached(line))})
