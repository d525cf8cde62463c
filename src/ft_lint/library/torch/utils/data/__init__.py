"""``torch.utils.data``: datasets, subsets, loaders."""

from __future__ import annotations

from ft_lint.facts.data import DatasetBuilt, EpochSet, LoaderBuilt, SamplerBuilt
from ft_lint.interpreter.items import iterate
from ft_lint.library.site import Site, undivided
from ft_lint.library.torch.utils.data.collate import source
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Items, Value, integer, is_none, options, same, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import List, Range, Tuple, new_list
from ft_lint.values.shape import symbol
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Dataset as DatasetValue
from ft_lint.values.training import Drawing, Loader, Randomness

ONE = Constant(1)


@undivided
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
    all_of_it = is_none(sampler) and _divides(whole, length(dataset))
    always = whole == 1 or truth(drop_last) is True or all_of_it
    made = Loader(dataset, given, whole if whole is not None and always else batch, at.node)
    at.emit(LoaderBuilt, loader=made)
    return made


def _divides(size: int | None, total: int | None) -> bool:
    return bool(size) and total is not None and total % (size or 1) == 0


def length(dataset: Value) -> int | None:
    """How many items a dataset has, where that is known."""
    match dataset:
        case DatasetValue(parent=Value()):
            chosen = positions(dataset)
            return integer(dataset.arguments.get("length")) if chosen is None else len(chosen)
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


def _subset(
    at: Site, dataset: Value, part: int | None = None, split: Drawing | None = None, **arguments: Value
) -> Value:
    kind = dataset.kind if isinstance(dataset, DatasetValue) else "torch.utils.data.Subset"
    made = DatasetValue(kind, arguments, parent=dataset, part=part, node=at.node, split=split)
    at.emit(DatasetBuilt, dataset=made)
    return made


def Subset(at: Site, dataset: Value, indices: Value) -> Value:  # noqa: N802
    """``Subset(dataset, indices)``."""
    return _subset(at, dataset, indices=indices)


def random_split(at: Site, dataset: Value, lengths: Value, generator: Value = NONE) -> Value:
    """``random_split``: parts that do not overlap."""
    items = iterate(at.m, lengths, None)
    counts = items.values if items.complete and items.values else (NONE, NONE)
    drawing = Drawing(randomness(at, generator))
    return new_list(tuple(_subset(at, dataset, part, drawing, length=count) for part, count in enumerate(counts)))


def randomness(at: Site, generator: Value) -> Randomness | None:
    """What a drawing draws from: the generator's state, torch's own where none is given; None where it is unknown."""
    if is_none(generator):
        return randomness_of(at, "random")
    held = generator.fields.get("random") if isinstance(generator, Instance) else None
    found = at.m.store.resolve(held) if held is not None else None
    return found if isinstance(found, Randomness) else None


def randomness_of(at: Site, name: str) -> Randomness | None:
    """The state that is drawn from where nothing is given: torch's (``random``) or ``numpy``'s; None: unknown."""
    found = at.m.store.resolve(at.m.state[name])
    return found if isinstance(found, Randomness) else None


def positions(part: DatasetValue) -> frozenset[int] | None:
    """Which items of its dataset a subset has, where its indices are written out; None where they are not known."""
    match part.arguments.get("indices"):
        case Range(start, stop, step):
            bounds = [integer(bound) for bound in (start, stop, step)]
            if None not in bounds and bounds[2]:
                chosen = range(*(bound or 0 for bound in bounds))
                return frozenset(chosen) if len(chosen) <= _MANY else None
        case List(fields={"items": Items(values, True)}) if all(integer(value) is not None for value in values):
            return frozenset(integer(value) or 0 for value in values)
    return None


_MANY = 2_000_000
"""Positions that are written out one by one."""


def overlap(left: Value, right: Value) -> bool | None:
    """Whether two parts of the same data share items; None where that is not known."""
    if not (isinstance(left, DatasetValue) and isinstance(right, DatasetValue)):
        return None
    mine, theirs = positions(left), positions(right)
    if mine is None or theirs is None or not share_out(left, right):
        return None
    return bool(mine & theirs)


def share_out(left: DatasetValue, right: DatasetValue) -> bool:
    """Whether two datasets are direct parts of the same data; a part of a part may well lie apart from another."""
    bases = left.base, right.base
    if bases[0] is None or bases[1] is None or not same_data(left, right):
        return False
    return bases[0] is bases[1] or not any(isinstance(one, DatasetValue) and one.base is not None for one in bases)


_NOT_ABOUT_DATA = ("transform", "target_transform", "transforms", "download")


def same_data(left: Value, right: Value) -> bool:
    """Whether two datasets, or parts of some, surely hold the same items, whatever their transforms."""
    one, two = source(left), source(right)
    if one is two:
        return True
    if not (isinstance(one, DatasetValue) and isinstance(two, DatasetValue)) or one.kind != two.kind:
        return False
    if one.kind not in _KNOWN_BY_ARGUMENTS and not one.kind.startswith("torchvision.datasets."):
        return False
    names = {*one.arguments, *two.arguments, *one.fields, *two.fields} - {*_NOT_ABOUT_DATA}
    return all(_alike(_held(one, name), _held(two, name)) for name in names)


def _alike(left: Value, right: Value) -> bool:
    """Whether two arguments are the same, or tuples, lists or paths of the same."""
    if same(left, right):
        return True
    match left, right:
        case Tuple(values=one), Tuple(values=two):
            return len(one) == len(two) and all(map(_alike, one, two))
        case List(fields={"items": Items(one, True)}), List(fields={"items": Items(two, True)}):
            return len(one) == len(two) and all(map(_alike, one, two))
        case Instance(kind="pathlib.Path", arguments=mine), Instance(kind="pathlib.Path", arguments=theirs):
            return _alike(mine["parts"], theirs["parts"])
    return False


_KNOWN_BY_ARGUMENTS = ("torch.utils.data.TensorDataset",)


def _held(dataset: DatasetValue, name: str) -> Value:
    return dataset.fields.get(name, dataset.arguments.get(name, NONE))


def ConcatDataset(at: Site, datasets: Value) -> Value:  # noqa: N802
    """``ConcatDataset``: several datasets, one behind the other."""
    parts = iterate(at.m, datasets, None)
    held = Tuple(parts.values, parts.complete)
    return DatasetValue("torch.utils.data.ConcatDataset", {"datasets": held}, node=at.node)


def _sampler(name: str, *parameters: str) -> type:
    """A sampler's class: an object that remembers what it was built with."""

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        given = dict(zip(parameters, args, strict=False)) | kwargs
        made = Instance(f"torch.utils.data.{name}", arguments=given, node=at.node)
        at.emit(SamplerBuilt, sampler=made)
        return made

    return type(name, (), {"construct": staticmethod(construct)})


SubsetRandomSampler = _sampler("SubsetRandomSampler", "indices", "generator")
RandomSampler = _sampler("RandomSampler", "data_source", "replacement", "num_samples", "generator")
SequentialSampler = _sampler("SequentialSampler", "data_source")
WeightedRandomSampler = _sampler("WeightedRandomSampler", "weights", "num_samples", "replacement", "generator")


class DistributedSampler:
    """``DistributedSampler``: shuffles anew each epoch only where it is told the epoch."""

    @staticmethod
    @undivided
    def construct(
        at: Site,
        dataset: Value,
        num_replicas: Value = NONE,
        rank: Value = NONE,
        shuffle: Value = TRUE,
        seed: Value = NONE,
        drop_last: Value = FALSE,
    ) -> Value:
        """Build it."""
        made = Instance("torch.utils.data.DistributedSampler", arguments={"shuffle": shuffle}, node=at.node)
        at.emit(SamplerBuilt, sampler=made)
        return made

    @staticmethod
    def set_epoch(at: Site, self: Instance, epoch: Value) -> Value:
        """``set_epoch(epoch)``."""
        at.emit(EpochSet, sampler=self)
        return NONE


class Dataset:
    """The methods of a dataset."""


def is_dataset(value: Value) -> bool:
    """Whether a value serves as a dataset: a library's, or an object of the script's own class."""
    return any(isinstance(option, DatasetValue | Instance) for option in options(value))
