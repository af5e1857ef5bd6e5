"""Apply a webhook that was kept: let the gateway itself say what is true."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from payments.domain.records.case import Case, CaseKind
from payments.domain.records.event import Why
from payments.domain.values.ids import REFUND
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import GatewayError
from payments.gateways.contract.webhooks import EventKind
from payments.store.contract.deliveries import Delivery, DeliveryState, Location, StreamKey
from payments.store.contract.errors import Conflict, NotFound, StoreError
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.errors import why_of
from payments.usecases.payment.returned import AwaitsDecisionError, sync_foreign_refund
from payments.usecases.payment.sync import sync_attempt, sync_refund
from payments.usecases.ports import Ports
from payments.usecases.webhook.facts import facts_of

_ENDED = (DeliveryState.APPLIED, DeliveryState.IGNORED, DeliveryState.DEAD)
# Seconds until an unknown order is looked up again, then hourly to the end of the day.
_PARKED_S = (5, 30, 120, 600, 3600)
PARKED_FOR = timedelta(hours=24)
APPLIED_WITHIN = timedelta(minutes=2)  # The first try, and two sweeps after it.
_MILLISECOND = timedelta(milliseconds=1)


def apply_added(key: StreamKey, ports: Ports) -> DeliveryState | None:
    """Apply the delivery of which the table's stream says that it was added; None where that failed.

    The stream only makes it early: what fails here, or is never told, the sweep does.
    """
    try:
        delivery = ports.store.get_added_delivery(key)
    except StoreError as failure:
        ports.note("delivery.unread", level="WARNING", error=type(failure).__name__, why=why_of(failure))
        return None
    if delivery.state in _ENDED:
        return delivery.state
    with suppress(GatewayError, StoreError):  # It was logged.
        return apply_delivery(delivery, ports)
    return None


def apply_delivery(delivery: Delivery, ports: Ports) -> DeliveryState:
    """Let the gateway's own answer decide what the delivery hinted at, and log it. Raises GatewayError, StoreError."""
    facts = facts_of(delivery)
    try:
        state = _apply(delivery, facts, ports)
    except (GatewayError, StoreError) as failure:
        facts |= {"error": type(failure).__name__, "why": why_of(failure)}
        ports.note("delivery.deferred", level="WARNING", **facts)
        raise
    _tell(state, facts, ports)
    return state


def _tell(state: DeliveryState, facts: dict[str, object], ports: Ports) -> None:
    level = "ERROR" if state is DeliveryState.DEAD else "INFO"
    if state is DeliveryState.IGNORED and not facts["event_type"]:
        level, facts = "WARNING", {**facts, "why": "its body has no event's name; read it at the gateway's dashboard"}
    ports.note(f"delivery.{state}", level=level, **facts)


def _count(delivery: Delivery, state: DeliveryState, ports: Ports) -> None:
    """Count the end of a delivery. Call it only after this invocation has written that end."""
    if state is DeliveryState.APPLIED and delivery.state is not DeliveryState.AWAITING:  # A person's time is not ours.
        took = ports.clock.now() - delivery.received_at
        ports.count("WebhookReceiptToAppliedMs", max(0, int(took / _MILLISECOND)))
        if took > APPLIED_WITHIN:
            ports.count("WebhookAppliedLate", 1)
    elif state is DeliveryState.DEAD:
        ports.count("WebhookDead", 1)


def _apply(delivery: Delivery, facts: dict[str, object], ports: Ports) -> DeliveryState:
    """Adds to `facts` the ids of what it is about, as they become known."""
    names_refund = delivery.subject_id.startswith(REFUND)
    is_confused = names_refund is not (delivery.kind == EventKind.REFUND)  # A payment's news about a refund's id.
    is_nameless = not (delivery.subject_ref or (delivery.subject_id and delivery.kind != EventKind.DISPUTE))
    if delivery.kind == EventKind.IGNORED or is_nameless or is_confused or not _is_readable(delivery, ports):
        return _end(delivery, DeliveryState.IGNORED, ports)
    try:
        was_handled = _sync(delivery, facts, ports)
    except AwaitsDecisionError:
        return _try_again(delivery, DeliveryState.AWAITING, ports)
    except NotFound:
        return _park(delivery, ports)
    if not was_handled:
        return _end(delivery, DeliveryState.APPLIED, ports)
    _count(delivery, DeliveryState.APPLIED, ports)
    return DeliveryState.APPLIED


def _is_readable(delivery: Delivery, ports: Ports) -> bool:
    return delivery.kind != EventKind.DISPUTE or isinstance(ports.gateway(delivery.account), CanDispute)


def give_up(delivery: Delivery, ports: Ports) -> None:
    """End a delivery that has had no answer for a day; its payment, refund or dispute stays due by itself."""
    if ports.clock.now() < delivery.received_at + PARKED_FOR:
        return
    _end(delivery, DeliveryState.DEAD, ports)
    _tell(DeliveryState.DEAD, facts_of(delivery), ports)


def _whose(delivery: Delivery, ports: Ports) -> Location | None:
    """By our own id where the gateway says it, else by the name that it gave when the checkout was opened."""
    if delivery.subject_id:
        return ports.store.locate(delivery.gateway, delivery.subject_id)
    return ports.store.locate_by_ref(delivery.gateway, delivery.subject_ref)


def _sync(delivery: Delivery, facts: dict[str, object], ports: Ports) -> bool:
    """Sync the subject; True where the delivery was marked as handled. Raises NotFound for an unknown subject."""
    why = Why("gateway", "webhook", delivery.event_type)
    if delivery.kind == EventKind.DISPUTE:
        dispute, was_handled = sync_dispute(delivery.account, delivery.subject_ref, why, ports, handled=delivery)
        facts |= {"payment_id": dispute.payment_id, "subject_id": dispute.id} if dispute else {}
        return was_handled
    facts["subject_id"] = delivery.subject_id or delivery.subject_ref
    where = _whose(delivery, ports)
    if where is None:
        raise NotFound(delivery.subject_id or delivery.subject_ref)
    facts |= {"payment_id": where.stream_id, "subject_id": where.subject_id, "workspace_id": where.workspace_id}
    context = ports.context(where.workspace_id, why)
    if delivery.kind == EventKind.REFUND:
        return sync_refund(where.stream_id, where.subject_id, context, handled=delivery)[1]
    if delivery.refund_ref:
        whose = where.stream_id, where.subject_id
        return sync_foreign_refund(whose, delivery.refund_ref, context, handled=delivery)
    return sync_attempt(where.stream_id, where.subject_id, context, handled=delivery)[1]


def _end(delivery: Delivery, state: DeliveryState, ports: Ports) -> DeliveryState:
    if ports.store.save_delivery(replace(delivery, state=state, due_at=None)):
        _count(delivery, state, ports)
    return state


def _park(delivery: Delivery, ports: Ports) -> DeliveryState:
    """Unknown to us yet: kept and looked up again for a day, then a person's case. Never acknowledged and dropped."""
    now = ports.clock.now()
    if now >= delivery.received_at + PARKED_FOR:
        note = f"{delivery.account} sent {delivery.event_type}, which fits no payment here"
        subject = delivery.subject_id or delivery.subject_ref
        with suppress(Conflict):  # It is open already.
            ports.store.put_case(Case(CaseKind.UNKNOWN_ORDER, subject, "", now, note))
            ports.count("CaseOpened", 1)
        return _end(delivery, DeliveryState.DEAD, ports)
    return _try_again(delivery, DeliveryState.PARKED, ports)


def _try_again(delivery: Delivery, state: DeliveryState, ports: Ports) -> DeliveryState:
    wait_s = _PARKED_S[min(delivery.tries, len(_PARKED_S) - 1)]
    due_at = ports.clock.now() + timedelta(seconds=wait_s)
    ports.store.save_delivery(replace(delivery, state=state, tries=delivery.tries + 1, due_at=due_at))
    return state
