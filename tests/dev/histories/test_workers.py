"""Processes of a long command: every item is done, none outlives the command, and none is lost silently."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.histories.workers import STOPPED, WorkerDied, exit_code_of, results, whole_number

ROOT = Path(__file__).parents[3]
_LONG = """
import os, sys, time
from dev.histories.workers import exit_code_of, results

def work(item):
    sys.stderr.write(f"{os.getpid()}\\n")
    time.sleep(60)

if __name__ == "__main__":
    sys.exit(exit_code_of(lambda: len(list(results(work, range(4), 2)))))
"""


def square(number: int) -> int:
    return number * number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_each_item_is_worked_on_once() -> None:
    assert sorted(results(square, range(20), 2)) == [number * number for number in range(20)]


def test_a_process_that_is_killed_ends_the_run_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkerDied):
        list(results(die, range(4), 2))
    assert exit_code_of(lambda: len(list(results(die, range(4), 2)))) == 1
    assert "a process was killed" in capsys.readouterr().err


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, STOPPED), (signal.SIGTERM, STOPPED), (signal.SIGKILL, -9)])
def test_its_processes_end_with_a_command_that_is_stopped(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    script = tmp_path / "long_work.py"
    script.write_text(_LONG)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, text=True, env=environment) as started:
        assert started.stderr is not None
        workers = [int(started.stderr.readline()) for _ in range(2)]
        started.send_signal(sent)
        assert started.wait(60) == code
        assert ("stopped before its end" in started.stderr.read()) is (code == STOPPED)
    deadline = time.monotonic() + 60
    while any(_runs(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [worker for worker in workers if _runs(worker)] == []


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("", 5), ("0", 0), ("-1", None), ("x", None), ("²", None)])
def test_what_is_no_whole_number_is_none(monkeypatch: pytest.MonkeyPatch, text: str, number: int | None) -> None:
    monkeypatch.setenv("SEEDS", text)
    assert whole_number("SEEDS", 5) == number
