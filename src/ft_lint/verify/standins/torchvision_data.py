"""Data sets that torchvision would download: a few random images in the format of the real files."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torchvision import datasets
from torchvision.datasets import cifar

from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

TRAIN, TEST = 40, 20
"""Images in a stand-in's two parts."""


@contextmanager
def stand_in(_recorder: Recorder) -> Iterator[None]:
    """Answer ``download=True`` of the MNIST and CIFAR families and of the pets, whose images differ in size."""
    with (
        replaced(datasets.MNIST, "download", lambda _original: _write_mnist),
        replaced(datasets.EMNIST, "download", lambda _original: _write_emnist),
        replaced(datasets.CIFAR10, "download", lambda _original: _write_cifar),
        replaced(datasets.OxfordIIITPet, "_download", lambda _original: _write_pets),
        replaced(cifar, "check_integrity", _only_existence),
    ):
        yield


def _only_existence(_original: Any) -> Callable[..., bool]:
    def check_integrity(path: str, *_digest: Any) -> bool:
        return Path(path).is_file()

    return check_integrity


def _write_mnist(self: Any) -> None:
    """Four files in MNIST's idx format."""
    draw = random.Random(0)
    for part, size in (("train", TRAIN), ("t10k", TEST)):
        _write_idx(Path(self.raw_folder), part, [i % len(self.classes) for i in range(size)], draw)


def _write_emnist(self: Any) -> None:
    """The four files of one split of EMNIST; its letters count from 1."""
    classes = self.classes_split_dict[self.split]
    first = classes.count("N/A")
    draw = random.Random(0)
    for part, size in (("train", TRAIN), ("test", TEST)):
        labels = [first + i % (len(classes) - first) for i in range(size)]
        _write_idx(Path(self.raw_folder), f"emnist-{self.split}-{part}", labels, draw)


def _write_idx(folder: Path, name: str, labels: list[int], draw: random.Random) -> None:
    """Random images of 28 x 28 bytes and their labels, in two files."""
    folder.mkdir(parents=True, exist_ok=True)
    size, head = len(labels).to_bytes(4, "big"), b"\x00\x00\x08"
    shape = size + (28).to_bytes(4, "big") * 2
    (folder / f"{name}-images-idx3-ubyte").write_bytes(head + b"\x03" + shape + draw.randbytes(len(labels) * 28 * 28))
    (folder / f"{name}-labels-idx1-ubyte").write_bytes(head + b"\x01" + size + bytes(labels))


def _write_cifar(self: Any) -> None:
    """CIFAR's pickled batches of 3 x 32 x 32 bytes, and the names of its classes."""
    folder = Path(self.root) / self.base_folder
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    key = self.meta["key"]
    classes = [f"class {i}" for i in range(100 if "fine" in key else 10)]
    for parts, size in ((self.train_list, TRAIN // len(self.train_list)), (self.test_list, TEST)):
        for name, _digest in parts:
            labels = [i % len(classes) for i in range(size)]
            data = draw.integers(0, 256, (size, 3072), dtype=np.uint8)
            batch = {"data": data, "labels": labels, "fine_labels": labels}
            (folder / name).write_bytes(pickle.dumps(batch))
    (folder / self.meta["filename"]).write_bytes(pickle.dumps({key: classes}))


def _write_pets(self: Any) -> None:
    """Photographs of several sizes, one of each breed, and the two lists of them."""
    folder = Path(self.root) / "oxford-iiit-pet"
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    for split, size in (("trainval", TRAIN), ("test", TEST)):
        lines = []
        for number in range(size):
            breed = number % 37
            name = f"breed_{breed}_{split}{number}"
            shape = (60 + 10 * (number % 4), 80 - 5 * (number % 3), 3)
            Image.fromarray(draw.integers(0, 256, shape, dtype=np.uint8)).save(folder / "images" / f"{name}.jpg")
            lines.append(f"{name} {breed + 1} {breed % 2 + 1} 1\n")
        (folder / "annotations" / f"{split}.txt").write_text("".join(lines))
