"""What the name of a thing says about its purpose."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

_DISPLAY = frozenset("vis viz visual visualize visualization plot show display demo tsne umap".split())


def is_of_loader(name: str) -> bool:
    """Whether a thing is called a loader: looped over, it gives batches.

    >>> [is_of_loader(name) for name in ("self.val_dl", "trainDataLoader", "loader.dataset", "mdl")]
    [True, True, False, False]
    """
    own = name.rpartition(".")[2].lower()
    return "loader" in own or own.rpartition("_")[2] == "dl"


_MODEL = frozenset("model net network".split())
_OF_MODELS = re.compile(
    "model|net|encoder|decoder|backbone|head|classifier|disc|gen|critic|actor|policy|teacher|student|ema|^[gd]$"
)
_SCALER = frozenset("scaler grad_scaler gradscaler amp_scaler".split())
_OPTIMIZER = frozenset("optimizer optimiser optim".split())
_ABOUT = frozenset(
    "cls class type kind name names str fn func factory builder kwargs params args opts config cfg conf state dict lr "
    "path paths dir folder file filename id key prefix tag version size dim dims width depth num count".split()
)
"""What a thing's name ends with that speaks about the thing: ``optimizer_cls``."""
_ASKING = frozenset("freeze unfreeze use with without is no n num save load lr which".split())
"""What a setting's name begins with: ``freeze_encoder``."""


def is_of_models(name: str) -> bool:
    """Whether a thing may be a model, or a part of one.

    >>> is_of_models("ema_model"), is_of_models("Disc"), is_of_models("criterion")
    (True, True, False)
    >>> is_of_models("model_name"), is_of_models("freeze_encoder")
    (False, False)
    """
    words = name.lower().strip("_").split("_")
    return words[-1] not in _ABOUT and words[0] not in _ASKING and _OF_MODELS.search(name.lower()) is not None


class Training(NamedTuple):
    """The names of parameters of a function that trains: of its model, the optimizer of that, and a gradient scaler."""

    model: str | None = None
    optimizer: str | None = None
    scaler: str | None = None


def of_training(names: Collection[str]) -> Training:
    """The model among the parameters of a function, and its optimizer where there is one of each.

    >>> of_training(["model", "train_loader", "optimizer", "criterion", "scaler"])
    Training(model='model', optimizer='optimizer', scaler='scaler')
    >>> of_training(["model", "discriminator", "optimizer"]), of_training(["net", "opt_g", "opt_d"])
    (Training(model='model', optimizer=None, scaler=None), Training(model='net', optimizer=None, scaler=None))
    >>> of_training(["train_loader", "opt"]), of_training(["opt", "net", "optim", "optim_cls"])
    (Training(model=None, optimizer='opt', scaler=None), Training(model='net', optimizer='optim', scaler=None))
    """
    models = [name for name in names if name.lower() in _MODEL]
    words = {name: name.lower().split("_") for name in names}
    words = {name: parts for name, parts in words.items() if parts[-1] not in _ABOUT}
    optimizers = [name for name, parts in words.items() if not _OPTIMIZER.isdisjoint(parts)]
    optimizers = optimizers or [name for name, parts in words.items() if "opt" in parts]  # or it is what was parsed
    alone = len(optimizers) == 1 and sum(map(is_of_models, names)) == len(models)
    scalers = [name for name in names if name.lower() in _SCALER]
    return Training(
        models[0] if len(models) == 1 else None,
        optimizers[0] if alone and len(models) < 2 else None,
        scalers[0] if scalers else None,
    )


_OTHER_OPTIMIZER = re.compile(
    r"(Fused|Paged|CPU|DeepSpeedCPU|Distributed)?(Adam|AdamW|SGD|Lion|Lamb|LAMB|Lars|LARS|Ranger|RAdam|NAdam|AdaBelief|Adan|"
    r"Sophia|SophiaG|Prodigy|DAdaptAdam|MADGRAD|NovoGrad|Adafactor|Yogi|AdaBound|DiffGrad|AdamP|SGDP|RMSprop)(W|_?8bit|32bit)*"
)
_MAKES_OPTIMIZER = re.compile(
    r"_?(build|create|get|make|init|initialize|setup|set|configure|prepare)_?optim(izer)?(_v2)?", re.I
)


def optimizer_kind(called: str) -> str | None:
    """The kind of optimizer that a class of another library is, or a function of another file gives; None for others.

    >>> optimizer_kind("bnb.optim.AdamW8bit"), optimizer_kind("create_optimizer_v2"), optimizer_kind("AdamHook")
    ('AdamW8bit', 'optimizer', None)
    """
    name = called.rpartition(".")[2]
    if _OTHER_OPTIMIZER.fullmatch(name):
        return name
    return "optimizer" if _MAKES_OPTIMIZER.fullmatch(name) else None


def is_for_display(name: str) -> bool:
    """Whether something is there to be looked at.

    >>> is_for_display("vis_loader"), is_for_display("vision_loader")
    (True, False)
    """
    return not _DISPLAY.isdisjoint(re.split(r"[\W_]+", name.lower()))
