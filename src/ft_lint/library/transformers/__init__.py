"""``transformers``: models whose inside is not followed, trainers, schedules."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.library.site import Site
from ft_lint.library.torch.optim import AdamW  # its own, as older releases had it, trains in the same way
from ft_lint.library.torch.optim.lr_scheduler import build as build_scheduler
from ft_lint.library.transformers.arguments import HfArgumentParser
from ft_lint.library.transformers.collators import (
    DataCollatorForLanguageModeling,
    DataCollatorForSeq2Seq,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    DefaultDataCollator,
)
from ft_lint.library.transformers.models import PreTrainedModel
from ft_lint.library.transformers.outputs import ModelOutput
from ft_lint.library.transformers.tokenizers import BatchEncoding, PreTrainedTokenizerBase
from ft_lint.library.transformers.tokenizers import TokenIds_ as TokenIds
from ft_lint.library.transformers.trainer import (
    EarlyStoppingCallback,
    EvalPrediction,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    Trainer,
    TrainingArguments,
)
from ft_lint.values.base import NONE, Value
from ft_lint.values.training import Randomness


def set_seed(at: Site, seed: Value, deterministic: Value = NONE) -> Value:
    """``set_seed(seed)``: torch's generator among others."""
    for name in ("random", "numpy"):
        at.m.store.write(at.m.state, name, Randomness(seed))
    return NONE


def _schedule(kind: str, names: str) -> Callable[..., Value]:
    """A warm-up schedule over the optimizer's own rate: a ``LambdaLR``."""

    def construct(at: Site, optimizer: Value, *args: Value, **kwargs: Value) -> Value:
        return build_scheduler(at, kind, optimizer, names, args, kwargs)

    return construct


_SCHEDULES = {
    "get_constant_schedule": "last_epoch",
    "get_constant_schedule_with_warmup": "num_warmup_steps last_epoch",
    "get_linear_schedule_with_warmup": "num_warmup_steps num_training_steps",
    "get_cosine_schedule_with_warmup": "num_warmup_steps num_training_steps",
    "get_cosine_with_hard_restarts_schedule_with_warmup": "num_warmup_steps num_training_steps",
    "get_polynomial_decay_schedule_with_warmup": "num_warmup_steps num_training_steps",
}
for _kind, _names in _SCHEDULES.items():
    globals()[_kind] = _schedule(_kind, _names)


def get_scheduler(
    at: Site,
    name: Value,
    optimizer: Value = NONE,
    num_warmup_steps: Value = NONE,
    num_training_steps: Value = NONE,
    **kwargs: Value,
) -> Value:
    """``get_scheduler("linear", optimizer, ...)``."""
    given = {"name": name, "num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps} | kwargs
    return build_scheduler(at, "get_scheduler", optimizer, "", (), given)
