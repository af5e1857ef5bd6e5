"""A change: everything that one transaction writes about a payment. Only the rules of the domain make one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.domain.records.dispute import Dispute
from payments.domain.records.event import Event, Why
from payments.domain.records.payment import Attempt, Payment, Step, recorded
from payments.domain.records.refund import Refund
from payments.record import record

Record = Refund | Case | Dispute | Approval


@record
class Reference:
    """An id by which webhooks name `subject_id` of the change's payment. `is_ours`: it is our id, not the gateway's."""

    name: str
    subject_id: str
    gateway: str
    is_ours: bool = True


@record
class Change:
    """The new version of a payment, its events, and the other records of the same transaction.

    The payment and its refunds are written only if their stored versions are those that were read. A case has no
    version: it is written if the payment is. `beside` is a change of another payment in the same transaction.
    """

    payment: Payment
    events: tuple[Event, ...]
    records: tuple[Record, ...] = ()
    references: tuple[Reference, ...] = ()
    beside: Change | None = None

    @property
    def read_version(self) -> int:
        """The payment's version before the change; 0 for a new payment. Each event of the payment adds 1."""
        return self.payment.version - sum(event.stream_id == self.payment.id for event in self.events)

    @property
    def refund(self) -> Refund | None:
        """The refund that the change is about; the last one where there are several."""
        return next((record for record in reversed(self.records) if isinstance(record, Refund)), None)

    @property
    def case(self) -> Case | None:
        """The case that the change opens or ends; the last one where there are several."""
        return next((record for record in reversed(self.records) if isinstance(record, Case)), None)

    def then(self, later: Change | None) -> Change:
        """Both changes as one. `later` must have been decided on the payment and records of this one."""
        if later is None:
            return self
        return replace(
            later,
            events=self.events + later.events,
            records=_newest(self.records + later.records),
            references=self.references + later.references,
            beside=later.beside or self.beside,
        )


def _newest(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Each record once, in its last version."""
    return tuple({(type(record), record.id): record for record in records}.values())


def unchanged(payment: Payment) -> Change:
    """An empty change, to which `then` adds others."""
    return Change(payment, ())


def own_reference(attempt: Attempt) -> Reference:
    """The reference for our id of the attempt, which gateways receive and send back."""
    return Reference(attempt.id, attempt.id, attempt.gateway)


def with_gateway_ref(change: Change, attempt: Attempt, ref: str) -> Change:
    """The change with a reference for `ref`, the gateway's id of the attempt; unchanged where `ref` is ""."""
    references = (Reference(ref, attempt.id, attempt.gateway, is_ours=False),) if ref else ()
    return replace(change, references=change.references + references)


def moved(payment: Payment, attempt: Attempt, step: Step, why: Why, at: datetime) -> Change:
    """A change to `attempt`, with its event. The payment has its current attempt's status until an attempt has won."""
    changed = payment.with_attempt(attempt)
    if changed.winning_attempt is None and changed.current.id == attempt.id:
        changed = replace(changed, status=attempt.status)
    changed, event = recorded(changed, step, why, at)
    return Change(changed, (event,))
