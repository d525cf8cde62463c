"""Repositories at one commit: from bare mirrors at hand or from GitHub, into a folder that is kept."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_ASKING = (
    r"pyproject\.toml|setup\.cfg|requirements[^/]*\.txt|(env|conda)[^/]*\.ya?ml|README[^/]*|Pipfile"
    r"|(poetry|uv|pdm)\.lock"
)
WANTED = re.compile(rf"\.(py|ipynb)$|(^|/)({_ASKING}|[Dd]ockerfile[^/]*)$")
"""What ft_lint reads of a repository."""


class Absent(RuntimeError):
    """A repository or commit that is not at hand; the message says why."""


def folder_of(name: str, commit: str, cache: Path, mirrors: Path | None, clone: bool) -> Path:
    """The files of a commit that matter, written once below ``cache``.  Raises Absent."""
    folder = cache / f"{name.replace('/', '+')}@{commit[:12]}"
    if (folder / ".git").exists():
        return folder
    for file, content in _files(_repository(name, commit, cache, mirrors, clone), commit):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    # written last: it says that all is there, and that what lies above is no part of the project
    (folder / ".git").mkdir(parents=True)
    return folder


def _repository(name: str, commit: str, cache: Path, mirrors: Path | None, clone: bool) -> Path:
    for place in () if mirrors is None else (mirrors / name.replace("/", "+"), mirrors / name):
        for found in (place, place / ".git", place / "repo", place / "repo" / ".git"):
            if (found / "objects").is_dir() and _git(found, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0:
                return found
    if not clone:
        raise Absent(f"commit {commit[:12]} is not at hand")
    fetched = cache / "clones" / name.replace("/", "+")
    subprocess.run(["git", "init", "-q", "--bare", str(fetched)], check=True)
    done = _git(fetched, "fetch", "-q", "--depth=1", f"https://github.com/{name}", commit)
    if done.returncode:
        raise Absent(done.stderr.decode(errors="replace").strip())
    return fetched


def _files(repository: Path, commit: str) -> Iterator[tuple[str, bytes]]:
    """Paths and contents; a mirror may lack some contents, and links and submodules have none."""
    listed = _git(repository, "ls-tree", "-r", "-z", commit).stdout.decode("utf-8", "surrogateescape")
    entries = (entry.partition("\t") for entry in listed.split("\0") if entry.startswith("100"))
    blobs = [(path, head.split()[2]) for head, _, path in entries if _is_wanted(path)]
    asked = "".join(f"{blob}\n" for _, blob in blobs).encode()
    answers = _git(repository, "cat-file", "--batch", given=asked).stdout
    at = 0
    for path, _ in blobs:
        head, _, _ = answers[at : at + 200].partition(b"\n")
        at += len(head) + 1
        if not head.endswith(b"missing"):
            size = int(head.split()[2])
            yield path, answers[at : at + size]
            at += size + 1


def _is_wanted(path: str) -> bool:
    return WANTED.search(path) is not None and ".." not in PurePosixPath(path).parts


def _git(repository: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # a mirror is read as it is: nothing is fetched behind our back for what it lacks
    command = ["git", f"--git-dir={repository}", "-c", "extensions.partialClone=", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False)
