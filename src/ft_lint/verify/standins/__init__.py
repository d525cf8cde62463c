"""What stands in for downloads: weights, tiny models, tokenizers and data sets of the right layout.

Nothing can be downloaded where fixtures run, and nothing needs to be: a claim is about what training
does to *some* pretrained weights.  Every stand-in is the same in every run.  Weights are marked as
pretrained, so that claims can tell them from new heads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

from ft_lint.verify.recorder import Recorder

LIBRARIES = {
    "torchvision": ("torchvision_weights", "torchvision_data"),
    "timm": ("timm_weights",),
    "transformers": ("transformers_models", "transformers_tokenizers"),
}
"""Library -> modules of this package that stand in for its downloads."""


@contextmanager
def standing_in(recorder: Recorder) -> Iterator[None]:
    """Answer the downloads of every library that is already imported."""
    with ExitStack() as stack:
        for library, modules in LIBRARIES.items():
            if library in sys.modules:
                for module in modules:
                    stack.enter_context(import_module(f"{__name__}.{module}").stand_in(recorder))
        yield
