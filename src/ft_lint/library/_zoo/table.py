"""Tables of models in files that wheels carry, read piece by piece.

A file holds chunks, one for each family of models, and a header that says which model is in which chunk.  Each is
compressed lines of JSON.  A chunk's lines: the classes in it, one record for each of its models, and then the modules
that the models are made of, equal ones once, children before parents.  Asking for one model decompresses the header
and one chunk, and decodes the model's own record and modules.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ft_lint.library._packed import line, pack, unpack
from ft_lint.library._zoo.architecture import Auxiliary, Flow, Head, Node
from ft_lint.light import dataclass

_LENGTH = 4
"""Bytes that hold the length of the header."""


def write(path: Path, about: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> int:
    """Write records, each with ``name``, ``module`` and ``trees`` by name, into a file; gives its size in bytes.

    ``about`` is whatever else readers want to find in the header, such as the library's version.
    """
    chunks: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        chunks.setdefault(record["module"], []).append(record)
    packed = {module: pack(_chunk(members)) for module, members in chunks.items()}
    models = {module: [record["name"] for record in members] for module, members in chunks.items()}
    lengths = [len(data) for data in packed.values()]
    header = pack([line({**about, "models": models, "lengths": lengths})])
    return path.write_bytes(b"".join([len(header).to_bytes(_LENGTH, "big"), header, *packed.values()]))


def _chunk(records: list[Mapping[str, Any]]) -> list[bytes]:
    kinds: dict[tuple[str, ...], int] = {}
    nodes: dict[bytes, int] = {}
    lines = [
        line({**record, "trees": {name: _share(tree, kinds, nodes) for name, tree in record["trees"].items()}})
        for record in records
    ]
    return [line(list(kinds)), *lines, *nodes]


def _share(tree: Mapping[str, Any], kinds: dict[tuple[str, ...], int], nodes: dict[bytes, int]) -> int:
    """Add a model's modules to those of its chunk; gives the place of its root."""
    places: list[int] = []
    for kind, config, parameters, buffers, children in tree["nodes"]:
        number = kinds.setdefault(tuple(tree["kinds"][kind]), len(kinds))
        inner = [[name, places[child]] for name, child in children]
        node = line([number, config, parameters, buffers, _unnumbered(inner)])
        places.append(nodes.setdefault(node, len(nodes)))
    return places[-1]


def _unnumbered(children: list[list[Any]]) -> list[Any]:
    """Children without their names where these are only counted, as in ``nn.Sequential``."""
    counted = [name for name, _ in children] == [str(number) for number in range(len(children))]
    return [place for _, place in children] if counted else children


@dataclass(frozen=True)
class Table:
    """The table at ``path``; nothing is read before it is asked for."""

    path: Path

    @functools.cached_property
    def header(self) -> dict[str, Any]:
        """What the writer said of the table, ``models`` by chunk, and the chunks' ``lengths``."""
        length = int.from_bytes(self._data[:_LENGTH], "big")
        header: dict[str, Any] = json.loads(unpack(self._data[_LENGTH : _LENGTH + length])[0])
        starts = [_LENGTH + length]
        for size in header["lengths"]:
            starts.append(starts[-1] + size)
        return header | {"starts": starts}

    @functools.cached_property
    def _data(self) -> bytes:
        return self.path.read_bytes()

    @functools.cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        """Chunk and place in it for every model."""
        models = self.header["models"].values()
        return {name: (chunk, place) for chunk, members in enumerate(models) for place, name in enumerate(members)}

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """Every model, sorted."""
        return tuple(sorted(self._places))

    @functools.cached_property
    def _chunks(self) -> dict[int, _Chunk]:
        return {}

    def record(self, name: str) -> dict[str, Any] | None:
        """A model's record, with its trees as nodes under their own names; None where there is no such model."""
        if name not in self._places:
            return None
        number, place = self._places[name]
        if number not in self._chunks:
            start, end = self.header["starts"][number : number + 2]
            count = len(list(self.header["models"].values())[number])
            self._chunks[number] = _Chunk(unpack(self._data[start:end]), count)
        return self._chunks[number].record(place)


class _Chunk:
    """One chunk's lines, decoded as they are asked for."""

    def __init__(self, lines: list[bytes], models: int) -> None:
        self._kinds: list[tuple[str, str, str]] = [tuple(kind) for kind in json.loads(lines[0])]
        self._models, self._lines = lines[1 : models + 1], lines[models + 1 :]
        self._nodes: dict[int, Node] = {}

    def record(self, place: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._models[place])
        return found | {name: self._node(root) for name, root in found.pop("trees").items()}

    def _node(self, place: int) -> Node:
        if place not in self._nodes:
            kind, config, parameters, buffers, children = json.loads(self._lines[place])
            name, base, forward = self._kinds[kind]
            plain = {key: frozen(value) for key, value in config.items()}
            named = enumerate(children) if children and isinstance(children[0], int) else children
            inner = tuple((str(child), self._node(index)) for child, index in named)
            self._nodes[place] = Node(name, base, forward, plain, frozen(parameters), frozen(buffers), inner)
        return self._nodes[place]


def common(record: dict[str, Any]) -> dict[str, Any]:
    """A record's fields as ``Architecture`` has them; further ones as tuples instead of lists."""
    return {name: frozen(value) for name, value in record.items()} | {
        "shapes": {path: Flow(*frozen(flow)) for path, flow in record["shapes"].items()},
        "heads": tuple(Head(**head) for head in record["heads"]),
        "auxiliary": tuple(Auxiliary(**one) for one in record.get("auxiliary", ())),
    }


def frozen(value: Any) -> Any:
    """JSON's lists as tuples, at any depth."""
    return tuple(frozen(v) for v in value) if isinstance(value, list) else value
