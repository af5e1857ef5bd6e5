import threading
from dataclasses import dataclass, field

from dev.local.clock import Clock
from dev.local.interpreter import Pause


@dataclass
class FakeEnvironment:
    """An execution's environment; its waits pass at once on the test's clock."""

    wall: list[float]
    waits: list[float] = field(default_factory=list)
    stops_after: int = 99

    @property
    def program_state_event(self) -> "FakeEnvironment":
        return self

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.wall[0] += seconds

    def is_running(self) -> bool:
        return len(self.waits) < self.stops_after


@dataclass
class RealEnvironment:
    """An execution's environment; its waits are real."""

    program_state_event: threading.Event = field(default_factory=threading.Event)

    def is_running(self) -> bool:
        return True


def pause_at_speed(speed: float) -> tuple[Pause, FakeEnvironment]:
    wall = [100.0]
    return Pause(Clock(100, 5000, speed, lambda: wall[0])), FakeEnvironment(wall)


def test_a_wait_of_virtual_seconds_takes_fewer_real_ones() -> None:
    pause, environment = pause_at_speed(20)
    pause.within(environment, 60)
    assert sum(environment.waits) == 3


def test_a_wait_goes_on_after_an_unrelated_interruption() -> None:
    pause, environment = pause_at_speed(1)
    environment.wait = lambda seconds: FakeEnvironment.wait(environment, min(seconds, 4))  # type: ignore[method-assign]
    pause.within(environment, 10)
    assert environment.waits == [4, 4, 2]


def test_a_stopped_execution_waits_no_longer() -> None:
    pause, environment = pause_at_speed(1)
    environment.stops_after = 0
    pause.within(environment, 60)
    assert environment.waits == []


def test_a_retriers_plain_sleep_is_its_own_executions_wait() -> None:
    pause, environment = pause_at_speed(20)
    evaluate = pause.remember(lambda retrier, env: pause.sleep(30))
    executions = [threading.Thread(target=evaluate, args=(None, environment)) for _ in range(2)]
    for execution in executions:
        execution.start()
    for execution in executions:
        execution.join(5)
    assert environment.waits == [1.5, 1.5]


def test_a_clock_that_is_put_forward_ends_the_waits_it_passes() -> None:
    clock = Clock(100, 5000, 1, lambda: 100.0)
    pause = Pause(clock)
    environments = [RealEnvironment(), RealEnvironment()]
    waits = [
        threading.Thread(target=pause.within, args=(environment, seconds), daemon=True)
        for environment, seconds in zip(environments, (60, 600), strict=True)
    ]
    for wait in waits:
        wait.start()
    pause.settle(lambda: sum(wait.is_alive() for wait in waits))
    clock.put_forward(300)
    pause.settle(lambda: sum(wait.is_alive() for wait in waits))
    assert [wait.is_alive() for wait in waits] == [False, True]
    clock.put_forward(301)
    pause.settle(lambda: sum(wait.is_alive() for wait in waits))
    assert [wait.is_alive() for wait in waits] == [False, False]


def test_settling_ends_though_an_execution_works_on() -> None:
    pause, _ = pause_at_speed(1)
    pause.settle(lambda: 1, seconds_max=0.02)
