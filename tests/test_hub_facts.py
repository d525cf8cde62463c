"""What the interpreter follows of Hugging Face's libraries."""

from __future__ import annotations

import ast
import textwrap

import pytest

from ft_lint.facts import Facts
from ft_lint.facts.hub import EmbeddingsResized, TokenizerSet, TrainerBuilt, TrainerRan
from ft_lint.facts.models import Forward, ModelBuilt
from ft_lint.facts.optimization import OptimizerBuilt, Stepped
from ft_lint.interpreter.attributes import required
from ft_lint.interpreter.script import run
from ft_lint.lint import lint_source
from ft_lint.values.base import Unknown, number, text
from ft_lint.values.callables import Instance
from ft_lint.values.module import Mode, Module, parameters_of
from ft_lint.values.names import NameBelow

HEAD = """
import torch
from transformers import *

model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=3)
"""


def facts(script: str) -> Facts:
    return run(ast.parse(HEAD.replace("import *", "import " + NAMES) + textwrap.dedent(script))).facts


NAMES = (
    "AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoModel, AutoTokenizer, BertConfig, "
    "BertForMaskedLM, Trainer, TrainingArguments"
)


def test_an_auto_class_and_an_id_tell_the_class_and_its_parts() -> None:
    (built,) = facts("").of(ModelBuilt)
    hub = built.model.hub
    assert hub is not None
    assert (hub.cls, hub.model_type, hub.labels) == ("BertForSequenceClassification", "bert", 3)
    assert set(built.model.children) == {"bert", "classifier"}
    assert [child.pretrained for child in built.model.children.values()] == [True, False]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("made", "cls", "pretrained"),
    [
        ('AutoModelForCausalLM.from_pretrained("gpt2")', "GPT2LMHeadModel", True),
        ('AutoModel.from_pretrained("me/my-model")', None, True),
        ("BertForMaskedLM(BertConfig(hidden_size=32))", "BertForMaskedLM", False),
        ('AutoModelForCausalLM.from_config(AutoConfig.from_pretrained("gpt2"))', "GPT2LMHeadModel", False),
        ('AutoModelForCausalLM.from_pretrained("./out/gpt2")', None, True),
    ],
)
def test_ways_to_make_a_model(made: str, cls: str | None, pretrained: bool) -> None:
    built = list(facts(f"other = {made}").of(ModelBuilt))[-1]
    assert built.model.hub is not None
    assert (built.model.hub.cls, built.model.pretrained) == (cls, pretrained)
    mode = built.model.mode
    assert isinstance(mode, Mode)
    assert mode.training is not pretrained


def test_settings_come_through_a_config() -> None:
    built = list(
        facts("""
        config = AutoConfig.from_pretrained("roberta-base", num_labels=7)
        other = AutoModelForSequenceClassification.from_pretrained("roberta-base", config=config)
        """).of(ModelBuilt)
    )[-1]
    assert built.model.hub is not None
    assert (built.model.hub.labels, built.model.hub.model_type) == (7, "roberta")


def test_a_trainer_trains_with_the_rate_of_its_arguments() -> None:
    found = facts("""
        for parameter in model.base_model.parameters():
            parameter.requires_grad = False
        args = TrainingArguments("out", learning_rate=0.002)
        args.warmup_steps = 5
        trainer = Trainer(model, args)
        trainer.train()
    """)
    (built,), (ran,) = found.of(TrainerBuilt), found.of(TrainerRan)
    assert built.trainer is ran.trainer
    (optimizer,), (step,) = found.of(OptimizerBuilt), found.of(Stepped)
    assert number(optimizer.groups[0].options["lr"]) == 0.002
    assert step.moment.by_framework
    assert len(step.moved) == 1  # the head alone


def test_a_trainer_of_the_scripts_own_runs_its_loss_in_training_mode() -> None:
    found = facts("""
        class Weighted(Trainer):
            def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
                outputs = model(**inputs)
                return outputs.loss

        trainer = Weighted(model=model, args=TrainingArguments("out"), train_dataset=data)
        trainer.train()
    """)
    (forward,) = [f for f in found.of(Forward) if f.moment.calls]
    assert isinstance(forward.mode, Mode)
    assert forward.mode.training
    assert next(found.of(TrainerBuilt)).trainer.library == "transformers.Trainer"


def test_tokenizer_and_embeddings() -> None:
    found = facts("""
        tokenizer = AutoTokenizer.from_pretrained("gpt2")
        tokenizer.pad_token = tokenizer.eos_token
        model.resize_token_embeddings(len(tokenizer))
    """)
    (told,) = found.of(TokenizerSet)
    assert (told.name, text(told.tokenizer.checkpoint), told.tokenizer.model_type) == ("pad_token", "gpt2", "gpt2")
    assert [fact.model.hub.cls for fact in found.of(EmbeddingsResized) if fact.model.hub] == [
        "BertForSequenceClassification"
    ]


def test_a_parser_of_dataclasses_gives_their_defaults_and_unknown_training_arguments() -> None:
    found = facts("""
        from dataclasses import dataclass, field
        from transformers import HfArgumentParser

        @dataclass
        class ModelArguments:
            name: str = field(default="roberta-base")
            labels: int = 5

        @dataclass
        class OwnArguments(TrainingArguments):
            extra: int = 3

        parser = HfArgumentParser((ModelArguments, TrainingArguments, OwnArguments))
        model_args, training_args, own_args = parser.parse_args_into_dataclasses()
        other = AutoModelForSequenceClassification.from_pretrained(model_args.name, num_labels=model_args.labels)
        trainer = Trainer(other, training_args)
        trainer.train()
    """)
    built = list(found.of(ModelBuilt))[-1]
    assert built.model.hub is not None
    assert (built.model.hub.cls, built.model.hub.labels) == ("RobertaForSequenceClassification", 5)
    (trainer,) = found.of(TrainerBuilt)
    given = trainer.got("args")
    assert isinstance(given, Instance)
    assert (given.library, given.complete) == ("transformers.TrainingArguments", False)
    (optimizer,) = found.of(OptimizerBuilt)
    assert number(optimizer.groups[0].options["lr"]) is None


def test_what_a_class_leaves_open_its_user_may_have_set() -> None:
    found = facts("""
        class Tuner:
            def __init__(self):
                self.eval_dataset = None

            def build(self):
                return Trainer(model, TrainingArguments("out", eval_strategy="steps"), eval_dataset=self.eval_dataset)

            def load(self, rows):
                self.eval_dataset = rows
    """)
    (built,) = found.of(TrainerBuilt)
    assert isinstance(built.got("eval_dataset"), Unknown)


@pytest.mark.parametrize(
    ("loop", "all_frozen"),
    [
        ("for p in model.parameters():", True),
        ("for i, p in enumerate(model.parameters()):", True),
        ("for p in list(model.parameters()):", True),
        ("for pair in model.named_parameters():\n    p = pair[1]", True),
        ("for i, p in enumerate(model.parameters()):\n    if i < 165:", False),
        ("for i, (n, p) in enumerate(list(model.named_parameters())):\n    if i < 165:", False),
        ("for i, p in zip(range(200), model.parameters()):\n    if i < 165:", False),
        ("for p in list(model.parameters())[:165]:", False),
        ("for p in list(model.parameters())[:-2]:", False),
        ("k = 0\nfor p in model.parameters():\n    k += 1\n    if k < 165:", False),
        ("k = 0\nfor p in model.parameters():\n    k = k + 1\n    if k < 165:", False),
    ],
)
def test_the_places_of_parameters_that_are_not_listed_are_not_known(loop: str, all_frozen: bool) -> None:
    inside = "    " * (1 + loop.rpartition("\n")[2].endswith("165:"))
    script = f"{HEAD.replace('import *', 'import ' + NAMES)}\n{loop}\n{inside}p.requires_grad = False"
    m = run(ast.parse(script))
    model = m.scope.names["model"]
    assert isinstance(model, Module)
    assert all(required(m, parameter) is False for parameter in parameters_of(model)) is all_frozen


@pytest.mark.parametrize(
    "script",
    [
        "model = AutoModel.from_pretrained('me/my-model')\nmodel.logit_scale.requires_grad = False",
        "model = AutoModel.from_pretrained('me/my-model')\nmodel.embed.tokens.weight.requires_grad = False",
        "part = AutoModel.from_pretrained('me/my-model').embed.tokens\n"
        "part.weight = torch.nn.Parameter(torch.zeros(part.weight.shape))\npart.weight.requires_grad = False",
        "import unseen\nclass Net(unseen.Base, torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.scale.requires_grad = False\nNet()",
    ],
    ids=["a parameter", "a weight", "a weight put in", "an inherited one"],
)
def test_what_a_name_gives_in_a_module_that_we_do_not_see_may_be_a_parameter(script: str) -> None:
    text = HEAD.replace("import *", "import " + NAMES) + script
    assert [finding.code for finding in lint_source(text, "a.py").findings] == []


def test_a_part_that_is_known_is_a_module() -> None:
    text = HEAD.replace("import *", "import " + NAMES) + "model.bert.requires_grad = False"
    assert [finding.code for finding in lint_source(text, "a.py").findings] == ["TUN301"]


@pytest.mark.parametrize(
    ("part", "held"),
    [
        ("bert", True),
        ("classifier", False),
        ("LayerNorm.w", None),
        ("layer.11", None),
        ("layers.11", False),
        ("bert.encoder", None),
        ("bert.pooler", False),
    ],
)
def test_what_stands_in_a_name_that_is_known_in_part(part: str, held: bool | None) -> None:
    words = frozenset({"encoder", "layer", "LayerNorm", "weight"})
    name = NameBelow("a name", prefix="bert.", words=words)
    assert name.contains(part) is held


@pytest.mark.parametrize(("start", "begins"), [("be", True), ("bert.enc", None), ("bert.pool", False), ("enc", False)])
def test_how_a_name_begins_that_is_known_in_part(start: str, begins: bool | None) -> None:
    name = NameBelow("a name", prefix="bert.", words=frozenset({"encoder", "weight"}))
    assert name.begins_with(start) is begins
