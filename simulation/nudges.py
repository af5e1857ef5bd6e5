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
from simulation.actors import Actors
from simulation.plan import Act
from simulation.scheduler import Ended
from simulation.settings import PREFIX, WORKSPACE


def _unheard(how: Ended) -> None:
    """Nobody waits for this answer."""


def _sweep(actors: Actors, act: Act) -> None:
    actors.cloud.invoke("reconcile", "sweep", sweep, _unheard)


def _poll(actors: Actors, act: Act) -> None:
    """The execution of the newest attempt looks."""
    rows = actors.cloud.dynamo.items(PREFIX + "payment_transactions")
    stored = [decode(Payment, row) for row in rows if row["sk"]["S"] == "PAYMENT"]
    for payment in stored[-1:]:
        _poll_of(payment, actors)


def _poll_of(payment: Payment, actors: Actors) -> None:
    live = payment.live

    def tick(parts: Parts) -> object:
        return poll_attempt(WORKSPACE, payment.id, live.id, live.sent_at, live.expires_at, parts)

    actors.cloud.invoke("poll", f"poll of {payment.merchant_order_id}.{live.number}", tick, _unheard)


def _webhook(actors: Actors, act: Act) -> None:
    actors.cloud.deliver_newest()


def _refresh(actors: Actors, act: Act) -> None:
    """The operator looks for the order, and has what he finds refreshed."""

    def look(parts: Parts) -> object:
        why = Why("user:owner", "refresh")
        found = find_payments(WORKSPACE, f"ORD-{act.order}", parts)
        return [refresh_payment(WORKSPACE, payment.id, why, parts) for payment in found]

    actors.cloud.invoke("status", f"refresh {act.order}", look, _unheard)


def _return(actors: Actors, act: Act) -> None:
    """The browser comes back by the address that the gateway was given, whether or not the shop has heard of it."""
    orders = list(actors.cloud.model.orders.by_id.values())
    if not orders:
        return
    address = urlsplit(orders[-1].redirect_url)
    payment_id, token = address.path.split("/")[3], parse_qs(address.query)["token"][0]
    actors.cloud.invoke(
        "status", f"return {act.order}", lambda parts: return_of_payer(payment_id, token, parts), _unheard
    )


def _pay(actors: Actors, act: Act) -> None:
    """Somebody pays what is open at the gateway, whether or not the shop has heard of its page."""
    orders = actors.cloud.model.orders
    for order in list(orders.by_id.values()):
        if order.is_open:
            orders.pay(order)


def _finish_refund(actors: Actors, act: Act) -> None:
    refunds = actors.cloud.model.refunds
    for refund in list(refunds.by_id.values()):
        if refund.is_open:
            refunds.complete(refund)


NUDGES: Mapping[str, Callable[[Actors, Act], None]] = {
    "sweep now": _sweep,
    "poll now": _poll,
    "webhook now": _webhook,
    "refresh now": _refresh,
    "return now": _return,
    "pay now": _pay,
    "finish refund": _finish_refund,
}
