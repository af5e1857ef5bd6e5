"""Payments: charged, authorized, captured, voided, lapsed. Each has an order; an authorized or paid amount is its
tender.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import LedgerCapture, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.square import checks, sources
from gateway_simulators.square.errors import Declined, bad_request, not_found, refusal, version_mismatch
from gateway_simulators.square.ids import Ids
from gateway_simulators.square.keys import Keys
from gateway_simulators.square.records import APPROVED, CANCELED, COMPLETED, FAILED, PENDING, Order, Payment
from gateway_simulators.square.settings import Location, Settings
from gateway_simulators.square.sources import BANK, TEMPORARY, Source
from gateway_simulators.square.views import payment_view

Tell = Callable[[str, str, list[tuple[str, dict[str, Any]]]], None]
"""op, what it is about, and one or more of (event type, object)."""
USUAL_DELAY_SECONDS = 7 * 86400.0  # Of an online card payment.


@dataclass(frozen=True, slots=True)
class Shared:
    timers: Timers
    ids: Ids
    settings: Settings
    faults: Faults
    tell: Tell
    keys: Keys


class Payments:
    def __init__(self, shared: Shared) -> None:
        self._shared, self._timers, self._settings = shared, shared.timers, shared.settings
        self.by_id: dict[str, Payment] = {}
        self.orders: dict[str, Order] = {}
        self.captures: list[LedgerCapture] = []
        self.foreign: list[Payment] = []
        self.on_captured: Callable[[Payment], None] = lambda payment: None
        self._used: set[str] = set()  # Used tokens, and keys that have had their temporary error.

    def clear(self) -> None:
        for forgets in (self.by_id, self.orders, self.captures, self.foreign, self._used):
            forgets.clear()

    # Calls of the merchant's server.

    def create(self, body: dict[str, Any] | None) -> dict[str, Any]:
        body = checks.checked(body, checks.CREATE_PAYMENT, "source_id", "idempotency_key", "amount_money")
        return self._shared.keys.once("payment", body, lambda: {"payment": payment_view(self._create(body))})

    def _create(self, body: dict[str, Any]) -> Payment:
        location = checks.read_location(self._settings, body.get("location_id"))
        amount = checks.read_amount(body["amount_money"], location)
        delay = checks.read_delay(body.get("delay_duration"), USUAL_DELAY_SECONDS)
        action, order = _delay_action(body), self._order_for(body, location, amount)
        source = self._read_source(body)
        payment = self.start(self.orders.setdefault(order.id, order), source, amount)
        payment.key, payment.reference_id = body["idempotency_key"], body.get("reference_id") or ""
        payment.note, payment.customer_id = body.get("note") or "", body.get("customer_id") or ""
        payment.is_autocomplete = body.get("autocomplete") is not False
        payment.delay_seconds, payment.delay_action = delay, action
        self.settle(payment)
        if payment.status == FAILED:
            raise self._declined(payment)
        return payment

    def get(self, payment_id: str) -> Payment:
        if payment_id not in self.by_id:
            raise not_found("payment", payment_id)
        return self.by_id[payment_id]

    def update(self, payment_id: str, body: dict[str, Any] | None) -> dict[str, Any]:
        body = checks.checked(body, checks.UPDATE_PAYMENT, "idempotency_key", "payment")
        request = body["payment"]
        return self._shared.keys.once(
            f"update {payment_id}",
            body,
            lambda: {"payment": payment_view(self._update(self.get(payment_id), request))},
        )

    def _update(self, payment: Payment, request: dict[str, Any]) -> Payment:
        self._require(payment, APPROVED, request.get("version_token"))
        location = checks.read_location(self._settings, payment.location_id)
        amount = checks.read_amount(request.get("amount_money") or {}, location, "payment.amount_money")
        if amount > payment.amount:  # The payment lacks the capability EDIT_AMOUNT_UP.
            raise bad_request("BAD_REQUEST", "The amount of this payment can only be lowered.", "payment.amount_money")
        payment.amount = payment.approved = amount
        self._touch(payment)
        self._tell("capture", payment, "payment.updated")
        return payment

    def complete(self, payment_id: str, body: dict[str, Any] | None) -> Payment:
        body = checks.checked(body, checks.COMPLETE_PAYMENT)
        payment = self.get(payment_id)
        self._require(payment, APPROVED, body.get("version_token"))
        self._take(payment)
        self._tell("capture", payment, "payment.updated")
        return payment

    def cancel(self, payment_id: str, body: dict[str, Any] | None) -> Payment:
        checks.checked(body, checks.NO_BODY)
        payment = self.get(payment_id)
        self._require(payment, APPROVED, None)
        self._void(payment)
        return payment

    def cancel_by_key(self, body: dict[str, Any] | None) -> None:
        """If no payment has the key, or it is completed already, nothing happens and no error is raised."""
        key = checks.checked(body, checks.CANCEL_BY_KEY, "idempotency_key")["idempotency_key"]
        for payment in self.by_id.values():
            if payment.key == key and payment.status == APPROVED:
                self._void(payment)

    # What happens to a payment.

    def start(self, order: Order, source: Source, amount: int) -> Payment:
        now, ids = self._timers.now(), self._shared.ids
        charged = wrong(amount) if self._shared.faults.take("pay", "wrong_amount") else amount
        payment = Payment(
            ids.new(), order.id, order.location_id, source, charged, order.currency, now, now, ids.new(12)
        )
        self.by_id[payment.id] = payment
        return payment

    def settle(self, payment: Payment) -> None:
        """The bank's answer, and its consequences."""
        source = payment.source
        if source.decline and not source.is_slow_failure:
            return self._fail(payment, "payment.created")
        self.orders[payment.order_id].tenders.append(payment.id)
        if source.kind == BANK:
            self._tell("pay", payment, "payment.created")
            return self._timers.after(self._settings.bank_seconds, lambda: self._end_transfer(payment))
        payment.status, payment.approved = APPROVED, payment.amount
        before = ("payment.created", payment_view(payment))
        if payment.is_autocomplete:
            self._take(payment)
            return self._shared.tell("pay", payment.id, [before, ("payment.updated", payment_view(payment))])
        self._timers.at(payment.delayed_until, lambda: self._lapse(payment))
        return self._shared.tell("pay", payment.id, [before])

    def end_transfer(self, payment: Payment, code: str = "") -> None:
        """A bank transfer ends, by its own time or by a control."""
        if code:
            payment.source = Source(payment.source.kind, decline=code)
            return self._fail(payment, "payment.updated")
        self._take(payment)
        return self._tell("pay", payment, "payment.updated")

    def show_refund(self, payment: Payment, refunded: int) -> None:
        payment.refunded = refunded
        self._touch(payment)
        self._tell("refund", payment, "payment.updated")

    def tell_again(self, payment: Payment) -> None:
        self._tell("pay", payment, "payment.updated")

    def _end_transfer(self, payment: Payment) -> None:
        if payment.status == PENDING:
            self.end_transfer(payment, payment.source.decline)

    def _lapse(self, payment: Payment) -> None:
        if payment.status != APPROVED:
            return None
        if payment.delay_action == "COMPLETE":
            self._take(payment)
            return self._tell("pay", payment, "payment.updated")
        return self._void(payment)

    def _take(self, payment: Payment) -> None:
        payment.status, payment.approved, payment.ended_at = COMPLETED, payment.amount, self._timers.now()
        self._touch(payment)
        order = self.orders[payment.order_id]
        self.captures.append(LedgerCapture(order.reference_id, payment.id, payment.amount, self._timers.now()))
        self._timers.after(0, lambda: self.on_captured(payment))  # After the webhook of the payment itself.

    def _void(self, payment: Payment) -> None:
        payment.status, payment.ended_at = CANCELED, self._timers.now()
        self._touch(payment)
        self._tell("cancel", payment, "payment.updated")

    def _fail(self, payment: Payment, event: str) -> None:
        payment.status, payment.failure, payment.ended_at = FAILED, payment.source.decline, self._timers.now()
        tenders = self.orders[payment.order_id].tenders
        if payment.id in tenders:
            tenders.remove(payment.id)
        self._touch(payment)
        self._tell("pay", payment, event)

    def _touch(self, payment: Payment) -> None:
        payment.updated_at, payment.version_token = self._timers.now(), self._shared.ids.new(12)

    def _tell(self, op: str, payment: Payment, event: str) -> None:
        self._shared.tell(op, payment.id, [(event, payment_view(payment))])

    def _require(self, payment: Payment, status: str, version_token: str | None) -> None:
        if payment.status != status:
            raise bad_request("BAD_REQUEST", f"Payment {payment.id} is {payment.status}, not {status}.")
        if version_token and version_token != payment.version_token:
            raise version_mismatch()

    def _read_source(self, body: dict[str, Any]) -> Source:
        token, key = body["source_id"], body["idempotency_key"]
        source = sources.find(token)
        if source is None:
            raise not_found("source", token[:12], "source_id")
        if source.decline == TEMPORARY and key not in self._used:
            self._used.add(key)
            raise refusal(400, "PAYMENT_METHOD_ERROR", TEMPORARY, "A temporary internal error occurred.")
        if token in self._used or source.decline == "CARD_TOKEN_USED":
            raise Declined(400, "CARD_TOKEN_USED", None)
        if source.is_single_use:
            self._used.add(token)
        return Source() if source.decline == TEMPORARY else source

    def _order_for(self, body: dict[str, Any], location: Location, amount: int) -> Order:
        given = self.orders.get(body.get("order_id") or "")
        if given and given.amount != amount:
            raise refusal(400, "PAYMENT_METHOD_ERROR", "PAYMENT_AMOUNT_MISMATCH", "The order's total is another.")
        if body.get("order_id") and not given:
            raise not_found("order", body["order_id"], "order_id")
        now = self._timers.now()
        order = Order(self._shared.ids.new(16), location.id, amount, location.currency, now, now)
        order.reference_id = body.get("reference_id") or ""
        return given or order

    def _declined(self, payment: Payment) -> Declined:
        status = sources.decline_status(payment.failure, is_always_400=self._settings.all_declines_are_400)
        return Declined(status, payment.failure, payment_view(payment) if self._settings.shows_failed_payment else None)


def _delay_action(body: dict[str, Any]) -> str:
    action = body.get("delay_action") or "CANCEL"
    if action not in ("CANCEL", "COMPLETE"):
        raise bad_request("INVALID_ENUM_VALUE", "delay_action must be CANCEL or COMPLETE.", "delay_action")
    return str(action)
