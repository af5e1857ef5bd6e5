"""Those who may come at any instant: each acts at once, knowing what such a one could know then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from payments.domain.event import Why
from payments.domain.payment import Payment
from payments.store.codec import decode
from payments.usecases.parts import Parts
from payments.usecases.poll import poll_attempt
from payments.usecases.status import find_payments, refresh_payment, return_of_payer
from payments.usecases.sweep import sweep
from simulation.cloud import Cloud
from simulation.plan import Act
from simulation.settings import PREFIX, WORKSPACE
from simulation.shop import unheard


def _sweep(cloud: Cloud, act: Act) -> None:
    cloud.invoke("reconcile", "sweep", sweep, unheard)


def _poll(cloud: Cloud, act: Act) -> None:
    """The execution of the newest attempt looks."""
    rows = cloud.dynamo.items(PREFIX + "payment_transactions")
    stored = [decode(Payment, row) for row in rows if row["sk"]["S"] == "PAYMENT"]
    for payment in stored[-1:]:
        _poll_of(payment, cloud)


def _poll_of(payment: Payment, cloud: Cloud) -> None:
    live = payment.live

    def tick(parts: Parts) -> object:
        return poll_attempt(WORKSPACE, payment.id, live.id, live.sent_at, live.expires_at, parts)

    cloud.invoke("poll", f"poll of {payment.merchant_order_id}.{live.number}", tick, unheard)


def _webhook(cloud: Cloud, act: Act) -> None:
    cloud.post.deliver_newest()


def _refresh(cloud: Cloud, act: Act) -> None:
    """The operator looks for the order, and has what he finds refreshed."""

    def look(parts: Parts) -> object:
        why = Why("user:owner", "refresh")
        found = find_payments(WORKSPACE, f"ORD-{act.order}", parts)
        return [refresh_payment(WORKSPACE, payment.id, why, parts) for payment in found]

    cloud.invoke("status", f"refresh {act.order}", look, unheard)


def _return(cloud: Cloud, act: Act) -> None:
    """The browser comes back by the address that the gateway was given, whether or not the shop has heard of it."""
    orders = list(cloud.model.orders.by_id.values())
    if not orders:
        return
    address = urlsplit(orders[-1].redirect_url)
    payment_id, token = address.path.split("/")[3], parse_qs(address.query)["token"][0]
    cloud.invoke("status", f"return {act.order}", lambda parts: return_of_payer(payment_id, token, parts), unheard)


def _pay(cloud: Cloud, act: Act) -> None:
    """Somebody pays what is open at the gateway, whether or not the shop has heard of its page."""
    orders = cloud.model.orders
    for order in list(orders.by_id.values()):
        if order.is_open:
            orders.pay(order)


def _finish_refund(cloud: Cloud, act: Act) -> None:
    refunds = cloud.model.refunds
    for refund in list(refunds.by_id.values()):
        if refund.is_open:
            refunds.complete(refund)


NUDGES: Mapping[str, Callable[[Cloud, Act], None]] = {
    "sweep now": _sweep,
    "poll now": _poll,
    "webhook now": _webhook,
    "refresh now": _refresh,
    "return now": _return,
    "pay now": _pay,
    "finish refund": _finish_refund,
}
