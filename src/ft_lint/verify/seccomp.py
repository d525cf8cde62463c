"""Seccomp: the kernel refuses this process and all that it starts some system calls (``man 2 seccomp``)."""

from __future__ import annotations

import ctypes
import errno
import platform
from collections.abc import Iterable
from dataclasses import dataclass

from ft_lint.verify.kernel import PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, prctl

_MODE_FILTER = 2
_ALLOWED, _REFUSED = 0x7FFF0000, 0x00050000 | errno.EACCES
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_FOREIGN = 0x40000000
"""Where the numbers of another convention on the same machine begin (x32)."""


@dataclass(frozen=True)
class _Machine:
    """The name of a machine in a filter, and the number of its ``socket``."""

    audit: int
    socket: int


_MACHINES = {"x86_64": _Machine(0xC000003E, 41), "aarch64": _Machine(0xC00000B7, 198)}


class _Step(ctypes.Structure):
    """One instruction; ``yes`` and ``no`` are how many of the next ones a comparison jumps over."""

    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def is_available() -> bool:
    """Whether the kernel takes filters, and they can be written for this machine."""
    try:
        prctl(PR_SET_SECCOMP, _MODE_FILTER, 0)
    except OSError as error:  # the address is no filter's: whoever says so would have read one
        return error.errno == errno.EFAULT and platform.machine() in _MACHINES
    return False


def refuse(calls: Iterable[int], *, sockets_but: Iterable[int]) -> None:
    """From now on these calls end with EACCES, and so do sockets of other families and calls of other machines.

    Does nothing where filters are not available.
    """
    if not is_available():
        return
    machine = _MACHINES[platform.machine()]
    steps = [
        _load(_ARCHITECTURE),
        *_unless(machine.audit, _REFUSED),
        _load(_NUMBER),
        *_when(_FOREIGN, _REFUSED, _IF_AT_LEAST),
        *(step for call in calls for step in _when(call, _REFUSED)),
        *_unless(machine.socket, _ALLOWED),
        _load(_FIRST_ARGUMENT),
        *(step for family in sockets_but for step in _when(family, _ALLOWED)),
        _answer(_REFUSED),
    ]
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))


def _load(offset: int) -> _Step:
    return _Step(_LOAD, 0, 0, offset)


def _answer(verdict: int) -> _Step:
    return _Step(_RETURN, 0, 0, verdict)


def _when(value: int, verdict: int, comparison: int = _IF_EQUAL) -> tuple[_Step, _Step]:
    return _Step(comparison, 0, 1, value), _answer(verdict)


def _unless(value: int, verdict: int) -> tuple[_Step, _Step]:
    return _Step(_IF_EQUAL, 1, 0, value), _answer(verdict)
