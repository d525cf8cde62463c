"""The process between the verifier and a script: it ends with everything that the script has started.

What loses its parent among a keeper's descendants becomes the keeper's own child, even if it has left the script's
session.  SIGTERM asks a keeper to end; the kernel sends it as well when the verifier dies, however that dies.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from ft_lint.verify.kernel import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl

FAILED = 70
TOO_MANY = 71
"""The exit code where a script had more processes than it may."""
SIGNALLED = 128
"""The exit code for a script that a signal ended is the signal's number above this."""
PATIENCE = 0.5
"""Seconds between two counts of the processes."""
_NEWS = {signal.SIGCHLD, signal.SIGTERM}


def keep(live: Callable[[], NoReturn], most: int, clean: Callable[[], None]) -> int:
    """Start a keeper with ``live`` as its script, and give the keeper's process.

    It ends when the script has ended, or has more than ``most`` processes, and nothing of it is left.  Where the
    verifier is gone by then, it does ``clean``.
    """
    verifier = os.getpid()
    keeper = os.fork()
    if keeper:
        return keeper
    try:
        code = _kept(live, most, verifier)
        if os.getppid() != verifier:
            clean()
        os._exit(code)
    except BaseException:  # noqa: BLE001  nothing of the keeper may reach the verifier's own code
        traceback.print_exc()
        os._exit(FAILED)


def _kept(live: Callable[[], NoReturn], most: int, verifier: int) -> int:
    os.setsid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _NEWS)
    for one in _NEWS:
        signal.signal(one, signal.SIG_DFL)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    _end_with(verifier, signal.SIGTERM)
    keeper = os.getpid()
    script = os.fork()
    if script == 0:
        os.setsid()
        _end_with(keeper, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        live()
    try:
        return _watched(script, most)
    finally:
        _end_descendants()


def _end_with(parent: int, by: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent dies, or now if that is dead already."""
    prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        os.kill(os.getpid(), by)


def _watched(script: int, most: int) -> int:
    """The exit code, once the script has ended or has to."""
    while True:
        news = signal.sigtimedwait(_NEWS, PATIENCE)
        code = _ended(script)
        if code is not None:
            return code if code >= 0 else SIGNALLED - code
        if news is not None and news.si_signo == signal.SIGTERM:
            return SIGNALLED + signal.SIGTERM
        if len(descendants(os.getpid())) > most:
            return TOO_MANY


def _ended(script: int) -> int | None:
    """Whether the script has ended, and how; all that have ended are taken note of."""
    while True:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process in (script, 0):
            return os.waitstatus_to_exitcode(status) if process else None


def _end_descendants() -> None:
    """Kill until there is nobody to wait for: what is started meanwhile is found in the next round."""
    with suppress(ChildProcessError):
        while True:
            for process in descendants(os.getpid()):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass


def descendants(ancestor: int) -> set[int]:
    """The processes below one."""
    parents = dict(_processes())
    found, newest = set[int](), {ancestor}
    while newest:
        newest = {process for process, parent in parents.items() if parent in newest}
        found |= newest
    return found


def _processes() -> list[tuple[int, int]]:
    """All processes, each with its parent."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with suppress(FileNotFoundError, ProcessLookupError):
                stat = Path(entry.path, "stat").read_bytes()
                found.append((int(entry.name), int(stat.rpartition(b")")[2].split()[1])))
    return found
