"""Two calls of Linux that Python has no name for."""

from __future__ import annotations

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38


def prctl(option: int, *arguments: int) -> None:
    """Change what the kernel does with this process (``man 2 prctl``).  Raises OSError."""
    _checked(_LIBC.prctl(option, *map(ctypes.c_ulong, (*arguments, 0, 0, 0, 0)[:4])))


def syscall(number: int, *arguments: int) -> int:
    """A system call by its number; pointers are given as addresses.  Raises OSError."""
    return _checked(_LIBC.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)))


def _checked(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
