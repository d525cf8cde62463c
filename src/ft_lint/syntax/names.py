"""What the name of a thing says about its purpose."""

from __future__ import annotations

import re

_DISPLAY = frozenset("vis viz visual visualize visualization plot show display demo tsne umap".split())


def is_of_loader(name: str) -> bool:
    """Whether a thing is called a loader: looped over, it gives batches.

    >>> [is_of_loader(name) for name in ("self.val_dl", "trainDataLoader", "loader.dataset", "mdl")]
    [True, True, False, False]
    """
    own = name.rpartition(".")[2].lower()
    return "loader" in own or own.rpartition("_")[2] == "dl"


def is_for_display(name: str) -> bool:
    """Whether something is there to be looked at.

    >>> is_for_display("vis_loader"), is_for_display("vision_loader")
    (True, False)
    """
    return not _DISPLAY.isdisjoint(re.split(r"[\W_]+", name.lower()))
