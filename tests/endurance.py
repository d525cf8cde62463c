"""Every file below some folders, one after the other: what breaks ft_lint, holds it up, or makes it grow.

    python tests/endurance.py FOLDER ... --report endurance.jsonl

looks at each Python file and notebook with all rules in one worker process, which is ended where it takes too long and
begun anew where it died.  The report is a JSON object per file; a run that was interrupted goes on from it.  With
``--framework`` each script is read as if ``import torch`` stood at its end, so that none is passed over unread.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SUFFIXES = (".py", ".ipynb")
PATIENCE = 12
"""How many times the limit a file may take before the worker is ended: its time is worth knowing, too."""
SLOWEST = 10
PARTS = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What happened with one file.  ``memory``: what the worker held afterwards, in MB; ``worker``: which one."""

    path: str
    lines: int = 0
    seconds: float = 0.0
    memory: float = 0.0
    findings: int = 0
    refused: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    died: str = ""
    worker: int = 0


def _look(path: str, framework: bool) -> Look:
    from ft_lint.lint import lint_bytes
    from ft_lint.registry import EVERYTHING
    from ft_lint.source.problem import Fault

    data = Path(path).read_bytes()
    if framework and not path.endswith(".ipynb"):
        data += b"\nimport torch\n"
    begun = time.process_time()
    result = lint_bytes(data, path, selection=EVERYTHING)
    return Look(
        path,
        data.count(b"\n"),
        round(time.process_time() - begun, 3),
        _resident(),
        len(result.findings),
        tuple(problem.message for problem in result.problems if problem.fault is not Fault.INTERNAL),
        tuple(problem.message for problem in result.problems if problem.fault is Fault.INTERNAL),
    )


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def _serve(pipe: Connection, framework: bool) -> None:
    while (path := pipe.recv()) is not None:
        pipe.send(_look(path, framework))


def looks(paths: Iterable[str], *, framework: bool, patience: float) -> Iterator[Look]:
    """What happened with each file; a worker that dies or takes too long costs the file that it was at."""
    number, worker, pipe = 0, None, None
    for path in paths:
        if worker is None or pipe is None:
            number += 1
            worker, pipe = _hired(framework)
        pipe.send(path)
        found = _answer(worker, pipe, path, patience)
        yield replace(found, worker=number)
        if found.died:
            worker.kill()
            worker.join()
            worker = None
    if worker is not None and pipe is not None:
        pipe.send(None)
        worker.join()


def _hired(framework: bool) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    worker = processes.Process(target=_serve, args=(theirs, framework), daemon=True)
    worker.start()
    theirs.close()
    return worker, ours


def _answer(worker: multiprocessing.process.BaseProcess, pipe: Connection, path: str, patience: float) -> Look:
    if not pipe.poll(patience):
        return Look(path, seconds=patience, died=f"took more than {patience:g} s")
    try:
        found: Look = pipe.recv()
    except EOFError:
        worker.join()
        return Look(path, died=f"ended the worker with exit code {worker.exitcode}")
    return found


def files(folders: Sequence[Path]) -> list[str]:
    """All that could be checked below the folders, each file once however many names it has.

    In no order, but always the same: earlier files are as those that follow, so that memory can be compared.
    """
    named = (path for folder in folders for path in (folder.rglob("*") if folder.is_dir() else (folder,)))
    found = {path.resolve(): None for path in named if path.suffix in SUFFIXES and path.is_file()}
    return sorted(map(str, found), key=lambda path: hashlib.sha256(os.fsencode(path)).digest())


def read(report: Path) -> list[Look]:
    """What earlier runs wrote; a line that was cut off is not there."""
    lines = report.read_text().splitlines() if report.exists() else []
    return [_look_of(json.loads(line)) for line in lines if line.endswith("}")]


def _look_of(written: dict[str, Any]) -> Look:
    return Look(**{name: tuple(value) if isinstance(value, list) else value for name, value in written.items()})


def is_wrong(look: Look, limit: float) -> bool:
    """Whether a file broke ft_lint or held it up."""
    return bool(look.died or look.faults) or look.seconds > limit


def summary(found: Sequence[Look], limit: float) -> Iterator[str]:
    """Figures, what is wrong, the slowest, and how the memory grew."""
    lines, seconds = sum(look.lines for look in found), sum(look.seconds for look in found)
    refused = sum(bool(look.refused) for look in found)
    yield f"{len(found):,} files, {lines:,} lines, {seconds:,.0f} s, {refused:,} refused with a clear line"
    died, faults = sum(bool(look.died) for look in found), sum(bool(look.faults) for look in found)
    yield f"{died} crashes and hangs, {faults} with faults"
    yield from (f"wrong: {_line(look)}" for look in found if is_wrong(look, limit))
    yield from (f"slow: {_line(look)}" for look in sorted(found, key=lambda look: -look.seconds)[:SLOWEST])
    held = [look.memory for look in found if not look.died]
    parts = [held[n * len(held) // PARTS : (n + 1) * len(held) // PARTS] for n in range(PARTS)]
    yield f"memory by fifths of the files (median MB): {[round(statistics.median(part)) for part in parts if part]}"
    yield f"most: {max(held, default=0):.0f} MB"


def _line(look: Look) -> str:
    return f"{look.seconds:.1f} s  {look.path}  {look.died} {' '.join(look.faults)}".rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at all that is new, write it down, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--report", type=Path, required=True, help="a JSON object per line and file; goes on from it")
    parser.add_argument("--limit", type=float, default=5.0, help="seconds that a file may take")
    parser.add_argument("--framework", action="store_true", help="read each script as if it imported torch")
    asked = parser.parse_args(arguments)
    every = files(asked.folders)
    known = {look.path: look for look in read(asked.report)}
    with asked.report.open("a") as report:
        fresh = (path for path in every if path not in known)
        for look in looks(fresh, framework=asked.framework, patience=asked.limit * PATIENCE):
            known[look.path] = look
            report.write(f"\n{json.dumps(asdict(look))}")
            report.flush()
    found = [known[path] for path in every if path in known]
    print("\n".join(summary(found, asked.limit)))
    return int(any(is_wrong(look, asked.limit) for look in found))


if __name__ == "__main__":
    sys.exit(main())
