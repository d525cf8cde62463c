"""What the interpreter follows of peft: adapters in place, what trains, which modules are named; and dtypes."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from ft_lint.facts import Facts
from ft_lint.facts.hub import AdapterAdded, AdapterLoaded, AdapterUnloaded, PreparedForKbit
from ft_lint.facts.models import Forward, ModelBuilt
from ft_lint.facts.optimization import Stepped
from ft_lint.interpreter.script import run
from ft_lint.library.peft.module_names import names, versions
from ft_lint.library.peft.targets import unmet, without_default
from ft_lint.library.transformers.checkpoints import is_body_alone
from ft_lint.lint import lint_file
from ft_lint.source.requirements import Versions
from ft_lint.values.module import Mode, Module
from ft_lint.verify.harvest.module_names import assigned

HEAD = """
import torch
from peft import (
    IA3Config, LoraConfig, PeftModel, PromptTuningConfig, TaskType, get_peft_model, prepare_model_for_kbit_training
)
from transformers import (
    AutoModelForCausalLM, AutoModelForImageClassification, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification,
    Trainer, TrainingArguments
)
from trl import SFTTrainer

"""
BERT = 'model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=3)\n'
LOOP = """
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
model.train()
for batch in loader:
    loss = model(input_ids=batch, labels=batch).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def facts(script: str) -> Facts:
    return run(ast.parse(HEAD + textwrap.dedent(script))).facts


@pytest.mark.parametrize(
    ("config", "kept", "idle"),
    [
        ("LoraConfig(r=4)", 0, {"classifier"}),
        ("LoraConfig(task_type=TaskType.SEQ_CLS)", 1, set()),
        ('LoraConfig(task_type="TOKEN_CLS")', 1, set()),
        ('LoraConfig(task_type="CAUSAL_LM")', 0, {"classifier"}),
        ('LoraConfig(modules_to_save=["classifier"])', 1, set()),
        ('LoraConfig(modules_to_save=["head"])', 0, {"classifier"}),
        ('PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=4)', 1, set()),
        ("LoraConfig(task_type=task)", 0, set()),
        ("LoraConfig(**settings)", 0, set()),
    ],
)
def test_what_trains_along_with_the_adapters(config: str, kept: int, idle: set[str]) -> None:
    (added,) = facts(f"{BERT}model = get_peft_model(model, {config})").of(AdapterAdded)
    assert (len(added.kept), set(added.idle)) == (kept, idle)


def test_adapters_train_and_the_model_does_not() -> None:
    found = facts(BERT + "model = get_peft_model(model, LoraConfig(task_type='SEQ_CLS'))" + LOOP)
    step = next(found.of(Stepped))
    (added,) = found.of(AdapterAdded)
    assert {id(p) for p in step.moved} == {id(p) for p in (*added.adapters, *added.kept)}
    assert [p.pretrained for p in step.frozen] == [True]
    assert step.complete


def test_a_config_that_is_not_known_leaves_open_what_trains() -> None:
    found = facts(BERT + "model = get_peft_model(model, config)" + LOOP)
    step = next(found.of(Stepped))
    assert not step.moved
    assert not step.frozen


def test_the_wrapper_trains_and_what_is_inside_keeps_its_mode() -> None:
    found = facts(BERT + "wrapped = get_peft_model(model, LoraConfig())\nwrapped(input_ids=x)\nmodel(input_ids=x)")
    (added,) = found.of(AdapterAdded)
    assert isinstance(added.made.mode, Mode)
    assert added.made.mode.training
    outer, inner = (forward.mode for forward in found.of(Forward))
    assert not isinstance(outer, Mode)  # its parts are in both
    assert isinstance(inner, Mode)
    assert not inner.training


def test_what_the_wrapper_has_not_the_model_has() -> None:
    found = facts(
        BERT + "wrapped = get_peft_model(model, LoraConfig())\nbody = wrapped.bert\nbase = wrapped.get_base_model()"
    )
    (added,) = found.of(AdapterAdded)
    assert added.made.wrapped is added.model
    assert found.names[id(added.model.children["bert"])] == "body"
    assert added.model.hub is added.made.hub


@pytest.mark.parametrize(("told", "trains"), [("", 0), (", is_trainable=True", 1), (", is_trainable=False", 0)])
def test_loaded_adapters_are_frozen_unless_they_are_to_train(told: str, trains: int) -> None:
    found = facts(BERT + f'one = PeftModel.from_pretrained(model, "me/adapter"{told})\none(input_ids=x)')
    (loaded,), (forward,) = found.of(AdapterLoaded), found.of(Forward)
    assert (loaded.told, len(forward.trainable)) == (bool(told), trains)
    assert len(forward.maybe) == trains  # the checkpoint may hold the head
    assert isinstance(forward.mode, Mode) is not bool(trains)


def test_unloading_takes_the_adapters_out() -> None:
    found = facts(
        BERT + "wrapped = get_peft_model(model, LoraConfig())\nmerged = wrapped.merge_and_unload()\nmerged(x)"
    )
    (unloaded,) = found.of(AdapterUnloaded)
    assert unloaded.base.kind.startswith("transformers.")
    assert all("adapter" not in name for name in map(str, unloaded.base.children) if _child(unloaded.base, name))


def _child(module: Module, name: str) -> bool:
    return isinstance(module.children[name], Module)


def test_preparation_freezes_adapters() -> None:
    found = facts(BERT + "m = get_peft_model(model, LoraConfig())\nm = prepare_model_for_kbit_training(m)\nm(x)")
    (prepared,) = found.of(PreparedForKbit)
    assert len(prepared.adapters) == 1
    assert next(found.of(Forward)).trainable == ()


def test_a_trainer_with_peft_config_puts_them_in() -> None:
    found = facts("""
    model = AutoModelForCausalLM.from_pretrained("gpt2")
    trainer = SFTTrainer(model=model, train_dataset=data, peft_config=LoraConfig(r=4))
    """)
    (added,) = found.of(AdapterAdded)
    assert added.made.kind == "peft.PeftModel"


# --- target_modules ------------------------------------------------------------------------------


def built(auto: str, name: str, more: str = "") -> Module:
    return next(facts(f'model = {auto}.from_pretrained("{name}"{more})').of(ModelBuilt)).model


GPT2 = ("AutoModelForCausalLM", "gpt2")
LLAMA = ("AutoModelForCausalLM", "meta-llama/Llama-2-7b-hf")
T5 = ("AutoModelForSeq2SeqLM", "google/flan-t5-base")
VIT = ("AutoModelForImageClassification", "google/vit-base-patch16-224-in21k")


@pytest.mark.parametrize(
    ("model", "asked", "missing"),
    [
        (GPT2, ("q_proj", "v_proj"), ("q_proj", "v_proj")),
        (GPT2, ("c_attn", "q_proj"), ("q_proj",)),
        (GPT2, ("c_attn",), None),
        (GPT2, ("h.0.attn.c_attn",), None),
        (GPT2, ("wte",), None),
        (GPT2, "c_attn", ("c_attn",)),
        (GPT2, r".*\.c_attn", None),
        (GPT2, r".*\.(q_proj|v_proj)$", (r".*\.(q_proj|v_proj)$",)),
        (GPT2, "all-linear", None),
        (LLAMA, ("query", "value"), ("query", "value")),
        (LLAMA, ("q_proj", "embed_tokens", "lm_head"), None),
        (LLAMA, r"model\.layers\.\d+\.self_attn\.(q|v)_proj", None),
        (VIT, ("query", "value"), ("query", "value")),
        (VIT, ("q_proj",), None),
        (("AutoModelForCausalLM", "mistralai/Mixtral-8x7B-v0.1"), ("w1", "w2", "w3"), None),
        (("AutoModelForCausalLM", "me/my-model"), ("nothing",), None),
        (T5, ("wi_0", "wo"), None),
        (T5, ("q_proj",), ("q_proj",)),
    ],
)
def test_names_that_no_layer_bears(
    model: tuple[str, str], asked: tuple[str, ...] | str, missing: tuple[str, ...] | None
) -> None:
    found = unmet(built(*model), asked)
    assert (found.missing if found is not None else None) == missing


def test_old_names_are_told_from_wrong_ones() -> None:
    old, wrong = unmet(built(*VIT), ("query",)), unmet(built(*VIT), ("c_attn",))
    assert old is not None
    assert wrong is not None
    assert (old.renamed, wrong.renamed) == (True, False)


def test_code_from_the_hub_may_have_other_names() -> None:
    assert unmet(built(*GPT2, ", trust_remote_code=True"), ("Wqkv",)) is None


def test_which_types_have_a_default() -> None:
    assert without_default(built(*GPT2)) is None
    assert without_default(built("AutoModelForSequenceClassification", "distilbert-base-uncased")) is not None


def test_the_table_of_names() -> None:
    found = names("vit")
    assert found is not None
    assert (found.knows("q_proj"), found.knows("query"), found.knew("query")) == (True, False, True)
    assert names("llava") is None  # put together from others
    now, former = versions()
    assert int(now.split(".")[0]) == 5
    assert former.startswith("4.")


def test_names_are_read_off_source() -> None:
    source = """
    class Layer(Module):
        def __init__(self):
            self.query: Linear = Linear(2, 2)
            self.parts = nn.ModuleDict({"first": Linear(2, 2)})
            self.add_module("second", Linear(2, 2))
            other.third = 3
    """
    assert assigned([textwrap.dedent(source)]) == {"query", "parts", "first", "second"}


@pytest.mark.parametrize(
    ("name", "alone"),
    [
        ("bert-base-uncased", True),
        ("google-bert/bert-base-multilingual-cased", True),
        ("FacebookAI/roberta-large", True),
        ("meta-llama/Llama-2-7b-hf", True),
        ("google/vit-base-patch16-224-in21k", True),
        ("google/vit-base-patch16-224", False),
        ("distilbert-base-uncased-finetuned-sst-2-english", False),
        ("FacebookAI/roberta-large-mnli", False),
        ("textattack/bert-base-uncased-SST-2", False),
        ("./out", False),
    ],
)
def test_which_checkpoints_come_without_classes(name: str, alone: bool) -> None:
    assert is_body_alone(name) is alone


# --- dtypes --------------------------------------------------------------------------------------

SCALED = """
scaler = torch.amp.GradScaler("cpu")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
model.train()
loss = model(input_ids=x, labels=x).loss
scaler.scale(loss).backward()
scaler.step(optimizer)
"""
DEVICE = 'device = torch.device("cuda" if torch.cuda.is_available() else "cpu")\n'


@pytest.mark.parametrize(
    ("change", "halved"),
    [
        ("model.half()", 1),
        ("model.half().to(device)", 1),
        ("model.to(torch.float16)", 1),
        ('model.to("cpu", dtype=torch.half)', 1),
        ("model.half().float()", 0),
        ("model.half().to(something)", 0),
        ("model.half()\nunknown(model)", 0),
        ("model.to(torch.bfloat16)", 0),
        ("model.half()\nmodel = get_peft_model(model, LoraConfig(task_type='SEQ_CLS'))", 1),
        ("model.half()\nmodel = get_peft_model(model, LoraConfig())", 0),
        ("model.half()\nmodel = get_peft_model(model, LoraConfig(), autocast_adapter_dtype=False)", 1),
    ],
)
def test_which_weights_are_half(change: str, halved: int) -> None:
    steps = list(facts(BERT + DEVICE + change + SCALED).of(Stepped))
    assert [len(step.halved) for step in steps] == [halved]


@pytest.mark.parametrize(
    ("settings", "level"),
    [("fp16=True", 1), ("bf16=True", 0), ("fp16=False", 0), ('fp16=True, deepspeed="ds.json"', 0)],
)
def test_a_trainer_uses_a_scaler_where_it_is_told_to(settings: str, level: int, tmp_path: Path) -> None:
    """On a GPU: no script of the fixtures can show it on a CPU."""
    path = tmp_path / "script.py"
    path.write_text(
        HEAD
        + BERT.replace("num_labels=3", "dtype=torch.float16")
        + f"trainer = Trainer(model, TrainingArguments('out', {settings}), train_dataset=data)\ntrainer.train()\n"
    )
    assert [finding.code for finding in lint_file(path).findings].count("TUN414") == level


def test_names_of_an_older_transformers_are_right_for_whoever_uses_it(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "from peft import LoraConfig, get_peft_model\n"
        "from transformers import ViTForImageClassification\n"
        'model = ViTForImageClassification.from_pretrained("google/vit-base-patch16-224-in21k", num_labels=3)\n'
        'config = LoraConfig(target_modules=["query", "value"], modules_to_save=["classifier"])\n'
        "model = get_peft_model(model, config)\n"
    )

    def codes(*pins: tuple[str, str]) -> list[str]:
        return [one.code for one in lint_file(script, versions=Versions(pins)).findings]

    assert codes() == ["TUN211"]
    assert codes(("transformers", "<5")) == []
