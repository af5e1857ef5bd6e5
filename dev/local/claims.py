"""Things that only one run may use at a time; checked before anything slow begins."""

import fcntl
import socket
from typing import IO

from dev.local.options import Options, StackError


def claim(options: Options) -> IO[str]:
    """Lock the state folder for this run until the returned file is closed."""
    _require_free(options.port, "PORT")
    for port in options.port_by_gateway.values():
        _require_free(port, "SIM_PORT")
    lock = _open_lock(options)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        lock.close()
        raise StackError(f"Another run uses {options.state}: end it, or choose another folder with STATE=") from fault
    return lock


def _require_free(port: int, variable: str) -> None:
    with socket.socket() as probe:
        # A closed connection of the last run does not count as use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as fault:
            raise StackError(
                f"Port {port} is the system's own: choose another from 1024 on with {variable}="
            ) from fault
        except OSError as fault:
            raise StackError(f"Port {port} is in use: end what uses it, or choose another with {variable}=") from fault


def _open_lock(options: Options) -> IO[str]:
    try:
        options.logs.mkdir(parents=True, exist_ok=True)
        return (options.state / "lock").open("w")
    except OSError as fault:
        why = f"{options.state}: {fault.strerror}"
        raise StackError(f"STATE must name a folder that can be made and written in ({why})") from fault
