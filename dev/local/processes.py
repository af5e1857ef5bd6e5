"""Child processes that never outlive this one."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

_CHILD = Path(__file__).with_name("child.py")
_living: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
# Linux ends a child with the *thread* that started it, so one thread that never ends starts all children.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


def start_module(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    return _starter.submit(_start, arguments, folder, environment, output).result()


def _start(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, str(_CHILD), str(os.getpid()), *arguments],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,  # Ctrl-C goes to the parent only, which ends the children itself.
    )
    with _lock:
        _living.add(process)
    return process


def wait_for(process: subprocess.Popen[bytes]) -> int:
    ended_with = process.wait()
    with _lock:
        _living.discard(process)
    return ended_with


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group, with the function's own children."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def kill_all() -> None:
    with _lock:
        living = list(_living)
    for process in living:
        kill(process)
    for process in living:
        process.wait()


def base_environment() -> dict[str, str]:
    """What a child inherits: enough to run Python, but none of the developer's AWS settings."""
    stored = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in stored if name in os.environ} | {"PYTHONUNBUFFERED": "1"}
