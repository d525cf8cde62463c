"""How the tables in wheels are compressed: lines of JSON under LZMA without a container."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable

_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "pb": 0}]


def pack(lines: Iterable[bytes]) -> bytes:
    """Lines as compressed bytes, the same ones for the same lines."""
    return lzma.compress(b"\n".join(lines), lzma.FORMAT_RAW, filters=_FILTERS)


def unpack(data: bytes) -> list[bytes]:
    """The lines that were packed."""
    return lzma.decompress(data, lzma.FORMAT_RAW, filters=_FILTERS).split(b"\n")


def line(value: object) -> bytes:
    """A value as one line of JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()
