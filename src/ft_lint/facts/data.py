"""Facts about datasets, samplers and loaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ft_lint.facts.moment import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import Value

if TYPE_CHECKING:
    from ft_lint.values.callables import Instance
    from ft_lint.values.module import Module
    from ft_lint.values.training import Dataset, Drawing, Loader


@dataclass(frozen=True, slots=True, eq=False)
class EpochSet(Fact):
    """``sampler.set_epoch(epoch)``."""

    sampler: Instance


@dataclass(frozen=True, slots=True, eq=False)
class LoaderBuilt(Fact):
    """A ``DataLoader`` was built."""

    loader: Loader


@dataclass(frozen=True, slots=True, eq=False)
class BatchesHandedOver(Fact):
    """Loaders went to a call that we cannot follow, with these modules: it may run them on the batches."""

    loaders: tuple[Loader, ...]
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SamplerBuilt(Fact):
    """A sampler of ``torch.utils.data`` was built."""

    sampler: Instance


@dataclass(frozen=True, slots=True, eq=False)
class DatasetBuilt(Fact):
    """A dataset was built."""

    dataset: Dataset


@dataclass(frozen=True, slots=True, eq=False)
class RowsDrawn(Fact):
    """Arrays or tables were split at random."""

    drawing: Drawing


@dataclass(frozen=True, slots=True, eq=False)
class DatasetAttributeSet(Fact):
    """An attribute of a dataset was set: ``before`` is what stood there, ``target`` the text assigned to.

    ``through`` is the object whose attribute the dataset was named by, e.g. the part in ``part.dataset.transform = t``.
    """

    dataset: Value
    name: str
    value: Value
    before: Value
    through: Value | None
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class TransformRefused(Fact):
    """A transform that torchvision refuses for the image it gets; the node is the step's construction.

    ``behind`` is the step that comes next where they are composed, ``at_once`` says that it is built in the call
    that makes the dataset of its images, or all the steps, which no image survives: both stand and fall together.
    """

    step: Instance
    behind: Instance | None
    why: str
    image: Value
    sizes: dict[str, object]
    at_once: bool = False

    @property
    def certain(self) -> bool:
        """Whether it happens on every way through the script, or wherever what it needs is built."""
        return self.sure or self.at_once
