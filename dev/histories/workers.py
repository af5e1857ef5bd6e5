"""Work spread over processes that end with the command that started them, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_LOOKS_EVERY_S = 0.5
STOPPED = 130  # The exit code that a shell gives after Ctrl-C.


class WorkerDied(Exception):
    """A process of the pool was killed; the results of its work are lost."""


def results(
    work: Callable[[T], R],
    items: Iterable[T],
    processes: int | None = None,
    begin: Callable[[], None] | None = None,
) -> Iterator[R]:
    """The results of `work`, in the order in which they end. `begin` runs once in each process.

    At most two items per process are read ahead. Raises WorkerDied, and what `work` raises.
    """
    left, at_once = iter(items), processes or os.cpu_count() or 1
    pool = ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn"), _begin, (os.getpid(), begin))
    try:
        running = {pool.submit(work, item) for item in islice(left, 2 * at_once)}
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for each in ended:
                yield each.result()
                running |= {pool.submit(work, item) for item in islice(left, 1)}
    except BrokenProcessPool:
        raise WorkerDied("a process was killed, by hand or because memory ran out: the run is incomplete") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()


def _begin(parent: int, begin: Callable[[], None] | None) -> None:
    # The command reports that it was stopped; its processes print nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with(parent)
    if begin:
        begin()


def end_with(parent: int) -> None:
    """End this process soon after its parent has ended."""

    def check() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOKS_EVERY_S)
        os._exit(1)

    threading.Thread(target=check, daemon=True).start()


def exit_code_of(main: Callable[[], int]) -> int:
    """Run a command of the proof; print one sentence if it was stopped or lost a process. Returns its exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return main()
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped before its end: nothing is proved by this run\n")
        return STOPPED
    except WorkerDied as death:
        sys.stderr.write(f"\n{death}\n")
        return 1


def whole_number(name: str, usual: int) -> int | None:
    """The number in the environment, or the usual one; None if it is no whole number."""
    text = os.environ.get(name) or str(usual)
    return int(text) if text.isascii() and text.isdigit() else None
