"""Tokens are added to the tokenizer, and the model has no rows for them.

What it does
------------
Finds `tokenizer.add_tokens(...)` and `add_special_tokens(...)` of tokens that the vocabulary surely lacks, where the
model of the same checkpoint reads what the tokenizer gives and `resize_token_embeddings` is never called.

Why it matters
--------------
A new token gets the number behind the last one. The embedding has as many rows as the published vocabulary had words,
so torch raises at the first text that holds the token; on a GPU as a device-side assert that names another line.

How to mend it
--------------
`model.resize_token_embeddings(len(tokenizer))`, after the tokens were added and before training.

What torch shows
----------------
`IndexError: index out of range in self`, and numbers in the input that are beyond the embedding's rows.

Known limits
------------
Only checkpoints whose embedding is known to have no spare rows (BERT, RoBERTa, GPT-2, Llama, Mistral ...; T5, Pythia
and OPT have some) and tokens that look like markers (`[E1]`, `<pad>`): plain words may be in the vocabulary. A padding
token that is never padded with is silent.

References
----------
https://huggingface.co/docs/transformers/main_classes/tokenizer
https://github.com/huggingface/transformers/issues/12763
https://github.com/mickeysjm/R-BERT/issues/5
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import EmbeddingsResized, PaddingAsked, TokenizerSet, TokensAdded
from ft_lint.facts.models import ModelBuilt
from ft_lint.library.transformers.batches import hub_of, is_part, readers
from ft_lint.library.transformers.vocabularies import vocabulary
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule, Where
from ft_lint.values.base import text
from ft_lint.values.module import Module, modules_of


class TokensWithoutResize(Rule):
    """New tokens for an embedding without a row for them."""

    code = "TUN110"
    level = Level.ERROR
    message = (
        "`{token}` gets a number that the embedding of `{model}` has no row for, so torch raises: "
        "call `{model}.resize_token_embeddings(len({tokenizer}))`"
    )
    applicability = Applicability.UNSAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Tokens that are new to a full vocabulary, whose model reads them and is never resized."""
        resized = [fact.model for fact in facts.of(EmbeddingsResized)]
        for added in facts.of(TokensAdded):
            if not added.new or not added.sure or _is_idle_padding(facts, added):
                continue
            for model in readers(facts, added.tokenizer):
                if not any(is_part(one, model) for one in resized) and _has_no_row(model, added):
                    names = facts.name_of(model, "model"), facts.name_of(added.tokenizer, "tokenizer")
                    fix = self._resized(facts, added, model, *names)
                    yield self.finding(added, token=added.new[0], model=names[0], tokenizer=names[1], fix=fix)

    def _resized(self, facts: Facts, added: TokensAdded, model: Module, name: str, tokenizer: str) -> Fix | None:
        """The resizing on the line behind, where the model is there already."""
        built = [fact for fact in facts.before(added).of(ModelBuilt) if fact.model is model]
        if not built or id(added.node) not in facts.blocks or built[0].moment.calls != added.moment.calls:
            return None
        line = f"{name}.resize_token_embeddings(len({tokenizer}))"
        return self.fix("resize the embeddings", Edit(line, added.node, Where.AFTER))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Numbers beyond the embedding are read, and torch has no row for them."""
        raised = run.exception
        beyond = sum(event.beyond for event in run.of(observe.TokensRead)) if run.reached(line) else 0
        told = raised is not None and raised.type == "IndexError" and "out of range" in raised.message
        why = f"{raised.type}: {raised.message[:60]}" if raised is not None else "nothing raises"
        return Evidence(told and beyond > 0, f"{why}; {beyond} numbers beyond the rows", {"beyond the rows": beyond})


def _is_idle_padding(facts: Facts, added: TokensAdded) -> bool:
    """Whether the new tokens are for padding alone, and nobody pads."""
    told = (fact for fact in facts.of(TokenizerSet) if fact.tokenizer is added.tokenizer and fact.node is added.node)
    padding = {text(fact.value) for fact in told if fact.name == "pad_token"}
    asked = any(fact.tokenizer is added.tokenizer for fact in facts.of(PaddingAsked))
    return set(added.new) <= padding and not asked


def _has_no_row(model: Module, added: TokensAdded) -> bool:
    """Whether the model is as published, and its embedding has exactly the rows of the tokenizer's vocabulary."""
    hub = hub_of(model)
    if hub is None or not hub.complete or "vocab_size" in hub.settings:
        return False
    if any("escaped" in part.fields for part in modules_of(model)):
        return False
    own, theirs = vocabulary(text(hub.checkpoint) or ""), vocabulary(text(added.tokenizer.checkpoint) or "")
    return own is not None and theirs is not None and own.is_full and own.name == theirs.name
