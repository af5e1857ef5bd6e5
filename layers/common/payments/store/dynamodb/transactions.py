"""The writes of each transaction: every item with the condition under which it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payments.domain.change import Change, Reference
from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.domain.records.dispute import Dispute
from payments.domain.records.event import Event
from payments.domain.records.payment import Payment
from payments.domain.records.refund import SYSTEM, Refund
from payments.domain.rules.checkpoints import next_checkpoint
from payments.domain.values.clock import to_text
from payments.domain.values.ids import DISPUTE, REFUND
from payments.domain.values.status import Status
from payments.store.contract.claims import Claim
from payments.store.contract.deliveries import Delivery, DeliveryState
from payments.store.contract.errors import BrokenBooks, Conflict
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import ConditionFailed, FencedClient, Write
from payments.store.dynamodb.codec import Item, encode, encode_item

ABSENT = "attribute_not_exists(pk)"
_TABLE_OF_ID = {REFUND: "payment_refunds", DISPUTE: "payment_disputes"}


def of_change(change: Change) -> list[Write]:
    """All writes of a change: the payment, its events, records and references.

    Raises:
        BrokenBooks: the payment's counters contradict each other.
    """
    payment = change.payment
    writes = [_payment(change), *(_event(payment.workspace_id, event) for event in change.events)]
    if change.read_version == 0:
        writes.append(_order_lock(payment))
    writes += [_WRITE_OF[type(record)](record) for record in change.records]
    writes += [_reference(payment, reference) for reference in dict.fromkeys(change.references)]
    writes += [_dispute_reference(one) for one in change.records if isinstance(one, Dispute) and one.version == 1]
    return writes + (of_change(change.beside) if change.beside else [])


def _payment(change: Change) -> Write:
    _require_sound(change.payment)
    item = payment_item(change.payment)
    if change.read_version == 0:
        return Write("Put", "payment_transactions", ABSENT, Item=item)
    condition, values = "version = :read", {":read": encode(change.read_version)}
    refund = change.refund
    if refund and _must_be_available(change.payment, refund):
        # Besides the version: the amount must be available when it is written.
        condition += " AND available >= :amount"
        values[":amount"] = encode(refund.amount.minor)
    return Write("Put", "payment_transactions", condition, values, Item=item)


def _must_be_available(payment: Payment, refund: Refund) -> bool:
    """Whether the refund's amount must be available. It need not for an imported or a forced refund."""
    is_requested = refund.version == 1 and refund.status is Status.CREATED and refund.actor != SYSTEM
    return is_requested and not refund.is_forced and refund.attempt_id == payment.winning_attempt_id


def _require_sound(payment: Payment) -> None:
    for attempt in payment.attempts:
        spent = attempt.reserved_minor + attempt.refunded_minor + attempt.written_off_minor
        least = min(attempt.reserved_minor, attempt.refunded_minor, attempt.written_off_minor, attempt.disputed_minor)
        if least < 0 or spent > attempt.captured_minor:
            raise BrokenBooks(
                f"{attempt.id}: captured {attempt.captured_minor}, reserved {attempt.reserved_minor}, "
                f"refunded {attempt.refunded_minor}"
            )


def payment_item(payment: Payment) -> Item:
    item = keys.payment(payment.workspace_id, payment.id) | encode_item(payment)
    item |= due(payment.current.gateway, payment.id, payment.due_at)
    month, place = item["created_at"]["S"][:7], keys.place_in_list(payment.created_at, payment.id)
    winner = payment.winning_attempt
    return (
        item
        | checkpoint(payment)
        | {
            "available": encode(winner.available_minor if winner else 0),
            "list_pk": encode(keys.payment_list(payment.workspace_id, month)),
            "status_pk": encode(keys.payment_list(payment.workspace_id, month, payment.status)),
            "list_sk": encode(place),
        }
    )


def checkpoint(payment: Payment) -> Item:
    """The attributes for the index of payments to be reconciled; empty after the last checkpoint."""
    at = next_checkpoint(payment)
    pk = keys.checkpoints(payment.workspace_id)
    return {"checkpoint_pk": encode(pk), "checkpoint_at": encode(at)} if at else {}


def due(gateway: str, subject_id: str, due_at: object) -> Item:
    return {"due_shard": encode(keys.lane_of(gateway, subject_id))} if due_at else {}


def _event(workspace_id: str, event: Event) -> Write:
    item = keys.event(workspace_id, event.stream_id, event.seq) | encode_item(event)
    return Write("Put", "payment_events_log", ABSENT, Item=item)


def _order_lock(payment: Payment) -> Write:
    """The item that gives an order one payment: its first, or one that replaces the ended payment stored there."""
    item = keys.order(payment.workspace_id, payment.merchant_order_id) | {"payment_id": encode(payment.id)}
    if not payment.replaces:
        return Write("Put", "payment_transactions", ABSENT, Item=item)
    earlier = {":earlier": encode(payment.replaces)}
    return Write("Put", "payment_transactions", "payment_id = :earlier", earlier, Item=item)


def _reference(payment: Payment, reference: Reference) -> Write:
    """Our id is written once. A gateway's id may be written again, but only for the same payment.

    Of two captures of one order the gateway may first report the one, and later the other as the attempt's own. Then
    the first one's id is stored for that attempt, and becomes that of the extra capture's attempt.
    """
    item = {
        "workspace_id": encode(payment.workspace_id),
        "stream_id": encode(payment.id),
        "subject_id": encode(reference.subject_id),
        "gateway": encode(reference.gateway),
    }
    if reference.is_ours:
        table = _TABLE_OF_ID.get(reference.name[:4], "payment_transactions")
        return Write("Put", table, ABSENT, Item=keys.reference(reference.name) | item)
    condition, values = f"{ABSENT} OR stream_id = :payment", {":payment": item["stream_id"]}
    key = keys.webhook_reference(reference.gateway, reference.name)
    return Write("Put", "payment_transactions", condition, values, Item=key | item)


def _dispute_reference(dispute: Dispute) -> Write:
    """Ensures one record for a gateway's dispute, even if a webhook and the list find it at the same time."""
    where = {"workspace_id": dispute.workspace_id, "stream_id": dispute.payment_id, "subject_id": dispute.id}
    item = keys.webhook_reference(dispute.gateway, dispute.ref) | encode_item(where)
    return Write("Put", "payment_disputes", ABSENT, Item=item)


def dispute_item(dispute: Dispute) -> Item:
    item = keys.dispute(dispute.workspace_id, dispute.payment_id, dispute.id)
    return item | encode_item(dispute) | due(dispute.gateway, dispute.id, dispute.due_at) | {
        "list_pk": encode(keys.dispute_list(dispute.workspace_id, dispute.status)),
        "list_sk": encode(f"{to_text(dispute.opened_at)}#{dispute.id}"),
    }  # fmt: skip


def _dispute(dispute: Dispute) -> Write:
    return _under_version("payment_disputes", dispute_item(dispute), dispute.version)


def refund_item(refund: Refund) -> Item:
    item = keys.refund(refund.workspace_id, refund.payment_id, refund.id)
    return item | encode_item(refund) | due(refund.gateway, refund.id, refund.due_at)


def _refund(refund: Refund) -> Write:
    return _under_version("payment_refunds", refund_item(refund), refund.version)


def _case(case: Case) -> Write:
    """Replaces an earlier case of the same id. The same transaction checks the payment's version, so none is lost."""
    return Write("Put", "reconciliation", Item=case_item(case))


def case_item(case: Case) -> Item:
    """The case's item. While the case is open, the index of open cases has it."""
    item = keys.case(case.workspace_id, case.id) | encode_item(case)
    if case.decided_at is not None:
        return item
    return item | {"list_pk": item["pk"], "list_sk": encode(f"{to_text(case.opened_at)}#{case.id}")}


def _under_version(table: str, item: Item, version: int) -> Write:
    """Replace the version that was read. A new record must not exist yet."""
    if version == 1:
        return Write("Put", table, ABSENT, Item=item)
    return Write("Put", table, "version = :read", {":read": encode(version - 1)}, Item=item)


def _approval(approval: Approval) -> Write:
    item = keys.approval(approval.workspace_id, approval.id) | encode_item(approval)
    return _under_version("reconciliation", item, approval.version)


_WRITE_OF: Mapping[type[Any], Callable[[Any], Write]] = {
    Refund: _refund,
    Case: _case,
    Dispute: _dispute,
    Approval: _approval,
}


def claim_item(claim: Claim, workspace_id: str, ttl: int | None) -> Item:
    fields = {name: value for name, value in encode_item(claim).items() if name != "answer"}
    item = keys.claim(workspace_id, claim.operation, claim.key_hash) | fields
    return item | ({"ttl": encode(ttl)} if ttl else {})


def open_claim(claim: Claim, workspace_id: str, now_s: int, ttl: int | None) -> Write:
    """A new claim may replace an expired one, because DynamoDB deletes expired items days later."""
    condition = f"{ABSENT} OR #ttl < :now"
    item, values = claim_item(claim, workspace_id, ttl), {":now": encode(now_s)}
    return Write("Put", "idempotency_keys", condition, values, {"ttl": "ttl"}, Item=item)


def close_claim(claim: Claim, workspace_id: str) -> Write:
    """The answer is written once. A second writer must return the stored one."""
    return Write(
        "Update",
        "idempotency_keys",
        "attribute_exists(pk) AND attribute_not_exists(answer)",
        {":answer": encode(claim.answer)},
        Key=keys.claim(workspace_id, claim.operation, claim.key_hash),
        UpdateExpression="SET answer = :answer",
    )


def mark_handled(delivery: Delivery) -> Write:
    return Write(
        "Update",
        "payment_webhook_logs",
        values={":state": encode(DeliveryState.APPLIED)},
        names={"state": "state"},
        Key=keys.delivery(delivery.account, delivery.id),
        UpdateExpression="SET #state = :state REMOVE due_shard, due_at",
    )


def put_case(client: FencedClient, case: Case) -> None:
    """Open a case of no payment if none is open, or decide it once. Raises Conflict if another writer was first."""
    item = case_item(case)
    condition, values = f"{ABSENT} OR attribute_exists(decided_at)", None
    if case.decided_at is not None:
        condition, values = (
            "opened_at = :opened AND attribute_not_exists(decided_at)",
            {":opened": encode(case.opened_at)},
        )
    try:
        client.put("reconciliation", item, condition, values)
    except ConditionFailed as failed:
        raise Conflict("the case is open already, or was decided") from failed
