"""What AWS starts: polling executions, the sweep, the reports, and `apply` for each new delivery."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from dev.dynamodb_model import Change
from dev.histories.rows import Item
from dev.histories.scheduler import Ended
from payments.domain.records.payment import Attempt, Payment
from payments.usecases.payment.poll import Execution, StillOpen, poll_attempt
from payments.usecases.ports import Ports
from payments.usecases.reconciliation.reports import hourly_report
from payments.usecases.sweep.run import sweep
from payments.usecases.webhook.apply import apply_added

if TYPE_CHECKING:
    from dev.histories.cloud import Cloud

_MINUTE_MS = 60_000.0
_HOUR_MS = 60 * _MINUTE_MS
_REPORTS_MS = 5 * _MINUTE_MS
_IDLE_MINUTES_MAX = 60
_STREAMED_MS = 30.0


class Polls:
    """Step Functions: an execution is named by its attempt, so starting it twice is starting it once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._scheduler = cloud, cloud.scheduler
        self._begun: set[str] = set()

    def start_poll(self, payment: Payment, attempt: Attempt) -> bool:
        network = self._cloud.network
        task, point = network.point("flow", "start execution")
        if point.fault == "refused":
            return False
        network.call(task, point, lambda: self._begin(payment, attempt))
        return point.fault != "lost_after"

    def _begin(self, payment: Payment, attempt: Attempt) -> None:
        if attempt.id not in self._begun:
            self._begun.add(attempt.id)
            self._poll_after(self._cloud.chaos.profile.first_poll_ms, payment, attempt)

    def _poll_after(self, wait_ms: float, payment: Payment, attempt: Attempt) -> None:
        def tick(ports: Ports) -> object:
            where = (payment.workspace_id, payment.id, attempt.id)
            return poll_attempt(Execution(*where, attempt.sent_at, attempt.expires_at), ports)

        def ended(how: Ended) -> None:
            if how.was_killed or how.error:
                stretch = self._cloud.chaos.profile.poll_stretch
                self._poll_after(stretch * _wait_ms(how.error), payment, attempt)

        name = f"poll of {payment.merchant_order_id}.{attempt.number}"
        self._scheduler.at(self._scheduler.now_ms + wait_ms, lambda: self._cloud.invoke("poll", name, tick, ended))


def _wait_ms(error: Exception | None) -> float:
    """The error's name is the ladder's step; after any other error the next try comes a minute later."""
    if not isinstance(error, StillOpen):
        return _MINUTE_MS
    return float(type(error).__name__.removeprefix("PendingEvery").removesuffix("s")) * 1000


class Sweeps:
    """A sweep for every minute in which something is due. One that finds nothing changes nothing, so it is left out.

    While sweeps change nothing they come less and less often, as if the schedule missed some.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._scheduler = cloud, cloud.scheduler
        self._rng = cloud.chaos.rng("schedule")
        self.due_times: Callable[[], list[float]] = list
        self._sweep_at_ms = float("inf")
        self._idle_minutes, self._is_unchanged = 1, False

    def expect(self, due_at_ms: float) -> None:
        on_from_ms = self._scheduler.start_ms + self._cloud.chaos.profile.first_sweep_ms
        earliest = max(due_at_ms, on_from_ms, self._scheduler.now_ms + (self._idle_minutes - 1) * _MINUTE_MS)
        at_ms = (earliest // _MINUTE_MS + 1) * _MINUTE_MS
        if at_ms < self._sweep_at_ms:
            self._sweep_at_ms = at_ms
            self._scheduler.at(at_ms, partial(self._sweep, at_ms))

    def note_progress(self) -> None:
        """Something other than due times and leases was written."""
        self._is_unchanged = False

    def _sweep(self, at_ms: float) -> None:
        if at_ms != self._sweep_at_ms:
            return
        self._sweep_at_ms = float("inf")
        due_times = self.due_times()
        # Everything due has been handled.
        if self._cloud.network.is_calm and min(due_times, default=at_ms + 1) > at_ms:
            for due_at_ms in due_times:
                self.expect(due_at_ms)
            return
        self._idle_minutes = min(4 * self._idle_minutes, _IDLE_MINUTES_MAX) if self._is_unchanged else 1
        self._is_unchanged = True
        for due_at_ms in due_times:
            self.expect(max(due_at_ms, self._scheduler.now_ms))
        times = 1 if self._cloud.network.is_calm else self._rng.choices((0, 1, 2), (1, 8, 1))[0]
        for _ in range(times):
            self._cloud.invoke("sweep", "sweep", sweep, lambda how: None)


class Reports:
    """Report runs every five minutes: those after a payment has passed a checkpoint, until it is compared.

    The others change nothing, so they are left out.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._scheduler = cloud, cloud.scheduler
        self._rng = cloud.chaos.rng("reports")
        self.checkpoints: Callable[[], list[float]] = list
        self._run_at_ms = float("inf")

    def expect(self, checkpoint_ms: float) -> None:
        hour_ms = (checkpoint_ms // _HOUR_MS + 1) * _HOUR_MS
        at_ms = (max(hour_ms, self._scheduler.now_ms) // _REPORTS_MS + 1) * _REPORTS_MS
        if at_ms < self._run_at_ms:
            self._run_at_ms = at_ms
            self._scheduler.at(at_ms, partial(self._run, at_ms))

    def _run(self, at_ms: float) -> None:
        if at_ms != self._run_at_ms:
            return
        self._run_at_ms = float("inf")
        times = 1 if self._cloud.network.is_calm else self._rng.choices((0, 1, 2), (1, 8, 1))[0]
        for _ in range(times):
            self._cloud.invoke("reconcile", "report", hourly_report, lambda how: None)
        self._scheduler.at(at_ms + _MINUTE_MS, self._expect_all)

    def _expect_all(self) -> None:
        for checkpoint_ms in self.checkpoints():
            self.expect(checkpoint_ms)


class AddedDeliveries:
    """The stream of the deliveries' table, as in the template: each added item starts `apply` once.

    It is only a hint: while there are faults, records come late, in another order, twice, or never.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._rng = cloud, cloud.chaos.rng("added deliveries")
        self._loss = self._rng.choice((0.0, 0.0, 0.1, 0.5, 1.0))
        self._repeats = self._rng.choice((0.0, 0.3))
        self._delay_max_ms = self._rng.choice((300.0, 5_000.0, 90_000.0))

    def see(self, changes: list[Change]) -> None:
        for change in changes:
            if change.table.endswith("payment_webhook_logs") and change.old is None and change.new:
                self._stream(change.key, f"apply {change.new['event_type']['S']}")

    def _stream(self, key: Item, name: str) -> None:
        if self._cloud.network.is_calm:
            self._start_after(_STREAMED_MS, key, name)
        elif self._rng.random() >= self._loss:
            for _ in range(2 if self._rng.random() < self._repeats else 1):
                self._start_after(_STREAMED_MS + self._delay_max_ms ** self._rng.random(), key, name)

    def _start_after(self, wait_ms: float, key: Item, name: str) -> None:
        def start() -> None:
            self._cloud.invoke("apply", name, lambda ports: apply_added(key, ports), lambda how: None)

        self._cloud.after(wait_ms, start)
