"""``transformers``: models whose inside is not followed; ``from_pretrained`` gives evaluation mode."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ft_lint.facts import ModelBuilt, TrainerBuilt
from ft_lint.library.site import Site
from ft_lint.library.torch.optim.lr_scheduler import build as build_scheduler
from ft_lint.values.base import NONE, Value
from ft_lint.values.module import Mode, Module
from ft_lint.values.tensor import new_parameter
from ft_lint.values.training import Randomness, Scheduler

_LOADER = re.compile(r"transformers\.(\w*Model\w*|\w+For\w+)\.from_pretrained")


def is_loader(path: str) -> bool:
    """Whether a path is ``from_pretrained`` of a model class."""
    return _LOADER.fullmatch(path) is not None


def from_pretrained(at: Site, path: str, arguments: Any) -> Value:
    """A pretrained model in evaluation mode (``PreTrainedModel.from_pretrained``'s documentation)."""
    model = Module(
        kind=path.removesuffix(".from_pretrained"),
        arguments=dict(arguments.keywords),
        rest=new_parameter(rest=True, pretrained=True),
        pretrained=True,
        node=at.node,
    )
    model.fields["mode"] = Mode(False)
    if arguments.positional:
        model.arguments["pretrained_model_name_or_path"] = arguments.positional[0]
    at.emit(ModelBuilt, model=model, path=path, arguments=model.arguments, places={})
    at.m.models.append(model)
    return model


def set_seed(at: Site, seed: Value, deterministic: Value = NONE) -> Value:
    """``set_seed(seed)``: torch's generator among others."""
    at.m.store.write(at.m.state, "random", Randomness(seed))
    return NONE


class Trainer:
    """``Trainer``: its loop is its own; what it trains and evaluates on is written down."""

    @staticmethod
    def construct(
        at: Site, *args: Value, train_dataset: Value = NONE, eval_dataset: Value = NONE, **kwargs: Value
    ) -> Value:
        """``Trainer(model=..., args=..., train_dataset=..., eval_dataset=...)``."""
        places = {str(key): place for key, place in at.arguments.places.items()}
        at.emit(TrainerBuilt, train=train_dataset, evaluation=eval_dataset, places=places)
        return at.unknown("a Trainer", *at.arguments.all())


Seq2SeqTrainer = Trainer


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
    given = {"num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps} | kwargs
    return build_scheduler(at, "get_scheduler", optimizer, "", (), given)
