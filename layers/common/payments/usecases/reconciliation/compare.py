"""Compare one payment with its gateways, and report or fix what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from payments.domain.change import Change
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import Refund
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Rejected
from payments.record import record
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.errors import why_of
from payments.usecases.payment.sync import decide_outcome
from payments.usecases.ports import Ports
from payments.usecases.refund.sync import end_excess_case, fetch_and_decide_refund

# Events that are no difference between books and gateway.
_OF_NO_MONEY = (
    "attempt.searched",
    "attempt.in_progress",
    "attempt.authorization_lapsing",
    "attempt.authorization_moved",
    "refund.sending",
)
_DISAGREEMENTS = ("attempt.capture_denied", "payment.under_review")
_RECOVERED = ("attempt.completed", "refund.completed")
UNANSWERED = "unanswered"
REFUSED = "refused"  # The gateway does not know the payment, or refuses the request.
OPEN_KINDS = (UNANSWERED, REFUSED)  # Of payments that could not be compared.

Document = dict[str, object]
State = TypeVar("State")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Comparison:
    """The result for one payment. `recovered` counts attempts and refunds that were found completed."""

    payment_id: str
    recovered: int = 0
    issues: list[Document] = field(default_factory=list)
    fixes: list[Document] = field(default_factory=list)
    written_off: list[Document] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        return not any(issue["kind"] in OPEN_KINDS for issue in self.issues)


@record
class Comparer:
    """Compares payments with their gateways. A dry run writes nothing."""

    context: Context
    dry_run: bool

    def compare(self, payment: Payment) -> Comparison:
        """Compare one payment. An error is an issue of the result, not raised."""
        found = Comparison(payment.id)
        found.written_off += [
            _write_off_entry(payment, attempt) for attempt in payment.attempts if attempt.written_off_minor
        ]
        for attempt in payment.attempts:
            if not attempt.duplicate_of:
                self._check_or_report(found, attempt.id, partial(self._attempt, found, payment, attempt))
        if any(attempt.captured_minor for attempt in payment.attempts):
            self._check_or_report(found, payment.id, partial(self._refunds, found, payment))
        return found

    def _check_or_report(self, found: Comparison, subject_id: str, check: Callable[[], None]) -> None:
        try:
            check()
        except Exception as failure:  # noqa: BLE001  Whatever one payment holds, the others are compared.
            found.issues.append(issue_of_silence(found.payment_id, subject_id, failure, self.context.ports))

    def _attempt(self, found: Comparison, payment: Payment, attempt: Attempt) -> None:
        gateway = self.context.ports.gateway(attempt.account)
        first = gateway.fetch_payment(attempt)
        if first.status is Status.CREATED and attempt.payment_ref:
            raise Rejected(f"{attempt.gateway} does not know the payment any more")
        answered = {payment.version: first}

        def decide(read: Payment) -> Change | None:
            current = read.attempt(attempt.id)
            if read.version not in answered:  # An answer belongs to the state that was read before it.
                answered[read.version] = gateway.fetch_payment(current)
            return decide_outcome(read, current, answered[read.version], self.context)

        self._settle(found, attempt.id, Step(lambda: self.context.store.get_payment(payment.id), decide, payment))

    def _refunds(self, found: Comparison, payment: Payment) -> None:
        for refund in self.context.store.list_refunds(payment.id):
            self._check_or_report(found, refund.id, partial(self._refund, found, payment.id, refund.id))

    def _refund(self, found: Comparison, payment_id: str, refund_id: str) -> None:
        """Compare one refund. It is read again, because a webhook may have changed it since the list."""

        def decide(read: tuple[Payment, Refund]) -> Change | None:
            change = fetch_and_decide_refund(*read, self.context, may_send=not self.dry_run)
            return end_excess_case(change, self.context)

        self._settle(found, refund_id, Step(lambda: self.context.store.get_refunding(payment_id, refund_id), decide))

    def _settle(self, found: Comparison, subject_id: str, step: Step[State]) -> None:
        if self.dry_run:
            change = step.decide(step.first if step.first is not None else step.read())
        else:
            change = commit(self.context, step.read, step.decide, first=step.first).change
        if change is None or all(event.kind in _OF_NO_MONEY for event in change.events):
            return
        note = "; ".join(f"{event.kind} {event.note}".strip() for event in change.events)
        disagrees = any(event.kind in _DISAGREEMENTS for event in change.events)
        kind = "gateway_disagrees" if disagrees else "behind_gateway"
        found.issues.append(_issue(found.payment_id, subject_id, kind, note))
        if not self.dry_run and not disagrees:
            found.fixes.append(_issue(found.payment_id, subject_id, "applied", note))
            found.recovered += any(event.kind in _RECOVERED for event in change.events)


@record
class Step(Generic[State]):
    """What to read, and what to decide from it. `first` is a state that was read already."""

    read: Callable[[], State]
    decide: Callable[[State], Change | None]
    first: State | None = None


def side_by_side(
    items: Iterable[T], work: Callable[[T], R], ports: Ports, may_start: Callable[[], bool]
) -> Iterator[tuple[T, R]]:
    """Do `work` on the items in parallel, started in order while `may_start()`. Yields each item with its result."""
    waiting, running = iter(items), 0
    with ports.crew() as crew:
        while True:
            while running < crew.size and may_start():
                item = next(waiting, None)
                if item is None:
                    break
                crew.start(partial(_with_item, item, work))
                running += 1
            if not running:
                return
            running -= 1
            yield crew.wait()


def _with_item(item: T, work: Callable[[T], R]) -> tuple[T, R]:
    return item, work(item)


def issue_of_silence(payment_id: str, subject_id: str, failure: Exception, ports: Ports) -> Document:
    """Log that a payment could not be compared, and return the issue for the report."""
    facts = {"payment_id": payment_id, "error": type(failure).__name__, "why": why_of(failure)}
    ports.note("report.unchecked", level="WARNING", **facts)
    if isinstance(failure, Rejected):
        return _issue(payment_id, subject_id, REFUSED, why_of(failure))
    return _issue(payment_id, subject_id, UNANSWERED, type(failure).__name__)


def _issue(payment_id: str, subject_id: str, kind: str, note: str) -> Document:
    return {"payment_id": payment_id, "subject_id": subject_id, "kind": kind, "note": note}


def _write_off_entry(payment: Payment, attempt: Attempt) -> Document:
    """The report's entry for a written-off amount. Every report with this payment has it."""
    amount = {"amount": attempt.written_off_minor, "currency": attempt.amount.currency}
    return {"payment_id": payment.id, "attempt_id": attempt.id, **amount}
