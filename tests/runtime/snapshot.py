"""A worker that is initialised once and then forked twice, as SnapStart restores one snapshot many times.

`python snapshot.py FUNCTION` prints one JSON document: what was open at the fork, and what each fork has made.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FILES_MAX = 256
SHIPPED = (f"{ROOT}/layers/", f"{ROOT}/functions/")
DRAWING_MODULES = ("time", "random", "_random", "_socket", "_uuid")
DRAWING_NAMES = ("now", "today", "urandom", "utcnow")
connected: list[str] = []
drawn: list[str] = []  # Where code that ships has drawn a number, a time or a socket while it was imported.


def watch_connections() -> None:
    sys.addaudithook(lambda event, _: connected.append(event) if event == "socket.connect" else None)


def watch_draws(frame: FrameType, event: str, called: Any) -> None:
    """For `sys.setprofile`."""
    if event == "c_call":
        module = called.__module__ or getattr(called.__self__, "__module__", "")
        if module in DRAWING_MODULES or called.__name__ in DRAWING_NAMES:
            drawn.extend(shipped_line(frame))


def shipped_line(frame: FrameType | None) -> Iterator[str]:
    """The line that ships and led to this frame. What a library does when it is imported is the library's own."""
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        if frame.f_code.co_filename.startswith(SHIPPED):
            yield f"{Path(frame.f_code.co_filename).relative_to(ROOT)}:{frame.f_lineno}"
            return
        frame = frame.f_back


def open_sockets() -> Iterator[int]:
    for descriptor in range(FILES_MAX):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                yield descriptor


def initialise(function: str) -> None:
    """What Lambda does before the snapshot: it imports the handler."""
    sys.path[:0] = [str(ROOT / "functions" / function), str(ROOT / "layers/common")]
    sys.setprofile(watch_draws)
    __import__("handler")
    sys.setprofile(None)


def made() -> dict[str, Any]:
    """What the first invocation makes: the ports, then values that must be its own."""
    from payments import wiring
    from payments.api.request import _request_id

    ports = wiring.ports()
    now = ports.clock.now()
    return {
        "id": ports.ids.new("pay_", now)[-16:],
        "token": ports.ids.token("tok_"),
        "request_id": _request_id(""),
        "jitter": [ports.ids.fraction() for _ in range(4)],
        "botocore's jitter": random.random(),
        "now": now.isoformat(),
    }


def restored(make: Callable[[], dict[str, Any]], state: Any) -> dict[str, Any]:
    """What a fork makes. Python seeds `random` anew in a fork, and SnapStart does not: its state is put back."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        random.setstate(state)
        os.write(writing, json.dumps(make()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    found: dict[str, Any] = json.loads(text)
    return found


def main() -> None:
    watch_connections()
    initialise(sys.argv[1])
    at_the_fork = {
        "sockets": [*open_sockets()],
        "connected": list(connected),
        "drawn": list(drawn),
        "threads": threading.active_count(),
    }
    state = random.getstate()
    forks = []
    for _ in range(2):
        forks.append(restored(made, state))
        time.sleep(0.05)
    sys.stdout.write(json.dumps({**at_the_fork, "forks": forks}))


if __name__ == "__main__":
    main()
