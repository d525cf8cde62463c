"""Datasets and loaders: what they are built over, and which samples each batch holds."""

from __future__ import annotations

import hashlib
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from itertools import islice
from typing import Any

from torch.utils.data import ConcatDataset, DataLoader, Dataset, DistributedSampler, Subset, TensorDataset
from torch.utils.data import dataloader as loading

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.watch.modules import tensors


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``DataLoader``, and to the datasets whose classes build them in one place."""
    indices: dict[int, deque[Any]] = defaultdict(deque)
    ahead: dict[int, deque[dict[str, Any]]] = {}
    datasets: list[Any] = [TensorDataset, Subset]
    if "torchvision" in sys.modules:
        datasets.append(import_module("torchvision.datasets").VisionDataset)
    with ExitStack() as stack:
        for dataset in datasets:
            stack.enter_context(replaced(dataset, "__init__", _recording_dataset(recorder)))
        stack.enter_context(replaced(DistributedSampler, "__init__", _recording_sampler(recorder)))
        stack.enter_context(replaced(Dataset, "__setattr__", _recording_set(recorder)))
        stack.enter_context(replaced(DataLoader, "__init__", _recording_init(recorder)))
        stack.enter_context(replaced(DataLoader, "__iter__", _remembering_loader(recorder)))
        stack.enter_context(replaced(loading._BaseDataLoaderIter, "_next_index", _remembering_indices(indices)))
        stack.enter_context(
            replaced(loading._BaseDataLoaderIter, "__next__", _recording_next(recorder, indices, ahead))
        )
        if "accelerate" in sys.modules:
            shard = import_module("accelerate.data_loader").DataLoaderShard
            stack.enter_context(replaced(shard, "__iter__", _recording_handed_out(recorder, ahead)))
        yield


def _recording_dataset(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            recorder.write(observe.DatasetBuilt, dataset=recorder.things(self), kind=type(self).__name__)

        return init

    return wrap


def _recording_sampler(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            recorder.write(observe.SamplerBuilt, sampler=recorder.things(self), kind=type(self).__name__)

        return init

    return wrap


def _recording_set(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def setattr_(self: Dataset[Any], name: str, value: Any) -> None:
            original(self, name, value)
            if "transform" in name and sys._getframe(1).f_code.co_filename == recorder.script.path:
                recorder.write(
                    observe.TransformSet, dataset=recorder.things(self), name=name, value=recorder.things(value)
                )

        return setattr_

    return wrap


def _recording_init(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: DataLoader[Any], *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            sampler = recorder.things(self.sampler)
            data = recorder.things(self.dataset)
            recorder.write(observe.LoaderBuilt, loader=recorder.things(self), dataset=data, sampler=sampler)

        return init

    return wrap


def _remembering_loader(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def iterate(self: DataLoader[Any]) -> Any:
            iterator = original(self)
            iterator.ft_lint_loader = self
            iterator.ft_lint_iteration = recorder.tick()
            return iterator

        return iterate

    return wrap


def _remembering_indices(indices: dict[int, deque[Any]]) -> Callable[[Any], Any]:
    """Workers fetch ahead; batches come in the order in which their indices were drawn."""

    def wrap(original: Any) -> Any:
        def _next_index(self: Any) -> Any:
            index = original(self)
            indices[id(self)].append(index)
            return index

        return _next_index

    return wrap


def _recording_handed_out(recorder: Recorder, ahead: dict[int, deque[dict[str, Any]]]) -> Callable[[Any], Any]:
    """accelerate draws each batch while the one before is still in use: what counts is when it hands it out."""

    def wrap(original: Any) -> Any:
        def iterate(self: Any) -> Any:
            drawn = ahead[id(self.base_dataloader)] = deque()
            for place, batch in enumerate(original(self)):
                for _ in range(self.skip_batches if place == 0 else 0):
                    drawn.popleft()
                recorder.write(observe.BatchDrawn, **drawn.popleft())
                yield batch
            del ahead[id(self.base_dataloader)]

        return iterate

    return wrap


def _recording_next(
    recorder: Recorder, indices: dict[int, deque[Any]], ahead: dict[int, deque[dict[str, Any]]]
) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def following(self: Any) -> Any:
            before = recorder.count
            batch = original(self)
            queue = indices[id(self)]
            index = queue.popleft() if queue else ()
            loader = getattr(self, "ft_lint_loader", self)
            facts = {
                "loader": recorder.things(loader),
                "iteration": getattr(self, "ft_lint_iteration", 0),
                "samples": tuple(_sample(recorder, self._dataset, i) for i in _listed(index)),
                "contents": _contents(recorder, batch),
                "transforms": frozenset(
                    event.transform
                    for event in recorder.since(before)
                    if isinstance(event, observe.TransformApplied) and not event.raised
                ),
            }
            if id(loader) in ahead:
                ahead[id(loader)].append(facts)
            else:
                recorder.write(observe.BatchDrawn, **facts)
            return batch

        return following

    return wrap


def _listed(index: Any) -> list[int]:
    return (
        [index] if isinstance(index, int) else [int(i) for i in index or () if isinstance(i, int) or hasattr(i, "item")]
    )


def _sample(recorder: Recorder, dataset: Dataset[Any], index: int) -> str:
    """Where a sample comes from: subsets and concatenations are resolved to the data below them."""
    if isinstance(dataset, Subset):
        return _sample(recorder, dataset.dataset, int(dataset.indices[index]))
    if isinstance(dataset, ConcatDataset):
        for part, end in zip(dataset.datasets, dataset.cumulative_sizes, strict=True):
            if index < end:
                return _sample(recorder, part, index - end)
    if isinstance(dataset, TensorDataset) and dataset.tensors:
        return f"memory:{dataset.tensors[0][index].data_ptr()}"
    if type(dataset).__module__.startswith("datasets."):
        return _row(dataset, index)
    return f"{_source(recorder, dataset)}[{index % len(dataset) if hasattr(dataset, '__len__') else index}]"


def _row(table: Any, index: int) -> str:
    """A digest of a row of ``datasets``: tables made from one another share their rows, not their numbers."""
    place = index if table._indices is None else table._indices.column(0)[index].as_py()
    return f"row:{hashlib.sha1(repr(table._data.fast_slice(place, 1).to_pylist()).encode()).hexdigest()[:16]}"


def _source(recorder: Recorder, dataset: Dataset[Any]) -> str:
    """The data behind a dataset object: two objects over the same files or the same fake images are one source."""
    about = getattr(dataset, "__dict__", {})  # a list has none
    if type(dataset).__module__.startswith("torchvision."):
        told = ("root", "train", "split", "size", "image_size", "num_classes", "random_offset")
        return f"{type(dataset).__name__}({', '.join(f'{key}={about[key]}' for key in told if key in about)})"
    return f"{type(dataset).__name__}#{recorder.things(dataset)}"


def _contents(recorder: Recorder, batch: Any) -> tuple[str, ...]:
    """A digest of each sample's part of the batch: of its first tensor, of all tensors where they go by names."""
    found = list(tensors(batch)) if isinstance(batch, Mapping) else list(islice(tensors(batch), 1))
    rows = [tensor for tensor in found if tensor.ndim > 0 and len(tensor) == len(found[0])] if found else []
    if not rows or found[0].ndim == 0:
        return ()
    with recorder.quietly():
        plain = [tensor.detach().cpu().contiguous().numpy() for tensor in rows]
        return tuple(
            hashlib.sha1(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]
            for parts in zip(*plain, strict=True)
        )
