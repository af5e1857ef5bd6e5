"""Ports of this machine that are free now."""

from __future__ import annotations

import contextlib
import secrets
import socket


def free_row(length: int) -> int:
    """The first of so many ports in a row."""
    while True:
        first = 10_000 + secrets.randbelow(20_000)  # Below the ports that outgoing connections take.
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + length):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
