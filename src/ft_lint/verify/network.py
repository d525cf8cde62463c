"""No network: every attempt to reach another machine is refused, and written down where Python makes it."""

from __future__ import annotations

import socket
import sys
from typing import Any, NoReturn

from ft_lint.verify import seccomp

IO_URING_SETUP = 425
"""The system call that opens another way to sockets."""
_WITHIN = (socket.AF_UNIX, socket.AF_NETLINK)
"""Sockets that reach this machine's processes and its kernel, no other machine."""


class NetworkRefused(ConnectionError):
    """The script tried to reach the network."""


def refuse_network(attempts: list[str]) -> None:
    """From now on this process reaches no other machine; addresses that it tries are added to ``attempts``.

    The kernel refuses sockets to this process and all that it starts.  Python's own sockets can still be made, so that
    the address is known when one is used: they are refused then.
    """
    seccomp.refuse([IO_URING_SETUP], sockets_but=_WITHIN)

    def refuse(address: Any) -> NoReturn:
        attempts.append(str(address))
        raise NetworkRefused(f"no network here: {address}")

    plain: type[socket.socket] = socket.socket

    class Socket(socket.socket):
        """Connects within this machine only."""

        def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: A002
            if fileno is None and family not in _WITHIN:  # the kernel gives none: a local one that leads nowhere
                family = socket.AF_INET if family == -1 else family
                type = socket.SOCK_STREAM if type == -1 else type  # noqa: A001
                fileno = plain(socket.AF_UNIX).detach()
            super().__init__(family, type, proto, fileno)

        def connect(self, address: Any) -> None:
            """Connect a local socket; refuse any other."""
            if self.family not in _WITHIN:
                refuse(address)
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            """Connect a local socket; refuse any other."""
            if self.family not in _WITHIN:
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
