"""Actors that may come at any instant. Each acts at once, and knows only what such an actor could know then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from dev.histories.cloud import Cloud
from dev.histories.plan import Act
from dev.histories.settings import WORKSPACE
from dev.histories.shop import unheard
from gateway_simulators.kit.faults import UnknownFaultError
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.refund import Refund
from payments.store.dynamodb.codec import decode
from payments.usecases.payment.poll import Execution, poll_attempt
from payments.usecases.payment.read import find_payments
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.return_payer import return_payer
from payments.usecases.ports import Ports
from payments.usecases.refund.sync import sync_refund
from payments.usecases.sweep.run import sweep


def _sweep(cloud: Cloud, act: Act) -> None:
    cloud.invoke("sweep", "sweep", sweep, unheard)


def _poll(cloud: Cloud, act: Act) -> None:
    """The polling execution of the newest attempt checks."""
    for payment in _payments(cloud)[-1:]:
        _poll_of(payment, cloud)


def _payments(cloud: Cloud) -> list[Payment]:
    rows = cloud.rows("payment_transactions")
    return [decode(Payment, row) for row in rows if row["sk"]["S"] == "PAYMENT"]


def _poll_of(payment: Payment, cloud: Cloud) -> None:
    live = payment.current

    def tick(ports: Ports) -> object:
        return poll_attempt(Execution(WORKSPACE, payment.id, live.id, live.sent_at, live.expires_at), ports)

    cloud.invoke("poll", f"poll of {payment.merchant_order_id}.{live.number}", tick, unheard)


def _webhook(cloud: Cloud, act: Act) -> None:
    cloud.post.deliver_newest()


def _refresh(cloud: Cloud, act: Act) -> None:
    """The operator looks for the order and refreshes what is found."""

    def check(ports: Ports) -> object:
        why = Why("user:owner", "refresh")
        found = find_payments(WORKSPACE, f"ORD-{act.order}", ports)
        return [refresh_payment(payment.id, ports.context(WORKSPACE, why)) for payment in found]

    cloud.invoke("checkout", f"refresh {act.order}", check, unheard)


def _refresh_refund(cloud: Cloud, act: Act) -> None:
    """Somebody refreshes the newest refund."""
    rows = cloud.rows("payment_refunds")
    stored = [decode(Refund, row) for row in rows if row["sk"]["S"].startswith("RF#")]
    for refund in stored[-1:]:
        _refresh_refund_of(refund, cloud, act)


def _refresh_refund_of(refund: Refund, cloud: Cloud, act: Act) -> None:
    def check(ports: Ports) -> object:
        context = ports.context(WORKSPACE, Why("user:owner", "refresh"))
        return sync_refund(refund.payment_id, refund.id, context)

    cloud.invoke("refund", f"refresh refund {act.order}", check, unheard)


def _return(cloud: Cloud, act: Act) -> None:
    """The browser comes back by the URL that the gateway was given, whether or not the shop has its answer."""
    for payment_id, token in cloud.return_urls[-1:]:
        _come_back(cloud, act, payment_id, token)


def _come_back(cloud: Cloud, act: Act, payment_id: str, token: str) -> None:
    cloud.invoke("checkout", f"return {act.order}", lambda ports: return_payer(payment_id, token, ports), unheard)


def _pay(cloud: Cloud, act: Act) -> None:
    """Pay every open order, except one with a doubled name that is not in our books: no payer was sent to it."""
    named = {attempt.checkout_ref for payment in _payments(cloud) for attempt in payment.attempts}
    for _, order in list(cloud.theirs.orders()):
        if order.state == "open" and (order.ref in named or cloud.theirs.count(order.id) == 1):
            cloud.theirs.act(order.id, "pay", ref=order.ref)


def _finish_refund(cloud: Cloud, act: Act) -> None:
    for _, refund in list(cloud.theirs.refunds()):
        if refund.state == "open":
            cloud.theirs.end_refund(refund.ref, completes=True)


def _arm(cloud: Cloud, act: Act) -> None:
    """Arm the fault at each gateway that has it for this operation."""
    for model in cloud.theirs.models:
        with suppress(UnknownFaultError):
            model.faults.arm(**act.more)
            cloud.network.tally.faults[act.more["fault"]] += 1


def _disarm(cloud: Cloud, act: Act) -> None:
    cloud.theirs.disarm()
    cloud.network.disarmed_ms = cloud.scheduler.now_ms


def _contend(cloud: Cloud, act: Act) -> None:
    """For `ms` milliseconds every transaction conflicts with another one."""
    cloud.network.contended_until_ms = cloud.scheduler.now_ms + act.more["ms"]
    cloud.network.tally.faults["contended"] += 1
    cloud.network.troubled_ms = cloud.network.contended_until_ms


NUDGES: Mapping[str, Callable[[Cloud, Act], None]] = {
    "sweep now": _sweep,
    "poll now": _poll,
    "webhook now": _webhook,
    "refresh now": _refresh,
    "return now": _return,
    "pay now": _pay,
    "finish refund": _finish_refund,
    "refresh refund": _refresh_refund,
    "arm": _arm,
    "disarm": _disarm,
    "contend": _contend,
}
