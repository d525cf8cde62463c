"""Bytes to text, as Python itself reads source: PEP 263 cookies and byte order marks."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

from ft_lint.source.problem import Fault, Problem

MAX_BYTES = 2_000_000
"""Larger files are refused: parsing costs about 2 s per MB, and nobody wrote them by hand."""
MOST_READ = 50_000_000
"""Bytes of a file that are read at most: a device may have no end."""


def read(path: Path) -> bytes | Problem:
    """The file's bytes, and no more than one beyond ``MOST_READ``."""
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_READ + 1)
    except OSError as error:
        return Problem(str(path), error.strerror or str(error), Fault.USE)


def encoded(text: str, like: bytes) -> bytes:
    """A text in the encoding of a file that could be decoded, with its byte order mark where it has one."""
    return text.encode(tokenize.detect_encoding(io.BytesIO(like).readline)[0])


def decode(data: bytes, path: str) -> str | Problem:
    """The text of a source file, without its byte order mark, line ends kept."""
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1e6:.1f} MB"
        return Problem(path, f"too large to check: {size}, the limit is {MAX_BYTES / 1e6:.0f} MB", Fault.INPUT)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except (SyntaxError, LookupError) as error:  # Python 3.14 tells apart what is no encoding of text
        return Problem(path, str(error), Fault.INPUT, 1, 1)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        return _undecodable(data, path, encoding, error.start)
    except (UnicodeError, LookupError) as error:
        return Problem(path, f"cannot be decoded as {encoding}: {error}", Fault.INPUT, 1, 1)


def _undecodable(data: bytes, path: str, encoding: str, at: int) -> Problem:
    start = data.rfind(b"\n", 0, at) + 1
    column = len(data[start:at].decode(encoding, "replace")) + 1
    message = f"cannot be decoded as {encoding}: byte 0x{data[at]:02x}"
    return Problem(path, message, Fault.INPUT, data.count(b"\n", 0, at) + 1, column)
