"""What TUN901 to TUN905 see, and above all what they leave alone: scripts that know of several releases themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ft_lint.cli import main
from ft_lint.lint import lint_source
from ft_lint.registry import selected

REMOVED = selected(["removed"])
HEAD = "import inspect\nfrom transformers import Trainer, TrainingArguments\n"


def found(source: str) -> list[str]:
    result = lint_source(source, "script.py", selection=REMOVED)
    assert result.problems == ()
    return [f"{finding.code}:{finding.line}" for finding in result.findings]


SILENT = {
    "a comprehension filters": """
known = inspect.signature(TrainingArguments).parameters
settings = {"evaluation_strategy": "epoch"}
TrainingArguments("out", **{name: value for name, value in settings.items() if name in known})
""",
    "a loop filters": """
known = inspect.signature(TrainingArguments).parameters
settings, kept = {"evaluation_strategy": "epoch"}, {}
for name, value in settings.items():
    if name in known:
        kept[name] = value
TrainingArguments("out", **kept)
""",
    "popped": """
settings = {"evaluation_strategy": "epoch"}
settings.pop("evaluation_strategy")
TrainingArguments("out", **settings)
""",
    "deleted": """
settings = {"evaluation_strategy": "epoch"}
del settings["evaluation_strategy"]
TrainingArguments("out", **settings)
""",
    "popped for some versions": """
import transformers
from packaging import version
settings = {"evaluation_strategy": "epoch"}
if version.parse(transformers.__version__) >= version.parse("4.46"):
    settings["eval_strategy"] = settings.pop("evaluation_strategy")
TrainingArguments("out", **settings)
""",
    "put in by what the signature says": """
settings = {}
if "processing_class" in inspect.signature(Trainer.__init__).parameters:
    settings["processing_class"] = 1
else:
    settings["tokenizer"] = 1
Trainer(model=1, **settings)
""",
    "the name is put back": """
import torch
import transformers
transformers.AdamW = torch.optim.AdamW
print(transformers.AdamW)
from transformers import AdamW
""",
    "the constructor is replaced": """
original = TrainingArguments.__init__
def patched(self, *args, evaluation_strategy=None, **kwargs):
    original(self, *args, eval_strategy=evaluation_strategy, **kwargs)
TrainingArguments.__init__ = patched
TrainingArguments("out", evaluation_strategy="epoch")
""",
    "unsloth brings arguments back": """
from unsloth import FastLanguageModel
from trl import SFTTrainer
SFTTrainer(model=1, tokenizer=2, max_seq_length=512)
""",
    "another library's class": """
from setfit import Trainer, TrainingArguments
TrainingArguments(evaluation_strategy="epoch")
Trainer(tokenizer=1)
""",
    "for type checkers": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from transformers import AdamW
""",
    "asked for first": """
import transformers
if hasattr(transformers, "AdamW"):
    print(transformers.AdamW)
print(getattr(transformers, "AdamW", None))
""",
    "by version": """
import transformers
if transformers.__version__ < "4.40":
    from transformers import AdamW
else:
    from torch.optim import AdamW
""",
    "caught as an attribute": """
import transformers
try:
    print(transformers.AdamW)
except AttributeError:
    pass
""",
    "suppressed": """
import contextlib
with contextlib.suppress(ImportError):
    from transformers import AdamW
""",
    "kept by a class of one's own": """
class Own(Trainer):
    def __init__(self, *args, **kwargs):
        self.tokenizer = kwargs.pop("tokenizer")
        super().__init__(*args, **kwargs)
Own(model=1, tokenizer=2)
""",
    "a method in a mixin": """
class Loss:
    def compute_loss(self, model, inputs, return_outputs=False):
        return 1
class Own(Loss, Trainer):
    pass
""",
    "a loop of one's own": """
class Own(Trainer):
    def _inner_training_loop(self, *args, **kwargs):
        self.training_step(1, 2)
    def training_step(self, model, inputs):
        return 1
""",
    "keyword only": """
class Own(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, *, num_items_in_batch=None):
        return 1
""",
    "parsed from a dict": """
from transformers import HfArgumentParser
HfArgumentParser(TrainingArguments).parse_dict({"output_dir": "out", "no_cuda": True})
""",
    "a field of one's own": """
from dataclasses import dataclass
@dataclass
class Arguments(TrainingArguments):
    no_cuda: bool = False
Arguments("out", no_cuda=True)
""",
}


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT)
def test_silent(source: str) -> None:
    assert found(HEAD + source) == []


SPOKEN = {
    "through a helper": (
        'def make(**kw):\n    return TrainingArguments("out", **kw)\nmake(no_cuda=True)\n',
        ["TUN901:5"],
    ),
    "through a class": (
        "class Own(Trainer):\n    def __init__(self, *a, **kw):\n        super().__init__(*a, **kw)\n"
        "Own(model=1, tokenizer=2)\n",
        ["TUN902:6"],
    ),
    "train": ('class Own(Trainer):\n    pass\nOwn(model=1).train(model_path="out")\n', ["TUN902:5"]),
    "in a try that catches something else": (
        "import transformers\ntry:\n    print(transformers.AdamW)\nexcept KeyboardInterrupt:\n    pass\n",
        ["TUN904:5"],
    ),
    "a module that is gone, once": (
        "from transformers.deepspeed import HfDeepSpeedConfig, is_deepspeed_available\n",
        ["TUN904:3"],
    ),
    "beside the new name": (
        'TrainingArguments("out", evaluation_strategy="no", eval_strategy="no")\n',
        ["TUN901:3"],
    ),
    "a configuration of trl": (
        'from trl import SFTConfig\nSFTConfig("out", evaluation_strategy="no")\n',
        ["TUN901:4"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), SPOKEN.values(), ids=SPOKEN)
def test_spoken(source: str, expected: list[str]) -> None:
    assert found(HEAD + source) == expected


FIXED = {
    'TrainingArguments("out", evaluation_strategy="no")': 'TrainingArguments("out", eval_strategy="no")',
    'TrainingArguments("out", warmup_ratio=0.1)': 'TrainingArguments("out", warmup_steps=0.1)',
    'TrainingArguments("out", warmup_ratio=ratio)': None,
    'TrainingArguments("out", warmup_ratio=0.1, warmup_steps=5)': None,
    'TrainingArguments("out", adafactor=True)': 'TrainingArguments("out", optim="adafactor")',
    'TrainingArguments("out", adafactor=False)': None,
    'TrainingArguments("out", save_safetensors=True)': 'TrainingArguments("out")',
    'TrainingArguments("out", save_safetensors=False)': None,
    'TrainingArguments("out", overwrite_output_dir=True, seed=1)': 'TrainingArguments("out", seed=1)',
    'TrainingArguments("out", evaluation_strategy="no", eval_strategy="no")': None,
    'TrainingArguments(**{"no_cuda": True})': 'TrainingArguments(**{"use_cpu": True})',
    "Trainer(1, tokenizer=2, **others)": None,
}


@pytest.mark.parametrize("call", FIXED)
def test_fixes_are_offered_only_where_they_hold(call: str) -> None:
    from ft_lint.fix import mended

    source = HEAD + call + "\n"
    (finding,) = lint_source(source, "script.py", selection=selected(["TUN901", "TUN902"])).findings
    after = None if finding.fix is None else mended(source, [finding.fix]).splitlines()[-1]
    assert after == FIXED[call]


def test_the_command_line_takes_versions(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    script = tmp_path / "train.py"
    script.write_text(HEAD + 'TrainingArguments("out", evaluation_strategy="no")\n')
    (tmp_path / "requirements.txt").write_text("transformers==4.40.2\n")

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["check", str(script), *arguments])
        return done.exit_code, done.output

    assert run() == (0, "")
    code, output = run("--target-version", "transformers=5.24")
    assert (code, "TUN901" in output) == (1, True)
    code, output = run("--target-version", "newest")
    assert (code, "is no version" in output) == (2, True)
