"""What the name of a thing says about its purpose."""

from __future__ import annotations

import re
from collections.abc import Collection

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
_OPTIMIZER = frozenset("optimizer optimiser optim opt".split())


def model_and_optimizer(names: Collection[str]) -> tuple[str, str] | None:
    """The names of the model and of its optimizer among the parameters of a function that trains: each the only one.

    >>> model_and_optimizer(["model", "train_loader", "optimizer", "criterion"])
    ('model', 'optimizer')
    >>> model_and_optimizer(["model", "discriminator", "optimizer"]), model_and_optimizer(["model", "opt_g", "opt_d"])
    (None, None)
    """
    models = [name for name in names if _OF_MODELS.search(name.lower())]
    optimizers = [name for name in names if not _OPTIMIZER.isdisjoint(name.lower().split("_"))]
    if len(models) != 1 or len(optimizers) != 1 or models[0].lower() not in _MODEL:
        return None
    return models[0], optimizers[0]


def is_for_display(name: str) -> bool:
    """Whether something is there to be looked at.

    >>> is_for_display("vis_loader"), is_for_display("vision_loader")
    (True, False)
    """
    return not _DISPLAY.isdisjoint(re.split(r"[\W_]+", name.lower()))
