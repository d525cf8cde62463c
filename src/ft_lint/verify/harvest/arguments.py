"""Names of the parameters of what fine-tuning scripts call besides models."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ft_lint.library import argument_names as table
from ft_lint.library.argument_names import Parameters

LIBRARIES = ("accelerate", "lightning", "peft", "timm", "torchvision", "transformers")

_CALLED = """
accelerate.Accelerator accelerate.Accelerator.accumulate accelerate.Accelerator.backward
accelerate.Accelerator.clip_grad_norm_ accelerate.Accelerator.gather_for_metrics accelerate.Accelerator.prepare
accelerate.Accelerator.save_state accelerate.Accelerator.unwrap_model
lightning.Trainer lightning.Trainer.fit lightning.Trainer.predict lightning.Trainer.test lightning.Trainer.validate
lightning.LightningModule.log lightning.LightningModule.log_dict lightning.LightningModule.save_hyperparameters
lightning.seed_everything
peft.get_peft_model peft.prepare_model_for_kbit_training peft.PeftModel.from_pretrained
timm.create_model timm.data.Mixup timm.data.create_loader timm.data.create_transform timm.data.resolve_data_config
timm.data.resolve_model_data_config timm.optim.create_optimizer_v2 timm.scheduler.create_scheduler_v2
timm.utils.ModelEmaV2 timm.utils.ModelEmaV3
torchvision.models.get_model torchvision.models.get_weight
transformers.AutoConfig.from_pretrained transformers.AutoModel.from_pretrained
transformers.AutoTokenizer.from_pretrained transformers.PreTrainedModel.from_pretrained
transformers.PreTrainedModel.resize_token_embeddings transformers.PreTrainedTokenizerBase.__call__
transformers.BitsAndBytesConfig transformers.EarlyStoppingCallback transformers.GenerationConfig
transformers.Seq2SeqTrainer transformers.Seq2SeqTrainingArguments transformers.Trainer transformers.Trainer.train
transformers.Trainer.evaluate transformers.Trainer.predict transformers.TrainingArguments transformers.pipeline
transformers.get_scheduler
""".split()

_ALL_OF = {
    "lightning.pytorch.callbacks": ("",),
    "lightning.pytorch.loggers": ("Logger",),
    "peft": ("Config",),
    "timm.loss": ("",),
    "timm.scheduler": ("Scheduler",),
    "torchvision.transforms": ("",),
    "torchvision.transforms.v2": ("",),
    "transformers": ("DataCollator", "schedule"),
}
"""Packages whose public classes and functions are taken where their name holds one of the words."""


def paths() -> list[str]:
    """Import paths of every callable that is looked at, sorted."""
    found = {f"{package}.{name}" for package, words in _ALL_OF.items() for name in _public(package, words)}
    return sorted(found | set(_CALLED))


def _public(package: str, words: tuple[str, ...]) -> Iterator[str]:
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", dir(module)):
        if any(word in name for word in words) and not name.startswith("_"):
            found = getattr(module, name, None)
            if inspect.isclass(found) or inspect.isfunction(found):
                yield name


def harvest(path: str) -> Parameters | None:
    """The parameters of one callable; None where it has no signature, as enums have none."""
    module, names = _split(path)
    found: Any = module
    for name in names:
        found = getattr(found, name)
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except ValueError:
        return None
    own = [one for one in parameters if one.name != "self"]
    return Parameters(
        tuple(one.name for one in own if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)),
        tuple(one.name for one in own if one.kind is one.KEYWORD_ONLY),
        any(one.kind is one.VAR_KEYWORD for one in own),
    )


def _split(path: str) -> tuple[Any, list[str]]:
    """The module at the start of a path, and the names that follow."""
    parts = path.split(".")
    for end in range(len(parts) - 1, 1, -1):
        with contextlib.suppress(ModuleNotFoundError):
            return importlib.import_module(".".join(parts[:end])), parts[end:]
    return importlib.import_module(parts[0]), parts[1:]


def version(library: str) -> str:
    """A library's version without its build."""
    return importlib.metadata.version(library).split("+")[0]


def write(path: Path = table.PATH) -> int:
    """Write the table; gives its size in bytes."""
    versions = {library: version(library) for library in LIBRARIES}
    found = {name: one for name in paths() if (one := harvest(name)) is not None}
    return table.write(path, versions, found)


def rewrite() -> Path:
    """Harvest every callable and write the table that wheels carry; gives its path."""
    write()
    return table.PATH
