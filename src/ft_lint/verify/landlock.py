"""Landlock: the kernel lets this process and all that it starts write in named places alone (``man 7 landlock``).

Reading is not restricted, nor is what belongs to a file and is not in it: its mode, owner and times.
"""

from __future__ import annotations

import ctypes
import functools
import operator
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntFlag
from pathlib import Path

from ft_lint.verify.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class Access(IntFlag):
    """Ways to change files, by their bits in the kernel's interface."""

    WRITE_FILE = 1 << 1
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14


_OF_FILES = Access.WRITE_FILE | Access.TRUNCATE
_SINCE = {Access.REFER: 2, Access.TRUNCATE: 3}
"""The versions of Landlock that brought the later ones."""
_SCOPES_SINCE = 6
_HOLDS_BACK = {
    1: "writing and deleting wherever you may",
    3: "truncating your other files",
    _SCOPES_SINCE: "signalling your other processes",
}
"""What Landlock holds back, each since a version."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The version of the kernel's Landlock; 0 where it has none, or it is switched off."""
    try:
        return syscall(_CREATE_RULESET, 0, 0, _ASK_VERSION)
    except OSError:
        return 0


def unguarded() -> tuple[str, ...]:
    """What this kernel's Landlock cannot keep anybody from."""
    known = version()
    return tuple(act for since, act in _HOLDS_BACK.items() if known < since)


def write_only_in(places: Iterable[Path]) -> None:
    """From now on this process and what it starts can change nothing but what is in these folders, or these files.

    As far as the kernel knows, they do not signal other processes either, and reach no abstract socket of theirs.
    What has been opened before stays open.  Does nothing where there is no Landlock.  Raises OSError.
    """
    known = version()
    if not known:
        return
    handled = functools.reduce(operator.or_, (access for access in Access if known >= _SINCE.get(access, 1)))
    scoped = known >= _SCOPES_SINCE
    ruleset = _Ruleset(handled, 0, _ABSTRACT_SOCKETS_AND_SIGNALS if scoped else 0)
    size = ctypes.sizeof(ruleset) if scoped else ctypes.sizeof(ctypes.c_uint64)
    with _closing(syscall(_CREATE_RULESET, ctypes.addressof(ruleset), size, 0)) as rules:
        for place in places:
            _allow(rules, place, handled)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall(_RESTRICT_SELF, rules, 0)


def _allow(rules: int, place: Path, handled: Access) -> None:
    allowed = handled if place.is_dir() else handled & _OF_FILES
    with _closing(os.open(place, os.O_PATH)) as opened:
        beneath = _Beneath(allowed, opened)
        syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.addressof(beneath), 0)


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
