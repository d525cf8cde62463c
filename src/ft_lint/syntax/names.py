"""What the name of a thing says about its purpose."""

from __future__ import annotations

import re

_DISPLAY = frozenset("vis viz visual visualize visualization plot show display demo tsne umap".split())


def is_for_display(name: str) -> bool:
    """Whether something is there to be looked at.

    >>> is_for_display("vis_loader"), is_for_display("vision_loader")
    (True, False)
    """
    return not _DISPLAY.isdisjoint(re.split(r"[\W_]+", name.lower()))
