"""What a sweep needs of a pretrained model: something it knows, and something else to train it on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn


class Pretrained(ABC):
    """A real pretrained model.

    ``script`` is a fine-tuning script of its kind, with a place for ``{optimizer}``: the linter reads it.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    script: ClassVar[str]
    model: nn.Module
    width: int
    labels: Tensor

    @abstractmethod
    def features(self) -> Tensor:
        """Shape (examples, ``width``): what the model makes of the examples that it is trained on, with gradients."""

    @abstractmethod
    def known(self) -> float:
        """The share of questions, from 0 to 1, that the model answers rightly as it is now, in evaluation mode."""
