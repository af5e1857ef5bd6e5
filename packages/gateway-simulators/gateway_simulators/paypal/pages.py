"""The approval page: /checkoutnow?token=<order>."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from gateway_simulators.kit.paypage import Brand, PayPages, Sheet
from gateway_simulators.paypal.instruments import FATE_BY_INSTRUMENT, offered
from gateway_simulators.paypal.records import APPROVED, COMPLETED, EXPIRED, PAID, PENDING, VOIDED, Order

if TYPE_CHECKING:
    from gateway_simulators.kit.paypage import State
    from gateway_simulators.paypal.app import PayPalApp

PAYER_ID = "QYR5Z8XDVJNXQ"


def approval_pages(app: PayPalApp) -> PayPages:
    brand = Brand("PayPal", app.model.settings.merchant_name, colour="#003087", dark_colour="#001c64")
    return PayPages(app, brand, ApprovalBook(app))


class ApprovalBook:
    """Approving moves no money: the merchant captures once the browser is back."""

    def __init__(self, app: PayPalApp) -> None:
        self._app = app

    def sheet(self, token: str) -> Sheet | None:
        order = self._app.model.orders.by_ref.get(token)
        if order is None:
            return None
        return Sheet(
            minor=order.amount,
            currency=order.currency,
            state=_state(order),
            order="" if order.description else order.ref,
            back_url=_with(order.return_url, token=order.ref, PayerID=PAYER_ID),
            away_url=_with(order.cancel_url, token=order.ref),
            instruments=offered(wants_money_at_once=order.wants_money_at_once),
            caption=order.description,
        )

    def pay_with(self, token: str, instrument: str) -> str:
        orders = self._app.model.orders
        payer = instrument if "@" in instrument else "guest@example.com"
        orders.approve(orders.by_ref[token], payer, FATE_BY_INSTRUMENT[instrument])
        return ""

    def decline(self, token: str) -> str:
        """PayPal sends no webhook when a payer declines: the order stays open until it expires."""
        return "PayPal has not charged you. Choose another way to pay, or go back to the merchant."

    def walk_away(self, token: str) -> None:
        self._app.model.orders.require_open(self._app.model.orders.by_ref[token])


def _state(order: Order) -> State:
    if order.status == EXPIRED:
        return "expired"
    if order.status == VOIDED or any(authorization.status == VOIDED for authorization in order.holds):
        return "cancelled"
    if any(capture.status in PAID for capture in order.captures):
        return "paid"
    if order.status == APPROVED or any(capture.status == PENDING for capture in order.captures) or order.holds:
        return "authorized"
    return "failed" if order.status == COMPLETED else "open"


def _with(url: str, **values: str) -> str:
    """PayPal adds its own arguments to the merchant's query."""
    if not url:
        return ""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *values.items()])))
