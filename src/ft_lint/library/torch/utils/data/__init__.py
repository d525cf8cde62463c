"""``torch.utils.data``: datasets, subsets, loaders."""

from __future__ import annotations

import dataclasses

from ft_lint.facts import DatasetBuilt, LoaderBuilt
from ft_lint.interpreter.items import iterate
from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Unknown, Value, integer, options, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import new_list
from ft_lint.values.shape import Dim, symbol
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Dataset as DatasetValue
from ft_lint.values.training import Loader


def batch_of(loader: Loader) -> Value:
    """One batch: the items of the dataset with a batch dimension in front."""
    size = integer(loader.arguments.get("batch_size"))
    dim: Dim = size if size is not None and truth(loader.arguments.get("drop_last")) else symbol("B")
    return _batched(loader.dataset, dim, loader)


def _batched(dataset: Value, dim: Dim, loader: Loader) -> Value:
    match source(dataset):
        case DatasetValue(kind="torch.utils.data.TensorDataset", fields=fields):
            parts = [
                dataclasses.replace(t, shape=(dim, *t.shape[1:]) if t.shape else None, batch_of=loader)
                for t in fields.values()
                if isinstance(t, Tensor)
            ]
            return new_list(tuple(parts), complete=len(parts) == len(fields))
        case DatasetValue(kind=kind) if kind.startswith("torchvision.datasets."):
            from ft_lint.library.torchvision.datasets import item_shape

            shape = item_shape(source(dataset))
            image = Tensor(shape=(dim, *shape) if shape else None, dtype="float32", batch_of=loader)
            return new_list((image, Tensor(shape=(dim,), dtype="int64", batch_of=loader)))
    return Unknown("a batch of a dataset that we do not know", (Tensor(batch_of=loader),))


def source(dataset: Value) -> Value:
    """The dataset that a subset was taken from, and that one's, to the end."""
    while isinstance(dataset, DatasetValue) and dataset.parent is not None:
        dataset = dataset.parent
    return dataset


def DataLoader(  # noqa: N802
    at: Site,
    dataset: Value,
    batch_size: Value = NONE,
    shuffle: Value = NONE,
    *args: Value,
    **kwargs: Value,
) -> Value:
    """``DataLoader(dataset, ...)``."""
    made = Loader(dataset, {"batch_size": batch_size, "shuffle": shuffle} | kwargs, at.node)
    at.emit(LoaderBuilt, loader=made)
    return made


def TensorDataset(at: Site, *tensors: Value) -> Value:  # noqa: N802
    """``TensorDataset(x, y)``."""
    made = DatasetValue(
        "torch.utils.data.TensorDataset", fields={str(i): t for i, t in enumerate(tensors)}, node=at.node
    )
    at.emit(DatasetBuilt, dataset=made)
    return made


def _subset(at: Site, dataset: Value, part: int | None) -> Value:
    kind = dataset.kind if isinstance(dataset, DatasetValue) else "torch.utils.data.Subset"
    made = DatasetValue(kind, parent=dataset, part=part, node=at.node)
    at.emit(DatasetBuilt, dataset=made)
    return made


def Subset(at: Site, dataset: Value, indices: Value) -> Value:  # noqa: N802
    """``Subset(dataset, indices)``."""
    return _subset(at, dataset, None)


def random_split(at: Site, dataset: Value, lengths: Value, generator: Value = NONE) -> Value:
    """``random_split``: parts that do not overlap."""
    items = iterate(at.m, lengths, None)
    count = len(items.values) if items.complete and items.values else 2
    return new_list(tuple(_subset(at, dataset, part) for part in range(count)))


def ConcatDataset(at: Site, datasets: Value) -> Value:  # noqa: N802
    """``ConcatDataset``: its parts are not followed."""
    return DatasetValue("torch.utils.data.ConcatDataset", node=at.node)


class Dataset:
    """The methods of a dataset."""


def is_dataset(value: Value) -> bool:
    """Whether a value serves as a dataset: a library's, or an object of the script's own class."""
    return any(isinstance(option, DatasetValue | Instance) for option in options(value))
