import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.local import processes

# A child that has a child of its own, prints its pid, and would not end.
STAYS = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    (tmp_path / "stays.py").write_text(STAYS)
    reported = tmp_path / "told"
    with reported.open("wb") as output:
        child = processes.start_module(
            ["stays"], folder=tmp_path, environment=processes.base_environment(), output=output
        )
    wait_until(lambda: bool(reported.read_text().strip()))
    yield child, int(reported.read_text())
    processes.kill(child)
    processes.wait_for(child)


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def is_alive(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_childs_own_children_end_with_it(family: tuple[subprocess.Popen[bytes], int]) -> None:
    child, grandchild = family
    assert is_alive(grandchild)
    processes.kill(child)
    wait_until(lambda: not is_alive(child.pid) and not is_alive(grandchild))


def test_all_children_end_at_once(family: tuple[subprocess.Popen[bytes], int]) -> None:
    child, grandchild = family
    began = time.monotonic()
    processes.kill_all()
    assert child.returncode is not None
    assert time.monotonic() - began < 10
    wait_until(lambda: not is_alive(grandchild))


def test_a_child_gets_nothing_of_the_developers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    assert "AWS_PROFILE" not in processes.base_environment()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_child_whose_parent_is_gone_does_not_begin(tmp_path: Path) -> None:
    begun = [sys.executable, str(Path(processes.__file__).with_name("child.py")), "1", "this"]
    assert subprocess.run(begun, cwd=tmp_path, capture_output=True, check=False).returncode == 1
