"""Payment links: an order with a page. A link is paid once, and stays until it is deleted."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.gateway import ClosedError
from gateway_simulators.square import checks
from gateway_simulators.square.errors import bad_request, not_found
from gateway_simulators.square.payments import Payments, Shared
from gateway_simulators.square.records import CANCELED, DRAFT, FAILED, OPEN, Link, Order, Payment
from gateway_simulators.square.settings import Location
from gateway_simulators.square.sources import GIFT, Source


class Links:
    def __init__(self, payments: Payments, shared: Shared) -> None:
        self._payments, self._shared, self._timers = payments, shared, shared.timers
        self.by_id: dict[str, Link] = {}
        self.by_order: dict[str, Link] = {}  # Deleted links too: a payer may still have the page open.

    def clear(self) -> None:
        self.by_id.clear()
        self.by_order.clear()

    def create(self, body: dict[str, Any]) -> Link:
        order = self._order(body)
        now, ids = self._timers.now(), self._shared.ids
        link = Link(ids.upper(), order.id, ids.new(8), now, body.get("checkout_options") or {})
        link.payment_note, link.description = body.get("payment_note") or "", body.get("description") or ""
        self._payments.orders[order.id] = order
        self.by_id[link.id] = self.by_order[order.id] = link
        return link

    def get(self, link_id: str) -> Link:
        if link_id not in self.by_id:
            raise not_found("payment link", link_id)
        return self.by_id[link_id]

    def delete(self, link_id: str) -> dict[str, str]:
        """Delete a link and its order; the order stays if it is paid."""
        link = self.get(link_id)
        order = self._payments.orders[link.order_id]
        if order.state != DRAFT:
            raise bad_request("BAD_REQUEST", f"The order of payment link {link_id} is {order.state}.")
        del self.by_id[link_id]
        self._change(order, CANCELED)
        if link.has_late_success or self._shared.faults.take("pay", "late_success"):
            self._timers.after(self._shared.settings.late_success_seconds, lambda: self._pay_again(order, Source()))
        return {"id": link_id, "cancelled_order_id": order.id}

    def get_by_page(self, page_token: str) -> Link | None:
        return next((link for link in self.by_order.values() if link.page_token == page_token), None)

    # Acts of the payer.

    def pay(self, order: Order, source: Source) -> str:
        """Pay. Returns the page's text about a decline, or "" for a payment."""
        is_late = self._shared.faults.take("pay", "late_success") is not None
        if order.state == DRAFT and is_late:
            # The payer is debited in time, but Square reports it only after the link's end.
            self.by_order[order.id].has_late_success = True
            return ""
        if order.state != DRAFT and not (order.state == CANCELED and is_late):
            raise ClosedError(f"order {order.reference_id or order.id} is {order.state}")
        if self._shared.faults.take("pay", "split_tender"):
            return self._pay_in_parts(order, source)
        payment = self._pay(order, source)
        if payment.status == FAILED:
            return "The card was declined. Try another way."
        if self._shared.faults.take("pay", "double_pay"):
            wait = self._shared.settings.second_pay_after_seconds
            self._timers.after(wait, lambda: self._pay_again(order, source))
        return ""

    def walk_away(self, order: Order) -> None:
        if order.state != DRAFT:
            raise ClosedError(f"order {order.reference_id or order.id} is {order.state}")
        self.by_order[order.id].is_walked_away = True

    def _pay_in_parts(self, order: Order, source: Source) -> str:
        """Split tender: a gift card pays a part of the order, and a card the rest."""
        for part, tender in ((order.amount // 3, GIFT), (order.amount - order.amount // 3, source)):
            self._pay(order, tender, part)
        return ""

    def _pay_again(self, order: Order, source: Source) -> None:
        self._pay(order, source)

    def _pay(self, order: Order, source: Source, amount: int = 0) -> Payment:
        payment = self._payments.start(order, source, amount or order.amount)
        payment.note = self.by_order[order.id].payment_note
        if order.state == DRAFT and not source.decline:
            self._change(order, OPEN)
        self._payments.settle(payment)
        return payment

    def _change(self, order: Order, state: str) -> None:
        order.state, order.updated_at, order.version = state, self._timers.now(), order.version + 1

    def _order(self, body: dict[str, Any]) -> Order:
        quick, given = body.get("quick_pay") or {}, body.get("order") or {}
        if bool(quick) == bool(given):
            raise bad_request("BAD_REQUEST", "Exactly one of quick_pay and order is needed.")
        now, new_id = self._timers.now(), self._shared.ids.new(16)
        location = checks.read_location(self._shared.settings, (given or quick).get("location_id"))
        items = given.get("line_items") or [_item(quick)]
        amount = sum(_price(item, location) for item in items)
        order = Order(new_id, location.id, amount, location.currency, now, now, state=DRAFT, line_items=items)
        order.reference_id = given.get("reference_id") or ""
        order.metadata = given.get("metadata") or {}
        return order


def _item(quick: dict[str, Any]) -> dict[str, Any]:
    return {"name": quick.get("name", ""), "quantity": "1", "base_price_money": quick.get("price_money") or {}}


def _price(item: dict[str, Any], location: Location) -> int:
    quantity = item.get("quantity") or ""
    if not (quantity.isascii() and quantity.isdigit() and int(quantity)):
        raise bad_request("INVALID_VALUE", "The quantity must be a text of a whole number.", "line_items.quantity")
    money = item.get("base_price_money") or {}
    return checks.read_amount(money, location, "line_items.base_price_money") * int(quantity)
