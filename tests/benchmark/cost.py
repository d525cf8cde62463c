"""What a command costs: processor time and memory of it and all processes that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time (user and system), seconds passed, and the most memory of one process in MB."""

    processor: float
    passed: float
    memory: float


class Failed(RuntimeError):
    """A command that ended otherwise than by telling what it found."""


def of(command: list[str], cwd: Path, environment: dict[str, str] | None = None) -> Cost:
    """The cost of a command; exit codes 0 and 1 are answers.  Raises Failed."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(child.pid, 0)
        passed = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1):
            output.seek(0)
            said = output.read()[-500:].decode(errors="replace")
            raise Failed(f"{' '.join(command)} answered {child.returncode}: {said}")
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Cost(used.ru_utime + used.ru_stime, passed, used.ru_maxrss * kilobyte / 1e6)
