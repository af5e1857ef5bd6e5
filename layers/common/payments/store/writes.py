"""The transactions, action by action: each item with the condition that makes it safe."""

from __future__ import annotations

from itertools import islice

from payments.domain.case import Case
from payments.domain.change import Change
from payments.domain.event import Event
from payments.domain.payment import Payment
from payments.domain.refund import SYSTEM, Refund
from payments.store import keys
from payments.store.client import ConditionFailed, FencedClient, Write
from payments.store.codec import Item, decode, encode, encode_item
from payments.store.contract import Claim, Conflict, Delivery, DeliveryState

ABSENT = "attribute_not_exists(pk)"


def of_change(change: Change) -> list[Write]:
    """The payment under its version, its events at their sequence, and what rides along."""
    writes = [_payment(change), *(_event(change.payment, event) for event in change.events)]
    if change.read_version == 0:
        writes.append(_order_lock(change.payment))
    if change.new_attempt_id:
        gateway = change.payment.attempt(change.new_attempt_id).gateway
        writes.append(_reference("payment_transactions", change.payment, change.new_attempt_id, gateway))
    if change.refund:
        writes.append(_refund(change.refund, is_new=change.is_new_refund))
    if change.refund and change.is_new_refund:
        writes.append(_reference("payment_refunds", change.payment, change.refund.id, change.refund.gateway))
    if change.news_ref:
        writes.append(_news_reference(change))
    if change.case:
        writes.append(case(change.case))
    return writes


def _payment(change: Change) -> Write:
    item = payment_item(change.payment)
    if change.read_version == 0:
        return Write("Put", "payment_transactions", ABSENT, Item=item)
    condition, values = "version = :read", {":read": encode(change.read_version)}
    if change.refund and change.is_new_refund and change.refund.actor != SYSTEM:
        # A second line behind the version: the money must be there at the moment of the write.
        condition += " AND available >= :amount"
        values[":amount"] = encode(change.refund.amount.minor)
    return Write("Put", "payment_transactions", condition, values, Item=item)


def payment_item(payment: Payment) -> Item:
    item = keys.payment(payment.workspace_id, payment.id) | encode_item(payment) | due(payment.id, payment.due_at)
    month, listed_at = item["created_at"]["S"][:7], item["created_at"]["S"]
    kept = payment.kept
    return item | {
        "available": encode(kept.available if kept else 0),
        "list_pk": encode(keys.tenant(payment.workspace_id, month)),
        "list_sk": encode(f"{listed_at}#{payment.id}"),
    }


def due(subject_id: str, due_at: object) -> Item:
    return {"due_shard": encode(keys.shard_of(subject_id))} if due_at else {}


def _event(payment: Payment, event: Event) -> Write:
    item = keys.event(payment.workspace_id, payment.id, event.seq) | encode_item(event)
    return Write("Put", "payment_events_log", ABSENT, Item=item)


def _order_lock(payment: Payment) -> Write:
    item = keys.order(payment.workspace_id, payment.merchant_order_id) | {"payment_id": encode(payment.id)}
    return Write("Put", "payment_transactions", ABSENT, Item=item)


def _reference(table: str, payment: Payment, external_id: str, gateway: str) -> Write:
    return Write("Put", table, ABSENT, Item=keys.reference(external_id) | _whose(payment, external_id, gateway))


def _news_reference(change: Change) -> Write:
    """Put over itself by whoever opens the same checkout again; never over another's."""
    attempt = change.payment.attempt(change.news_attempt_id)
    item = keys.news_reference(attempt.gateway, change.news_ref) | _whose(change.payment, attempt.id, attempt.gateway)
    condition, values = f"{ABSENT} OR subject_id = :subject", {":subject": encode(attempt.id)}
    return Write("Put", "payment_transactions", condition, values, Item=item)


def _whose(payment: Payment, subject_id: str, gateway: str) -> Item:
    names = {"workspace_id": payment.workspace_id, "payment_id": payment.id}
    return {name: encode(text) for name, text in (names | {"subject_id": subject_id, "gateway": gateway}).items()}


def refund_item(refund: Refund) -> Item:
    item = keys.refund(refund.workspace_id, refund.payment_id, refund.id)
    return item | encode_item(refund) | due(refund.id, refund.due_at)


def _refund(refund: Refund, *, is_new: bool) -> Write:
    if is_new:
        return Write("Put", "payment_refunds", ABSENT, Item=refund_item(refund))
    words = {":created": encode("created"), ":processing": encode("processing"), ":same": encode(refund.status)}
    condition = "#status IN (:created, :processing, :same)"
    return Write("Put", "payment_refunds", condition, words, {"status": "status"}, Item=refund_item(refund))


def case(opened: Case) -> Write:
    """Put over itself: the id is made of subject and kind, so the second opening is the first again."""
    item = keys.case(opened.workspace_id, opened.id) | encode_item(opened)
    return Write("Put", "reconciliation", Item=item)


def claim_item(claim: Claim, workspace_id: str, ttl: int | None) -> Item:
    fields = {name: value for name, value in encode_item(claim).items() if name != "reply"}
    item = keys.claim(workspace_id, claim.route, claim.key_hash) | fields
    return item | ({"ttl": encode(ttl)} if ttl else {})


def open_claim(claim: Claim, workspace_id: str, now_s: int, ttl: int | None) -> Write:
    """TTL deletion lags by days, so an expired key is taken over by condition."""
    condition = f"{ABSENT} OR #ttl < :now"
    item, values = claim_item(claim, workspace_id, ttl), {":now": encode(now_s)}
    return Write("Put", "idempotency_keys", condition, values, {"ttl": "ttl"}, Item=item)


def close_claim(claim: Claim, workspace_id: str) -> Write:
    """The reply is written once; whoever comes second answers with the first."""
    return Write(
        "Update",
        "idempotency_keys",
        "attribute_exists(pk) AND attribute_not_exists(reply)",
        {":reply": encode(claim.reply)},
        Key=keys.claim(workspace_id, claim.route, claim.key_hash),
        UpdateExpression="SET reply = :reply",
    )


def handled(delivery: Delivery) -> Write:
    return Write(
        "Update",
        "payment_webhook_logs",
        values={":state": encode(DeliveryState.APPLIED)},
        names={"state": "state"},
        Key=keys.delivery(delivery.gateway, delivery.id),
        UpdateExpression="SET #state = :state REMOVE due_shard, due_at",
    )


def list_cases(client: FencedClient, workspace_id: str, limit: int) -> list[Case]:
    """The open cases of one workspace, or of none."""
    rows = client.query_all("reconciliation", "pk = :pk", {":pk": keys.case(workspace_id, "")["pk"]})
    cases = (decode(Case, row) for row in rows)
    return list(islice((case for case in cases if case.closed_at is None), limit))


def put_case(client: FencedClient, opened: Case) -> None:
    """Opened, or closed: a closing never closes a case that was opened again meanwhile."""
    item = keys.case(opened.workspace_id, opened.id) | encode_item(opened)
    if opened.closed_at is None:
        return client.put("reconciliation", item)
    try:
        return client.put("reconciliation", item, "opened_at = :opened", {":opened": encode(opened.opened_at)})
    except ConditionFailed as failed:
        raise Conflict("the case was opened again") from failed
