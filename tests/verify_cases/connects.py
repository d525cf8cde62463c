"""Asks for the network and hides that it got none."""

import socket

try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as refusal:
    print(refusal)
