from pathlib import Path

import pytest

from dev.local.clock import Clock, note, open_clock


class Wall:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_virtual_time_runs_speed_times_faster() -> None:
    wall = Wall(100)
    clock = Clock(100, 5000, 20, wall)
    wall.now = 103
    assert clock.now() == 5060
    assert clock.real_seconds(60) == 3


def test_a_first_run_starts_at_the_real_time(tmp_path: Path) -> None:
    assert open_clock(tmp_path / "clock.json", 1, Wall(1000)).now() == 1000


@pytest.mark.parametrize("next_speed", [1, 20])
def test_a_killed_run_is_followed_by_no_earlier_time(tmp_path: Path, next_speed: float) -> None:
    wall = Wall(1000)
    first = open_clock(tmp_path / "clock.json", 20, wall)
    wall.now = 1012  # Killed before its next note.
    reached = first.now()
    assert open_clock(tmp_path / "clock.json", next_speed, wall).now() >= reached


def test_time_stands_still_while_nothing_runs(tmp_path: Path) -> None:
    wall = Wall(1000)
    note(open_clock(tmp_path / "clock.json", 20, wall), tmp_path / "clock.json")
    wall.now = 1000 + 3600
    resumed = open_clock(tmp_path / "clock.json", 20, wall).now()
    assert resumed == max(wall.now, 1000 + 15 * 20)


def test_workers_can_compute_the_same_time() -> None:
    wall = Wall(100)
    clock = Clock(100, 5000, 20, wall)
    real, virtual, speed = map(float, clock.environment.split(","))
    wall.now = 107
    assert virtual + (wall.now - real) * speed == clock.now()


def test_a_clock_that_is_put_forward_moves_the_others_by_its_file(tmp_path: Path) -> None:
    wall = Wall(1000)
    clock = open_clock(tmp_path / "clock.json", 20, wall)
    real, virtual, speed, file = clock.environment.split(",")
    clock.put_forward(86_400)
    clock.put_forward(-5)
    wall.now = 1001
    assert clock.now() == 1000 + 20 + 86_400
    assert float(virtual) + (wall.now - float(real)) * float(speed) + float(Path(file).read_text()) == clock.now()


def test_a_run_that_was_put_forward_is_followed_by_no_earlier_time(tmp_path: Path) -> None:
    wall = Wall(1000)
    first = open_clock(tmp_path / "clock.json", 1, wall)
    first.put_forward(86_400)
    note(first, tmp_path / "clock.json")
    wall.now = 1003
    second = open_clock(tmp_path / "clock.json", 1, wall)
    assert second.now() >= first.now() == 1003 + 86_400
    assert (tmp_path / "put_forward.txt").read_text() == "0.000000"
