"""Tokenizer and model come from checkpoints with different vocabularies.

What it does
------------
Finds a model that reads what the tokenizer of another checkpoint gives, where both are well known and number their
words differently: cased with uncased, BERT with RoBERTa, GPT-2 with Llama, one language with many.

Why it matters
--------------
A number is all that the model sees of a word. In another vocabulary it stands for another word, so the pretrained
weights know nothing of the text: fine-tuning starts from nonsense, and no error tells. Where the tokenizer has more
words than the model has rows, torch raises an `IndexError` at the first number beyond them.

How to mend it
--------------
Load both from one checkpoint: `name = "bert-base-cased"`, then `from_pretrained(name)` twice.

What torch shows
----------------
How many of the numbers that the model read stand for another piece of text in its own vocabulary.

Known limits
------------
Checkpoints that are not in the table of vocabularies are silent, and so are models whose embeddings are resized.
Checkpoints that share a vocabulary (BERT and DistilBERT, RoBERTa and BART, GPT-2 and GPT-Neo) are none of this.

References
----------
https://huggingface.co/docs/transformers/main_classes/tokenizer
https://github.com/huggingface/transformers/pull/4264
https://github.com/dmis-lab/biobert/issues/163
https://github.com/huggingface/transformers/issues/3314
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import EmbeddingsResized, TokenizerLoaded
from ft_lint.facts.models import ModelBuilt
from ft_lint.library.transformers.batches import hub_of, is_part, readers, unwrapped
from ft_lint.library.transformers.vocabularies import vocabulary
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import text
from ft_lint.values.module import Module


class TokenizerOfAnotherModel(Rule):
    """Numbers that mean other words."""

    code = "TUN109"
    level = Level.WARNING
    message = (
        "`{tokenizer}` and `{model}` number their words differently, so the model reads other words than the text has: "
        "load both from one checkpoint"
    )
    beyond = message + "; numbers from {rows} on raise an IndexError"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Models that read the numbers of another vocabulary."""
        built = {id(fact.model): fact for fact in facts.of(ModelBuilt)}
        resized = [fact.model for fact in facts.of(EmbeddingsResized)]
        for loaded in facts.of(TokenizerLoaded):
            for model in readers(facts, loaded.tokenizer):
                place = built.get(id(unwrapped(model)))
                names = text(loaded.tokenizer.checkpoint) or "", _checkpoint(model)
                theirs, own = map(vocabulary, names)
                if place is None or theirs is None or own is None or theirs.name == own.name:
                    continue
                if any(is_part(one, model) for one in resized):
                    continue
                later = max(loaded, place, key=lambda fact: fact.moment.order)
                told = self.beyond if theirs.size > own.rows else self.message
                yield self.finding(later, message=told, tokenizer=names[0], model=names[1], rows=own.rows)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The model, or the tokenizer, that is loaded here: what is read stands for other words, or for none."""
        models = run.modules_built_at(line)
        tokenizers = {event.tokenizer for event in run.at(line).of(observe.TokenizerBuilt)}
        read = [event for event in run.of(observe.TokensRead) if event.model in models or event.tokenizer in tokenizers]
        foreign, beyond = sum(event.foreign for event in read), sum(event.beyond for event in read)
        figures: dict[str, float | int | str] = {"other words": foreign, "beyond the rows": beyond}
        figures["read"] = sum(event.read for event in read)
        if run.exception is not None and beyond > 0:
            figures["raises"] = run.exception.type
        return Evidence(foreign + beyond > 0, f"{foreign} of {figures['read']} numbers are other words", figures)


def _checkpoint(model: Module) -> str:
    """The id that a model with the embedding of its checkpoint was loaded from; "" for others."""
    hub = hub_of(model)
    if hub is None or not hub.complete or "vocab_size" in hub.settings:
        return ""
    return text(hub.checkpoint) or ""
