"""Run scripts in processes below this one: warmed by its imports, limited, confined to a folder, without network.

It is a guard against accidents.  CONTRIBUTING tells what it holds and what it does not.
"""

from __future__ import annotations

import ast
import faulthandler
import gc
import os
import resource
import selectors
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from ft_lint.observe import Run
from ft_lint.verify import keeper, landlock, record, seccomp
from ft_lint.verify.network import refuse_network

WARMED = (
    "torchvision",
    "timm",
    "transformers",
    "peft",
    "accelerate",
    "lightning",
    "pytorch_lightning",
    "torchmetrics",
    "trl",
    "datasets",
)
"""Libraries that are imported before the fork when a script imports them."""

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "MPLBACKEND": "Agg",
}
"""What scripts find in the environment, set before any library is imported."""

ELSEWHERE = ("TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
"""What would lead scripts out of their folder; without these, everything goes by HOME."""

SHARED = (Path("/dev/null"), Path("/dev/shm"))
"""Where scripts may write besides their folder: workers of a DataLoader hand tensors over in shared memory."""

PRINTED = "printed"
"""The file in a script's folder for what it and its libraries print."""


@dataclass(frozen=True)
class Limits:
    """What a script may use: wall time in seconds; in each process CPU time in seconds, and memory beyond the parent's
    in bytes; the size of a file in bytes; processes at the same time."""

    wall: float = 120.0
    cpu: int = 60
    memory: int = 4 << 30
    file: int = 2 << 30
    processes: int = 64


USUAL = Limits()
"""Enough for every fixture on a busy machine."""


@dataclass(frozen=True)
class Outcome:
    """The record of a script, or the problem that kept it from being made."""

    path: Path
    run: Run | None
    problem: str = ""


@dataclass
class _Child:
    """A script that is running: its keeper, the pipe for its record (open as long as the keeper lives), its folder."""

    path: Path
    keeper: int
    pipe: int
    folder: tempfile.TemporaryDirectory[str]
    deadline: float
    received: bytearray = field(default_factory=bytearray)


def run_scripts(paths: Iterable[Path], limits: Limits = USUAL, jobs: int = 1) -> Iterator[Outcome]:
    """Run scripts, ``jobs`` at a time; outcomes come in the order in which the scripts end."""
    waiting = list(paths)
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                while waiting and len(selector.get_map()) < jobs:
                    child = _start(waiting.pop(0), limits)
                    selector.register(child.pipe, selectors.EVENT_READ, child)
                for child in _ready(selector):
                    selector.unregister(child.pipe)
                    yield _end(child, limits)
        finally:
            for key in list(selector.get_map().values()):
                _end(key.data, limits)


def run_script(path: Path, limits: Limits = USUAL) -> Outcome:
    """Run one script."""
    return next(iter(run_scripts([path], limits)))


def unguarded() -> tuple[str, ...]:
    """What this kernel cannot keep scripts from."""
    sockets = () if seccomp.is_available() else ("reaching the network past Python's sockets",)
    return (*landlock.unguarded(), *sockets)


def warm(path: Path) -> None:
    """Import torch, and of the known libraries what a script imports, so that the child need not."""
    os.environ.update(ENVIRONMENT)
    torch = import_module("torch")
    torch.set_num_threads(1)
    import_module("ft_lint.verify.execution")
    for module, names in _imports(path):
        if module.split(".")[0] in WARMED:
            loaded = import_module(module)
            for name in names:
                getattr(loaded, name, None)


def _imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, [alias.name for alias in node.names]


def _start(path: Path, limits: Limits) -> _Child:
    warm(path)
    gc.freeze()
    folder = tempfile.TemporaryDirectory(prefix="ft_lint_")
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()

    def live() -> NoReturn:
        _live(path.resolve(), limits, Path(folder.name), writing)

    kept = keeper.keep(live, limits.processes, folder.cleanup)
    os.close(writing)
    return _Child(path, kept, reading, folder, time.monotonic() + limits.wall)


def _live(path: Path, limits: Limits, folder: Path, pipe: int) -> NoReturn:
    """The whole life of a script; it never returns."""
    try:
        faulthandler.disable()
        _redirect(folder, pipe)
        _settle(folder)
        _limit(limits)
        landlock.write_only_in([folder, *filter(Path.exists, SHARED)])
        attempts: list[str] = []
        refuse_network(attempts)
        from dataclasses import replace

        from ft_lint.verify.execution import execute

        run = replace(execute(path), network=tuple(attempts))
        with os.fdopen(pipe, "wb") as stream:
            record.write(run, stream)
        os._exit(0)
    except BaseException:  # noqa: BLE001  nothing of the child may reach the parent's own code
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(keeper.FAILED)


def _redirect(folder: Path, pipe: int) -> None:
    """What the script and its libraries print goes to a file in the folder; all else that was open leads nowhere."""
    inherited = [int(entry.name) for entry in os.scandir("/proc/self/fd")]
    nothing = os.open(os.devnull, os.O_RDWR)
    printed = os.open(folder / PRINTED, os.O_WRONLY | os.O_CREAT)
    for descriptor in {0, *inherited} - {pipe, nothing, printed}:
        os.dup2(nothing, descriptor)
    for standard in (1, 2):
        os.dup2(printed, standard)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")


def _settle(folder: Path) -> None:
    """Make the folder the place for everything that the script and its libraries would write elsewhere."""
    os.chdir(folder)
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    os.environ["HOME"] = os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None


def _limit(limits: Limits) -> None:
    """Set the limits.  Memory means data pages: CUDA builds of torch reserve far more address space than they use."""
    inherited = next(
        int(line.split()[1]) * 1024 for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line
    )
    resource.setrlimit(resource.RLIMIT_DATA, (inherited + limits.memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file, limits.file))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _ready(selector: selectors.BaseSelector) -> list[_Child]:
    """Wait for news; the children that have closed their pipe or used up their time."""
    children: list[_Child] = [key.data for key in selector.get_map().values()]
    patience = max(0.0, min(child.deadline for child in children) - time.monotonic())
    done = []
    for key, _ in selector.select(patience):
        piece = os.read(key.fd, 1 << 20)
        key.data.received += piece
        if not piece:
            done.append(key.data)
    late = [child for child in children if child not in done and time.monotonic() > child.deadline]
    return done + late


def _end(child: _Child, limits: Limits) -> Outcome:
    """Have everything of a script ended, and read what it sent and printed."""
    late = time.monotonic() > child.deadline
    os.kill(child.keeper, signal.SIGTERM)
    _, status = os.waitpid(child.keeper, 0)
    os.close(child.pipe)
    with child.folder as folder:
        printed = _text(Path(folder, PRINTED))
    if late:
        return Outcome(child.path, None, f"ran longer than {limits.wall:g} s")
    code = os.waitstatus_to_exitcode(status)
    run = record.read(bytes(child.received)) if code == 0 else None
    return Outcome(child.path, run, "" if run is not None else _why(code, printed, limits))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _why(code: int, printed: str, limits: Limits) -> str:
    if code == keeper.TOO_MANY:
        return f"had more than {limits.processes} processes"
    if code > keeper.SIGNALLED:
        return f"killed by {signal.Signals(code - keeper.SIGNALLED).name}"
    last = printed.strip().splitlines()[-1:] or ["nothing printed"]
    return f"ended with status {code}: {last[0]}"
