"""Free ports of this machine."""

from __future__ import annotations

import contextlib
import secrets
import socket


def free_row(length: int) -> int:
    """The first port of a row of `length` free ports."""
    while True:
        first = 10_000 + secrets.randbelow(20_000)  # Below the ports that the system uses for outgoing connections.
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + length):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
