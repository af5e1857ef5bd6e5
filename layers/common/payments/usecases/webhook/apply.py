"""Apply a stored webhook: ask the gateway about its subject, and save the outcome."""

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
from payments.usecases.metrics import Metric
from payments.usecases.payment.import_refunds import AwaitsDecisionError, sync_foreign_refund
from payments.usecases.payment.sync import sync_attempt
from payments.usecases.ports import Ports
from payments.usecases.refund.sync import sync_refund
from payments.usecases.webhook.log_fields import facts_of

_ENDED = (DeliveryState.APPLIED, DeliveryState.IGNORED, DeliveryState.DEAD)
# Seconds until an unknown order is looked up again; the last one repeats for the rest of the day.
_PARKED_S = (5, 30, 120, 600, 3600)
PARKED_FOR = timedelta(hours=24)
APPLIED_WITHIN = timedelta(minutes=2)  # The first try, and the first sweep after it.
_MILLISECOND = timedelta(milliseconds=1)


def apply_added(key: StreamKey, ports: Ports) -> DeliveryState | None:
    """Apply the delivery that the table's stream reports as added; None if that failed.

    The stream only makes it early. What fails here, or is missing in the stream, the sweep applies.
    """
    try:
        delivery = ports.store.get_added_delivery(key)
    except StoreError as failure:
        ports.note("delivery.unread", level="WARNING", error=type(failure).__name__, why=why_of(failure))
        return None
    if delivery.state in _ENDED:
        return delivery.state
    with suppress(GatewayError, StoreError):  # `apply_delivery` has logged it.
        return apply_delivery(delivery, ports)
    return None


def apply_delivery(delivery: Delivery, ports: Ports) -> DeliveryState:
    """Ask the gateway about the delivery's subject, save the outcome, and log it. Returns the delivery's state.

    Raises:
        GatewayError, StoreError: the delivery stays due.
    """
    facts = facts_of(delivery)
    try:
        state = _apply(delivery, facts, ports)
    except (GatewayError, StoreError) as failure:
        facts |= {"error": type(failure).__name__, "why": why_of(failure)}
        ports.note("delivery.deferred", level="WARNING", **facts)
        raise
    _log(state, facts, ports)
    return state


def _log(state: DeliveryState, facts: dict[str, object], ports: Ports) -> None:
    level = "ERROR" if state is DeliveryState.DEAD else "INFO"
    if state is DeliveryState.IGNORED and not facts["event_type"]:
        level, facts = "WARNING", {**facts, "why": "its body has no event's name; read it at the gateway's dashboard"}
    ports.note(f"delivery.{state}", level=level, **facts)


def _count(delivery: Delivery, state: DeliveryState, ports: Ports) -> None:
    """Count the end of a delivery. Call it only after this invocation has written that end."""
    if state is DeliveryState.APPLIED and delivery.state is not DeliveryState.AWAITING:  # Not a person's wait.
        took = ports.clock.now() - delivery.received_at
        ports.count(Metric.WEBHOOK_RECEIPT_TO_APPLIED_MS, max(0, int(took / _MILLISECOND)))
        if took > APPLIED_WITHIN:
            ports.count(Metric.WEBHOOK_APPLIED_LATE, 1)
    elif state is DeliveryState.DEAD:
        ports.count(Metric.WEBHOOK_DEAD, 1)


def _apply(delivery: Delivery, facts: dict[str, object], ports: Ports) -> DeliveryState:
    """Adds to `facts`, for the log, the ids of the delivery's subject."""
    names_refund = delivery.subject_id.startswith(REFUND)
    is_confused = names_refund is not (delivery.kind == EventKind.REFUND)  # Say, a payment's event with a refund's id.
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
    """End a delivery for which the gateway has not answered for a day. Its payment, refund or dispute stays due."""
    if ports.clock.now() < delivery.received_at + PARKED_FOR:
        return
    _end(delivery, DeliveryState.DEAD, ports)
    _log(DeliveryState.DEAD, facts_of(delivery), ports)


def _locate(delivery: Delivery, ports: Ports) -> Location | None:
    """The delivery's subject: by our id if the webhook has it, else by the gateway's webhook ref."""
    if delivery.subject_id:
        return ports.store.locate(delivery.gateway, delivery.subject_id)
    return ports.store.locate_by_ref(delivery.gateway, delivery.subject_ref)


def _sync(delivery: Delivery, facts: dict[str, object], ports: Ports) -> bool:
    """Sync the subject. Returns whether the delivery was marked as applied. Raises NotFound for an unknown subject."""
    why = Why("gateway", "webhook", delivery.event_type)
    if delivery.kind == EventKind.DISPUTE:
        dispute, was_handled = sync_dispute(delivery.account, delivery.subject_ref, why, ports, handled=delivery)
        facts |= {"payment_id": dispute.payment_id, "subject_id": dispute.id} if dispute else {}
        return was_handled
    facts["subject_id"] = delivery.subject_id or delivery.subject_ref
    where = _locate(delivery, ports)
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
    """Keep a delivery of an unknown subject, which is looked up again for a day. After that, open a case."""
    now = ports.clock.now()
    if now >= delivery.received_at + PARKED_FOR:
        note = f"{delivery.account} sent {delivery.event_type}, which fits no payment here"
        subject = delivery.subject_id or delivery.subject_ref
        with suppress(Conflict):  # The case is open already.
            ports.store.put_case(Case(CaseKind.UNKNOWN_ORDER, subject, "", now, note))
            ports.count(Metric.CASE_OPENED, 1)
        return _end(delivery, DeliveryState.DEAD, ports)
    return _try_again(delivery, DeliveryState.PARKED, ports)


def _try_again(delivery: Delivery, state: DeliveryState, ports: Ports) -> DeliveryState:
    wait_s = _PARKED_S[min(delivery.tries, len(_PARKED_S) - 1)]
    due_at = ports.clock.now() + timedelta(seconds=wait_s)
    ports.store.save_delivery(replace(delivery, state=state, tries=delivery.tries + 1, due_at=due_at))
    return state
