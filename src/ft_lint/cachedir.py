"""The folder where results are kept from one run to the next, and the files that could change them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

NAME = ".ft_lint_cache"
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache that ft_lint made; see https://bford.info/cachedir/\n"


def folder_for(start: Path) -> Path:
    """Where a project's results are kept: beside the nearest ``pyproject.toml`` upwards, else in this folder."""
    absolute = start.absolute()
    beside = next((one for one in (absolute, *absolute.parents) if (one / "pyproject.toml").is_file()), absolute)
    return beside / NAME


def make(folder: Path) -> None:
    """The folder, marked so that backups and version control leave it out.  Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("CACHEDIR.TAG", TAG), (".gitignore", "*\n")):
        if not (folder / name).exists():
            replace(folder / name, text)


def replace(file: Path, text: str) -> None:
    """The whole text or none of it, whoever else writes or is interrupted.  Raises OSError."""
    new = file.with_name(f"{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with new.open("x", encoding="utf-8", errors="surrogatepass") as stream:
            stream.write(text)
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def digest(data: bytes) -> str:
    """A short name for content; other content has another."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def digest_of(settings: object) -> str:
    """A short name for plain settings; equal ones have the same in every process."""
    return digest(repr(settings).encode("utf-8", "surrogateescape"))


def makers(packages: Iterable[str]) -> Iterator[Path]:
    """Every module and table of ft_lint and of ``packages``, which add rules to it, in a stable order."""
    for name in ("ft_lint", "ft_lint.rules", *sorted(packages)):
        for folder in folders(name):
            yield from _modules(folder)


def folders(module: str) -> tuple[Path, ...]:
    """Where a package stands, or the file of a single module; none where it is not to be found."""
    spec = importlib.util.find_spec(module)
    if spec is None:
        return ()
    if spec.submodule_search_locations is not None:
        return tuple(map(Path, spec.submodule_search_locations))
    return (Path(spec.origin),) if spec.origin else ()


def _modules(place: Path) -> Iterator[Path]:
    """The file, or every module and table below the folder, in a stable order."""
    if place.is_file():
        yield place
    for root, inner, files in os.walk(place):
        inner[:] = sorted(name for name in inner if name != "__pycache__")
        yield from (Path(root, name) for name in sorted(files) if name.endswith((".py", ".z")))
