"""Orders: created, approved by the payer, authorized or captured by the merchant, deleted when they expire."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, LedgerCapture, UnknownError, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.paypal.checks import OrderRequest
from gateway_simulators.paypal.errors import not_found, refusal
from gateway_simulators.paypal.records import (
    APPROVED,
    AUTHORIZE,
    CAPTURE,
    COMPLETED,
    CREATED,
    DECLINED,
    EXPIRED,
    PAID,
    PAYER_ACTION_REQUIRED,
    PAYS,
    PENDING,
    VOIDED,
    Authorization,
    Capture,
    Fate,
    Order,
)
from gateway_simulators.paypal.settings import Settings
from gateway_simulators.paypal.views import authorization_view, capture_view, order_event

Tell = Callable[[str, str, Order, dict[str, object]], None]
"""op, event, order, resource"""

_LETTERS = string.ascii_uppercase + string.digits


class Ids:
    """PayPal's ids: 17 capital letters and digits."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def new(self, length: int = 17) -> str:
        return "".join(self._rng.choice(_LETTERS) for _ in range(length))

    def secret(self, length: int = 40) -> str:
        return f"{self._rng.getrandbits(length * 4):0{length}x}"


class Orders:
    def __init__(self, timers: Timers, ids: Ids, settings: Settings, faults: Faults, tell: Tell) -> None:
        self._timers, self._ids, self._settings, self._faults, self._tell = timers, ids, settings, faults, tell
        self.by_ref: dict[str, Order] = {}
        self.captured: list[LedgerCapture] = []
        self.captures: dict[str, Order] = {}  # By capture id.
        self.holds: dict[str, Order] = {}  # By authorization id.

    # Calls of the merchant's server.

    def create(self, body: OrderRequest) -> Order:
        now = self._timers.now()
        order = Order(
            ref=self._ids.new(),
            intent=body.intent,
            amount=wrong(body.amount) if self._faults.take("pay", "wrong_amount") else body.amount,
            currency=body.currency,
            custom_id=body.custom_id,
            invoice_id=body.invoice_id,
            description=body.description,
            reference_id=body.reference_id,
            return_url=body.return_url,
            cancel_url=body.cancel_url,
            is_wallet=body.is_wallet,
            wants_money_at_once=body.wants_money_at_once,
            status=PAYER_ACTION_REQUIRED if body.is_wallet else CREATED,
            created_at=now,
            updated_at=now,
            expires_at=now + self._settings.approve_within_seconds,
        )
        self.by_ref[order.ref] = order
        self._timers.at(order.expires_at, lambda: self._expire(order))
        return order

    def get(self, ref: str) -> Order:
        order = self.by_ref.get(ref)
        if order is None or order.status == EXPIRED:
            raise not_found()
        return order

    def change_amount(self, order: Order, minor: int) -> None:
        if not order.is_open:
            raise refusal("ORDER_ALREADY_COMPLETED")
        order.amount = minor
        order.updated_at = self._timers.now()

    def authorize(self, ref: str) -> Order:
        order = self._approved(ref, AUTHORIZE)
        self._meet_fate(order)
        now = self._timers.now()
        honored_until, expires_at = now + self._settings.honor_seconds, now + self._settings.authorization_seconds
        authorization = Authorization(
            self._ids.new(), order.ref, order.amount, now, honored_until, expires_at, updated_at=now
        )
        if order.fate.processor_code:
            authorization.status = "DENIED"
        elif order.fate.is_authorized_later:
            authorization.status = PENDING
        order.holds.append(authorization)
        self.holds[authorization.ref] = order
        order.status, order.updated_at = COMPLETED, now
        self._timers.after(self._settings.void_seconds, lambda: self.void(order, authorization))
        self._tell_if_authorized(order, authorization)
        return order

    def capture(self, ref: str) -> Order:
        order = self._approved(ref, CAPTURE)
        self._meet_fate(order)
        order.status = COMPLETED
        self.take(order, order.amount)
        return order

    # Money.

    def take(
        self, order: Order, amount: int, authorization: Authorization | None = None, invoice_id: str = ""
    ) -> Capture:
        self._require_new_invoice(order, invoice_id or order.invoice_id)
        now, fate = self._timers.now(), order.fate
        status = DECLINED if fate.processor_code else PENDING if fate.pending_reason else COMPLETED
        capture = Capture(
            self._ids.new(), order.ref, amount, now, status, invoice_id or order.invoice_id,
            authorization.ref if authorization else "", fate.pending_reason, fate.processor_code,
        )  # fmt: skip
        order.captures.append(capture)
        order.updated_at = now
        self.captures[capture.ref] = order
        self._book(order, capture)
        self._tell_of(order, capture)
        return capture

    def end_pending(self, order: Order, *, completes: bool) -> None:
        """An eCheck clears or bounces, or a review ends."""
        holds = [authorization for authorization in order.holds if authorization.status == PENDING]
        captures = [capture for capture in order.captures if capture.status == PENDING]
        if not holds and not captures:
            raise ClosedError(f"order {order.id} has nothing pending: send act wait, then capture it")
        for authorization in holds[:1]:
            authorization.status, authorization.updated_at = (CREATED if completes else "DENIED"), self._timers.now()
            self._tell_if_authorized(order, authorization)
        for capture in captures[:1]:
            capture.status, capture.reason = (COMPLETED if completes else DECLINED), ""
            self._book(order, capture)
            self._tell_of(order, capture, "" if completes else "DENIED")

    def void_by_hand(self, order: Order) -> None:
        """Void an authorization at PayPal's own pages."""
        holds = [authorization for authorization in order.holds if authorization.status == CREATED]
        if not holds:
            raise ClosedError(f"order {order.id} has no authorization to void")
        self.void(order, holds[0])

    def void(self, order: Order, authorization: Authorization) -> None:
        if authorization.status in (CREATED, PENDING):
            authorization.status, authorization.updated_at, order.updated_at = (
                VOIDED,
                self._timers.now(),
                self._timers.now(),
            )
            self._tell(
                "cancel", "PAYMENT.AUTHORIZATION.VOIDED", order, authorization_view(order, authorization, self._origin)
            )

    def _tell_if_authorized(self, order: Order, authorization: Authorization) -> None:
        if authorization.status == CREATED:
            self._tell(
                "pay", "PAYMENT.AUTHORIZATION.CREATED", order, authorization_view(order, authorization, self._origin)
            )

    # Acts of the payer.

    def find(self, order_id: str) -> Order:
        """The order with this id, the merchant's or PayPal's; the newest if there are several."""
        found = [order for order in self.by_ref.values() if order_id in (order.id, order.ref)]
        if not found:
            raise UnknownError(f"no order {order_id}")
        return found[-1]

    def approve(self, order: Order, payer: str = "buyer@example.com", fate: Fate = PAYS) -> None:
        self.require_open(order)
        now = self._timers.now()
        order.status, order.payer, order.fate, order.updated_at = APPROVED, payer, fate, now
        order.expires_at = now + self._settings.capture_within_seconds
        self._timers.at(order.expires_at, lambda: self._expire(order))
        self._tell("pay", "CHECKOUT.ORDER.APPROVED", order, order_event(order))

    def require_open(self, order: Order) -> None:
        if order.status not in (CREATED, PAYER_ACTION_REQUIRED):
            raise ClosedError(f"order {order.id} is {order.status}")

    def tell_again(self, order: Order) -> None:
        if order.captures:
            return self._tell_of(order, order.captures[-1])
        if order.status != APPROVED:
            raise ClosedError(f"order {order.id} is {order.status}: there is no webhook to send")
        return self._tell("pay", "CHECKOUT.ORDER.APPROVED", order, order_event(order))

    # What an act changes.

    def _approved(self, ref: str, intent: str) -> Order:
        order = self.by_ref.get(ref)
        if order is None:
            raise not_found()
        if order.intent != intent:
            raise refusal("ACTION_DOES_NOT_MATCH_INTENT")
        if order.status == EXPIRED:
            raise refusal("ORDER_EXPIRED")
        if order.status == COMPLETED:
            raise refusal("ORDER_ALREADY_CAPTURED" if intent == CAPTURE else "ORDER_ALREADY_AUTHORIZED")
        if order.status == VOIDED:
            raise refusal("ORDER_COMPLETED_OR_VOIDED")
        if order.status != APPROVED:
            raise refusal("ORDER_NOT_APPROVED")
        return order

    def _meet_fate(self, order: Order) -> None:
        if order.fate.issue:
            issue = order.fate.issue
            if order.fate.is_forgiven:  # The payer may open the same page again and choose another instrument.
                order.status, order.fate = PAYER_ACTION_REQUIRED, PAYS
            raise refusal(issue)

    def _require_new_invoice(self, order: Order, invoice_id: str) -> None:
        others = (other for other in self.by_ref.values() if other is not order)
        used = {capture.invoice_id for other in others for capture in other.captures if capture.status != DECLINED}
        if invoice_id and invoice_id in used:
            raise refusal("DUPLICATE_INVOICE_ID", "/purchase_units/0/invoice_id")

    def _book(self, order: Order, capture: Capture) -> None:
        if capture.status in PAID:
            self.captured.append(LedgerCapture(order.id, capture.ref, capture.amount, self._timers.now()))

    def _tell_of(self, order: Order, capture: Capture, event_name: str = "") -> None:
        event_name = event_name or ("COMPLETED" if capture.status in PAID else capture.status)
        op = "capture" if event_name in (COMPLETED, PENDING) else "pay"
        self._tell(op, f"PAYMENT.CAPTURE.{event_name}", order, capture_view(order, capture, self._origin))

    def _expire(self, order: Order) -> None:
        if not order.is_open or self._timers.now() < order.expires_at:
            return
        was_approved, order.status = order.status == APPROVED, EXPIRED
        if was_approved:
            event: dict[str, object] = {"order_id": order.ref, "purchase_units": [{"reference_id": order.reference_id}]}
            self._tell("pay", "CHECKOUT.PAYMENT-APPROVAL.REVERSED", order, event)
        if self._faults.take("pay", "late_success"):
            self._timers.after(self._settings.late_success_seconds, lambda: self._take_late(order))

    def _take_late(self, order: Order) -> None:
        """Capture as if PayPal had booked a capture of the last moment and shown it too late."""
        if order.status == EXPIRED:
            order.status = COMPLETED
            self.take(order, order.amount)

    @property
    def _origin(self) -> str:
        return self._settings.origin
