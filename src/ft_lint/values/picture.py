"""Images on their way from a dataset to a model."""

from __future__ import annotations

from ft_lint.light import dataclass
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance
from ft_lint.values.shape import Shape
from ft_lint.values.training import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Preparation:
    """What was done to an image: the transforms in order, and the dataset that it came from.

    ``varied`` is true where the dataset's images surely differ in size and nothing has made them equal.
    """

    steps: tuple[Instance, ...] = ()
    source: Dataset | None = None
    varied: bool = False

    def last(self, *names: str) -> Instance | None:
        """The last of the steps that has one of these class names."""
        return next((step for step in reversed(self.steps) if step.kind.rpartition(".")[2] in names), None)


@dataclass(frozen=True, slots=True, eq=False)
class Picture(Value):
    """A PIL image: ``shape`` is channels, height, width, as ``ToTensor`` will have it."""

    shape: Shape
    prepared: Preparation = Preparation()
