import threading
from collections.abc import Callable

from dev.local.alarms import Alarms

FAR_S = 60.0


def ringing(rung: list[str], name: str, then: threading.Event | None = None) -> Callable[[], None]:
    def ring() -> None:
        rung.append(name)
        if then:
            then.set()

    return ring


def test_alarms_ring_in_the_order_they_are_due_whatever_the_order_they_were_set_in() -> None:
    alarms, rung, last = Alarms(), list[str](), threading.Event()
    alarms.set(FAR_S, ringing(rung, "far"))
    while not alarms._sooner._waiters:  # type: ignore[attr-defined]  # Until the thread waits for the far one.
        threading.Event().wait(0.001)
    alarms.set(0.03, ringing(rung, "second", last))
    alarms.set(0.01, ringing(rung, "first"))
    assert last.wait(5)
    assert rung == ["first", "second"]


def test_an_alarm_that_was_called_off_does_not_ring() -> None:
    alarms, rung, last = Alarms(), list[str](), threading.Event()
    alarms.set(0.01, ringing(rung, "off")).cancel()
    alarms.set(0.02, ringing(rung, "on", last))
    assert last.wait(5)
    assert rung == ["on"]


def test_all_alarms_share_one_thread() -> None:
    def running() -> set[int | None]:
        return {thread.ident for thread in threading.enumerate() if thread.name == "alarms"}

    alarms, before = Alarms(), running()
    for _ in range(50):
        alarms.set(FAR_S, lambda: None)
    assert len(running() - before) == 1
