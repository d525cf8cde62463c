"""What the interpreter follows of tokenizers, collators and the labels that models get."""

from __future__ import annotations

import ast
import textwrap

import pytest

from ft_lint.facts import Facts
from ft_lint.facts.hub import Collated, LabelsGiven, LabelsSet, PaddingAsked, TokensAdded, TokensRead
from ft_lint.interpreter.script import run
from ft_lint.library.transformers.batches import largest_label, readers, two_classes
from ft_lint.library.transformers.collators import masks_words, tokenizer_of
from ft_lint.library.transformers.models import classes
from ft_lint.library.transformers.vocabularies import vocabulary
from ft_lint.values.callables import Instance
from ft_lint.values.hub import TokenIds

HEAD = """
import torch
from copy import deepcopy
from datasets import Dataset
from elsewhere import anything
from torch.utils.data import DataLoader
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, DataCollatorForLanguageModeling,
    DataCollatorWithPadding, Trainer, TrainingArguments, default_data_collator,
)

tokenizer = AutoTokenizer.from_pretrained("gpt2")
model = AutoModelForCausalLM.from_pretrained("gpt2")
args = TrainingArguments("out")
rows = Dataset.from_dict({"text": ["one", "two words"], "label": [0, 3]})
"""


def facts(script: str) -> Facts:
    found = run(ast.parse(HEAD + textwrap.dedent(script))).facts
    assert not found.faults
    return found


@pytest.mark.parametrize(
    ("before", "can"),
    [
        ("", False),
        ("tokenizer.pad_token = tokenizer.eos_token", True),
        ("tokenizer.pad_token_id = tokenizer.eos_token_id", True),
        ("tokenizer.add_special_tokens({'pad_token': '[PAD]'})", True),
        ("if tokenizer.pad_token is None: tokenizer.pad_token = tokenizer.eos_token", True),
        ("if not tokenizer.pad_token_id: tokenizer.pad_token = tokenizer.unk_token", True),
        ("tokenizer = AutoTokenizer.from_pretrained('gpt2', pad_token='<|endoftext|>')", True),
        ("tokenizer = AutoTokenizer.from_pretrained('me/gpt2-with-more')", None),
        ("tokenizer = AutoTokenizer.from_pretrained('gpt2', **anything())", None),
        ("anything(tokenizer)", None),
        ("if anything(): tokenizer.pad_token = tokenizer.eos_token", None),
    ],
)
def test_whether_a_tokenizer_can_pad(before: str, can: bool | None) -> None:
    (asked,) = facts(f"{before}\nbatch = tokenizer(['one', 'two words'], padding=True)").of(PaddingAsked)
    assert asked.can is can


@pytest.mark.parametrize("padding", ["False", "'do_not_pad'", "None", "anything()"])
def test_calls_that_do_not_surely_pad(padding: str) -> None:
    assert not list(facts(f"tokenizer(['one', 'two words'], padding={padding})").of(PaddingAsked))


def test_collators_pad_when_they_are_called() -> None:
    found = facts("""
        collator = DataCollatorWithPadding(tokenizer)
        idle = DataCollatorWithPadding(tokenizer, padding=False)
        idle([tokenizer("one")])
        collator([tokenizer("one"), tokenizer("two words")])
        Trainer(model, args, train_dataset=rows, processing_class=tokenizer).train()
    """)
    assert [fact.tokenizer for fact in found.of(PaddingAsked)] == [next(found.of(PaddingAsked)).tokenizer] * 2


PADDED = "ids = tokenizer(['one', 'two words'], padding=True, return_tensors='pt').input_ids\n"


@pytest.mark.parametrize(
    "copied",
    [
        "ids",
        "ids.clone()",
        "ids[:]",
        "list(ids)",
        "deepcopy(ids)",
        "ids.squeeze().to('cpu')",
        "{**{'input_ids': ids}}['input_ids'].copy()",
    ],
)
def test_copies_of_numbers_stay_what_the_tokenizer_gave(copied: str) -> None:
    (given,) = facts(f"{PADDED}model(input_ids=ids, labels={copied})").of(LabelsGiven)
    assert isinstance(given.labels, TokenIds)
    assert given.labels.padded is True
    assert not given.labels.changes


@pytest.mark.parametrize(
    "written",
    [
        "labels[labels == 0] = -100",
        "labels[0][1] = -100",
        "for row in labels: row[0] = -100",
        "labels.masked_fill_(labels == 0, -100)",
        "anything(labels)",
        "labels.view(-1)[0] = -100",
    ],
)
def test_numbers_that_something_writes_into_are_others(written: str) -> None:
    (given,) = facts(f"{PADDED}labels = ids.clone()\n{written}\nmodel(input_ids=ids, labels=labels)").of(LabelsGiven)
    assert not isinstance(given.labels, TokenIds) or given.labels.changes


@pytest.mark.parametrize(
    ("call", "batched", "padded"),
    [
        ("tokenizer(row['text'], padding='max_length')", "False", True),
        ("tokenizer(row['text'], padding=True)", "True", True),
        ("tokenizer(row['text'], padding=True)", "False", False),
        ("tokenizer(row['text'], padding=True)", "anything()", None),
        ("tokenizer('Q: ' + row['text'], padding=True)", "False", False),
        ("tokenizer([text for text in row['text']], padding='longest')", "True", True),
        ("tokenizer(row['text'])", "True", False),
    ],
)
def test_whether_map_gives_padding(call: str, batched: str, padded: bool | None) -> None:
    found = facts(f"""
        def tokenize(row):
            made = {call}
            made["labels"] = made["input_ids"].copy()
            return made

        rows = rows.map(tokenize, batched={batched}).remove_columns("text")
        Trainer(model, args, train_dataset=rows, data_collator=default_data_collator).train()
    """)
    (given,) = found.of(LabelsGiven)
    assert isinstance(given.labels, TokenIds)
    assert given.labels.padded is padded
    assert [fact.labels for fact in found.of(LabelsSet)] == [given.labels]


def test_the_collator_for_language_modelling_makes_its_own_labels() -> None:
    found = facts("""
        rows = rows.map(lambda row: {**tokenizer(row["text"]), "labels": [1, 2]})
        collator = DataCollatorForLanguageModeling(tokenizer, False)
        Trainer(model, args, collator, rows).train()
    """)
    assert not list(found.of(LabelsGiven))
    (fed,) = found.of(Collated)
    assert isinstance(fed.collator, Instance)
    assert tokenizer_of(fed.collator) is next(found.of(TokensRead)).tokenizer
    assert masks_words(fed.collator) is False
    assert readers(found, next(found.of(TokensRead)).tokenizer) == [fed.model]


@pytest.mark.parametrize(
    "collate",
    [
        "def collate(rows):\n    return tokenizer([row['text'] for row in rows], padding=True)",
        "class Collate:\n    def __call__(self, rows):\n        return tokenizer([str(row) for row in rows])\n\n"
        "collate = Collate()",
    ],
)
def test_a_loader_gives_what_its_collate_function_gives(collate: str) -> None:
    found = facts(f"{collate}\nfor batch in DataLoader(rows, collate_fn=collate):\n    model(**batch)")
    assert {fact.model for fact in found.of(TokensRead)} == {next(found.of(Collated)).model}


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("row['text'] + tokenizer.eos_token", True),
        ("f\"{row['text']}{tokenizer.eos_token}\"", True),
        ("[text + tokenizer.eos_token for text in row['text']]", True),
        ("row['text']", False),
        ("row['text'] + tokenizer.bos_token", False),
    ],
)
def test_texts_that_end(text: str, ends: bool) -> None:
    (read,) = facts(f"row = anything()\nids = tokenizer({text})['input_ids']\nmodel(ids, labels=ids)").of(LabelsGiven)
    assert isinstance(read.labels, TokenIds)
    assert read.labels.ends is ends


@pytest.mark.parametrize(
    ("added", "new"),
    [
        ("add_tokens(['[E1]', 'plain', '<|endoftext|>'])", ("[E1]",)),
        ("add_tokens('<speaker>', special_tokens=True)", ("<speaker>",)),
        ("add_special_tokens({'pad_token': tokenizer.eos_token})", ()),
        ("add_special_tokens({'additional_special_tokens': ['<a1>'], 'pad_token': '[PAD]'})", ("<a1>", "[PAD]")),
        ("add_tokens(anything())", ()),
    ],
)
def test_tokens_that_are_surely_new(added: str, new: tuple[str, ...]) -> None:
    (fact,) = facts(f"tokenizer.{added}").of(TokensAdded)
    assert fact.new == new


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ("", 2),
        (", num_labels=4", 4),
        (", id2label={0: 'a', 1: 'b', 2: 'c'}", 3),
        (", num_labels=2, id2label={0: 'a', 1: 'b', 2: 'c'}", None),
        (", num_labels=anything()", None),
        (", **anything()", None),
    ],
)
def test_classes_of_a_head(settings: str, count: int | None) -> None:
    found = facts(f"""
        model = AutoModelForSequenceClassification.from_pretrained("bert-base-cased"{settings})
        Trainer(model, args, train_dataset=rows, data_collator=default_data_collator).train()
    """)
    (given,) = found.of(LabelsGiven)
    assert given.model.hub is not None
    assert classes(given.model.hub) == count
    assert (largest_label(given.labels), two_classes(given.labels)) == (3, False)


def test_a_part_of_the_rows_may_lack_a_label() -> None:
    found = facts("""
        part = rows.train_test_split(test_size=0.5)["train"]
        Trainer(model, args, train_dataset=part, data_collator=default_data_collator).train()
    """)
    assert not list(found.of(LabelsGiven))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("bert-base-uncased", "google-bert/bert-large-uncased", True),
        ("bert-base-uncased", "bert-base-cased", False),
        ("gpt2-xl", "microsoft/DialoGPT-small", True),
        ("roberta-base", "xlm-roberta-base", False),
    ],
)
def test_vocabularies(one: str, other: str, alike: bool) -> None:
    found = [vocabulary(name) for name in (one, other)]
    assert None not in found
    assert (found[0] == found[1]) is alike
    assert vocabulary(f"me/{one}-again") is None


@pytest.mark.parametrize("second", ["return row", "row['labels'] = anything()\n    return row"])
def test_a_second_map_over_the_rows_may_change_their_labels(second: str) -> None:
    script = (
        "def tokenize(row):\n"
        "    made = tokenizer(row['text'], padding='max_length')\n"
        "    return {**made, 'labels': made['input_ids'].copy()}\n"
        f"def change(row):\n    anything(row)\n    {second}\n"
        "rows = rows.map(tokenize).map(change)\n"
        "Trainer(model, args, default_data_collator, rows).train()"
    )
    assert not any(isinstance(fact.labels, TokenIds) for fact in facts(script).of(LabelsGiven))
