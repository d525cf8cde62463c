"""No network: every attempt to reach another machine is refused and written down."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from typing import Any, NoReturn

CLONE_NEWNET = 0x40000000


class NetworkRefused(ConnectionError):
    """The script tried to reach the network."""


def refuse_network(attempts: list[str]) -> None:
    """From now on this process reaches no other machine; addresses that it tries are added to ``attempts``.

    The kernel is asked for an empty network of its own; where that is not permitted, Python's sockets refuse alone.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0 and ctypes.get_errno() != PermissionError(1, "").errno:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "unshare")

    def refuse(address: Any) -> NoReturn:
        attempts.append(str(address))
        raise NetworkRefused(f"no network here: {address}")

    class Socket(socket.socket):
        """Connects within this machine only."""

        def connect(self, address: Any) -> None:
            """Connect a local socket; refuse any other."""
            if self.family != socket.AF_UNIX:
                refuse(address)
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            """Connect a local socket; refuse any other."""
            if self.family != socket.AF_UNIX:
                refuse(address)
            return super().connect_ex(address)

        def sendto(self, *args: Any) -> int:
            """Send nothing."""
            refuse(args[-1])

    def getaddrinfo(host: Any, port: Any, *_args: Any, **_kwargs: Any) -> NoReturn:
        refuse(f"{host}:{port}")

    socket.socket = Socket  # type: ignore[misc]
    socket.getaddrinfo = getaddrinfo
    hub = sys.modules.get("huggingface_hub.constants")
    if hub is not None:  # it looks into the environment once, when it is imported
        vars(hub)["HF_HUB_OFFLINE"] = True
