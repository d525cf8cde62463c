"""``torch.utils.data``: datasets, subsets, loaders."""

from __future__ import annotations

from ft_lint.facts import DatasetBuilt, LoaderBuilt
from ft_lint.interpreter.items import iterate
from ft_lint.library.site import Site
from ft_lint.library.torch.utils.data.collate import source
from ft_lint.values.base import FALSE, NONE, Constant, Value, integer, is_none, options, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import new_list
from ft_lint.values.shape import symbol
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Dataset as DatasetValue
from ft_lint.values.training import Loader

ONE = Constant(1)


def DataLoader(  # noqa: N802
    at: Site,
    dataset: Value,
    batch_size: Value = ONE,
    shuffle: Value = NONE,
    sampler: Value = NONE,
    batch_sampler: Value = NONE,
    num_workers: Value = NONE,
    collate_fn: Value = NONE,
    pin_memory: Value = FALSE,
    drop_last: Value = FALSE,
    timeout: Value = NONE,
    worker_init_fn: Value = NONE,
    multiprocessing_context: Value = NONE,
    generator: Value = NONE,
    **settings: Value,
) -> Value:
    """``DataLoader(dataset, ...)``: the size of a batch is a symbol where the last one may be short."""
    given = {"batch_size": batch_size, "shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler}
    given |= {"collate_fn": collate_fn, "drop_last": drop_last, "worker_init_fn": worker_init_fn}
    at.m.loader_count += 1
    count = at.m.loader_count
    batch = symbol("B" if count == 1 else f"B{count}")
    whole = integer(batch_size) if is_none(batch_sampler) else None
    all_of_it = is_none(sampler) and source(dataset) is dataset
    always = whole == 1 or truth(drop_last) is True or (all_of_it and _divides(whole, length(dataset)))
    made = Loader(dataset, given, whole if whole is not None and always else batch, at.node)
    at.emit(LoaderBuilt, loader=made)
    return made


def _divides(size: int | None, total: int | None) -> bool:
    return bool(size) and total is not None and total % (size or 1) == 0


def length(dataset: Value) -> int | None:
    """How many items a dataset has, where that is known."""
    match dataset:
        case DatasetValue(kind="torch.utils.data.TensorDataset", fields=fields):
            first = next(iter(fields.values()), None)
            rows = first.shape[0] if isinstance(first, Tensor) and first.shape else None
            return rows if isinstance(rows, int) else None
        case DatasetValue(kind=kind) if kind.startswith("torchvision.datasets."):
            from ft_lint.library.torchvision.datasets import length as image_count

            return image_count(dataset)
    return None


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
