"""Run scripts in children of this process: warmed by its imports, limited, without network, one fork each."""

from __future__ import annotations

import ast
import faulthandler
import gc
import os
import pickle
import resource
import selectors
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from ft_lint.observe import Run
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


@dataclass(frozen=True)
class Limits:
    """What a script may use: wall time and CPU time in seconds, memory beyond the parent's in bytes."""

    wall: float = 120.0
    cpu: int = 60
    memory: int = 4 << 30


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
    """A script that is running: its process (leader of its own group), the pipe for its record, its folder."""

    path: Path
    process: int
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
    process = os.fork()
    if process == 0:
        os.close(reading)
        _live(path.resolve(), limits, Path(folder.name), writing)
    os.close(writing)
    return _Child(path, process, reading, folder, time.monotonic() + limits.wall)


def _live(path: Path, limits: Limits, folder: Path, pipe: int) -> None:
    """The whole life of a child; it never returns."""
    try:
        os.setsid()
        faulthandler.disable()
        _redirect(folder)
        os.chdir(folder)
        _limit(limits)
        attempts: list[str] = []
        refuse_network(attempts)
        from dataclasses import replace

        from ft_lint.verify.execution import execute

        run = replace(execute(path), network=tuple(attempts))
        with os.fdopen(pipe, "wb") as stream:
            pickle.dump(run, stream)
        os._exit(0)
    except BaseException:  # noqa: BLE001  nothing of the child may reach the parent's own code
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(70)


def _redirect(folder: Path) -> None:
    """No input; what the script and its libraries print goes to a file in the folder."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    printed = os.open(folder / "printed", os.O_WRONLY | os.O_CREAT)
    for source, target in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(source, target)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")


def _limit(limits: Limits) -> None:
    """Set the limits.  Memory means data pages: CUDA builds of torch reserve far more address space than they use."""
    inherited = next(
        int(line.split()[1]) * 1024 for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line
    )
    resource.setrlimit(resource.RLIMIT_DATA, (inherited + limits.memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))
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
    """Kill what is left of a child's group, and read what it sent and printed."""
    late = time.monotonic() > child.deadline
    ended, status = (0, 0) if late else os.waitpid(child.process, os.WNOHANG if not child.received else 0)
    with suppress(ProcessLookupError):
        os.killpg(child.process, signal.SIGKILL)
    if not ended:
        _, status = os.waitpid(child.process, 0)
    os.close(child.pipe)
    with child.folder as folder:
        printed = (
            Path(folder, "printed").read_text(encoding="utf-8", errors="replace")
            if Path(folder, "printed").exists()
            else ""
        )
    if late:
        return Outcome(child.path, None, f"ran longer than {limits.wall:g} s")
    if os.waitstatus_to_exitcode(status) == 0 and child.received:
        return Outcome(child.path, pickle.loads(bytes(child.received)))
    return Outcome(child.path, None, _why(os.waitstatus_to_exitcode(status), printed))


def _why(code: int, printed: str) -> str:
    last = printed.strip().splitlines()[-1:] or ["nothing printed"]
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}: {last[0]}"
