"""Razorpay's adapter: builds requests, sends them and translates answers. It makes no decisions and keeps no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, TypeVar

from payments.domain.records.dispute import DisputeSnapshot, DisputeStatus
from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import MethodType
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable, Unsupported, WebhookForged
from payments.gateways.contract.payments import Checkout, CheckoutDetails
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest
from payments.gateways.facts import offers
from payments.gateways.facts import razorpay as facts
from payments.gateways.kit.hosts import Endpoint
from payments.gateways.kit.search import PAGE_SIZE, Page, search
from payments.gateways.kit.signatures import hex_signature, matches_any
from payments.gateways.razorpay import NAME, Settings, disputes, fields, requests, script_of, tries, webhook, wire
from payments.gateways.transport.http import Answer, Http, T, address

_PAGES_MAX = 10  # Pages of one payment's or order's list.
_BEFORE, _AFTER = timedelta(minutes=10), timedelta(minutes=10)  # For clock differences and slow calls.

_Said = TypeVar("_Said")


class Razorpay:
    """One Razorpay account. See docs/gateways/razorpay.md, Calls."""

    name: ClassVar[str] = NAME
    minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.payment
    refund_minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.refund
    refund_window: ClassVar[timedelta] = timedelta(days=180)
    refund_may_return: ClassVar[timedelta] = timedelta(days=10)  # Assumed: no document says how long.
    has_one_refund_at_a_time: ClassVar[bool] = False
    has_refund_in_dispute: ClassVar[bool] = True
    has_partial_capture: ClassVar[bool] = False
    has_checkout_authorization: ClassVar[bool] = True
    merchant_ref = ""  # Its answers name no account.

    def __init__(self, endpoint: Endpoint, http: Http, settings: Callable[[], Settings]) -> None:
        self._endpoint, self._http, self._settings = endpoint, http, settings

    def require_settings(self) -> None:
        self._settings().check()

    def create_checkout(self, attempt: Attempt, order: CheckoutDetails) -> Checkout:
        """Create an order, and by the setting `upi_flow` a UPI intent or, instead of an order, a QR code.

        Orders and codes have no idempotency key, so a repeated call searches for the first one's result.
        """
        if not offers(facts.ROWS, attempt.terms.method_type):
            raise Unsupported(f"Razorpay has no {attempt.terms.method_type} here")
        settings = self._settings()
        flow = settings.upi_flow if attempt.terms.method_type is MethodType.UPI else facts.CHECKOUT
        if flow == facts.QR and attempt.amount.currency == "INR":
            return self._qr_code(attempt, order, settings)
        order_id = self._find_again(attempt) or self._http.write(
            self._url("orders"), partial(wire.from_order, attempt=attempt), requests.to_order(attempt, order)
        )
        if flow == facts.INTENT and requests.can_begin_upi(order):
            body = requests.to_upi_intent(attempt, order, order_id)
            parse = partial(wire.from_upi_intent, order_id=order_id)
            return self._http.write(self._url("payments", "create", "upi"), parse, body)
        return requests.to_checkout(attempt, order, order_id, settings, script_of(self._endpoint))

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Conclude the status from all payments of the order. See docs/gateways/razorpay.md, States."""
        ref = attempt.checkout_ref or ("" if attempt.is_absent else self._find(attempt))
        if not ref:
            return Snapshot(Status.CREATED)
        of = ("payments", "qr_codes", ref) if ref.startswith("qr_") else ("orders", ref)
        parse = partial(tries.from_payments, attempt=attempt)
        snapshot = _parse(parse, self._all(self._url(*of, "payments")))
        if snapshot.returned and snapshot.returned.minor:
            back = _parse(wire.from_refunds, self._all(self._url("payments", snapshot.ref, "refunds")))
            returned = None if back is None else Money(back, snapshot.returned.currency)
            snapshot = replace(snapshot, returned=returned)
        return snapshot if attempt.checkout_ref else replace(snapshot, found_ref=ref)

    def confirm_ref(self, attempt: Attempt, ref: str) -> str:
        kind = ("payments", "qr_codes") if ref.startswith("qr_") else ("orders",)
        try:
            named = self._http.read(self._url(*kind, ref), fields.our_id_in, {})
        except Rejected:
            return ""
        return ref if named == attempt.id else ""

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        if not attempt.payment_ref:
            raise Rejected("there is no payment to refund")
        url, body = (
            self._url("payments", attempt.payment_ref, "refund"),
            requests.to_refund(refund, self._settings().speed),
        )
        try:
            parse = partial(wire.from_refund, refund=refund, attempt=attempt)
            return self._http.write(url, parse, body, {"X-Refund-Idempotency": refund.id})
        except Rejected as refusal:
            return self._find_earlier_refund(refusal, refund, attempt)

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        parse = partial(wire.from_refund, refund=refund, attempt=attempt)
        if refund.refund_ref:
            return self._http.read(self._url("refunds", refund.refund_ref), parse, {})
        if not attempt.payment_ref:
            return Snapshot(Status.CREATED)
        for answer in self._all(self._url("payments", attempt.payment_ref, "refunds")):
            if fields.refund_id(answer) == refund.id:
                return _parse(parse, answer)
        return Snapshot(Status.CREATED)

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        try:
            return self._http.read(self._url("disputes", ref), disputes.from_dispute, {})
        except Rejected as refusal:
            raise disputes.to_refusal(refusal) from None

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Filter by the time of opening. See docs/gateways/razorpay.md, Disputes."""
        parse = partial(disputes.from_list, cursor=cursor)
        return self._http.read(self._url("disputes"), parse, disputes.to_list(since, until, cursor))

    def accept_dispute(self, ref: str) -> DisputeSnapshot:
        try:
            return self._http.write(self._url("disputes", ref, "accept"), disputes.from_dispute, {})
        except Rejected as refusal:  # A lost dispute is refused, and counts as accepted.
            found = self.fetch_dispute(ref)
            if found.status is not DisputeStatus.LOST:
                raise refusal from None
            return found

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent:
        settings = self._settings()
        if not webhook.is_genuine(request, settings):
            settings.require_webhook()
            raise WebhookForged(self.name)
        return webhook.from_webhook(request.body)

    def capture_payment(self, attempt: Attempt, amount: Money) -> Snapshot:
        ref = attempt.payment_ref
        if not ref:
            found = self.fetch_payment(attempt)
            if found.status is not Status.AUTHORIZED:
                return found
            ref = found.ref
        try:
            url = self._url("payments", ref, "capture")
            return self._http.write(url, partial(tries.from_capture, attempt=attempt), requests.to_capture(amount))
        except Rejected:  # No code shows "captured before", only the message.
            found = self.fetch_payment(attempt)
            if found.status.is_open:
                raise
            return found

    def is_proved(self, attempt: Attempt, proof: Mapping[str, str]) -> bool:
        """Check the signature over our own order id: the browser could send another one."""
        key = self._settings().key_secret
        if not key or not attempt.checkout_ref or proof.get("razorpay_order_id") != attempt.checkout_ref:
            return False
        message = f"{attempt.checkout_ref}|{proof.get('razorpay_payment_id', '')}"
        return matches_any(
            [proof.get("razorpay_signature", "")], [hex_signature(key, message.encode(errors="replace"))]
        )

    def _qr_code(self, attempt: Attempt, order: CheckoutDetails, settings: Settings) -> Checkout:
        parse = partial(wire.from_qr_code, image=self._endpoint.page)
        found = self._qr_code_of(attempt) if _is_sent_again(attempt) else None
        if found:
            return _parse(parse, found)
        return self._http.write(self._url("payments", "qr_codes"), parse, requests.to_qr_code(attempt, order, settings))

    def _find_again(self, attempt: Attempt) -> str:
        """Return the order of an earlier create call, "" for a first call: orders have no idempotency key."""
        return self._order_of(attempt) if _is_sent_again(attempt) else ""

    def _find(self, attempt: Attempt) -> str:
        is_qr = attempt.terms.method_type is MethodType.UPI and self._settings().upi_flow == facts.QR
        if is_qr and (found := self._qr_code_of(attempt)):
            return fields.ref_of(found)
        return self._order_of(attempt)

    def _order_of(self, attempt: Attempt) -> str:
        parse = partial(wire.from_orders, attempt=attempt)
        return self._http.read(self._url("orders"), parse, {"receipt": attempt.id, "count": str(PAGE_SIZE)})

    def _qr_code_of(self, attempt: Attempt) -> Answer | None:
        """Search the codes, newest first. The time window is over, so the number of codes read is a stable position."""
        since, until = attempt.created_at - _BEFORE, attempt.sent_at + _AFTER
        window = {"from": str(requests.seconds(since)), "to": str(requests.seconds(until)), "count": str(PAGE_SIZE)}

        def read(start: str, page: str) -> Page[Answer]:
            skip = int(page or start or "0")
            items = self._http.read(
                self._url("payments", "qr_codes"), wire.from_collection, {**window, "skip": str(skip)}
            )
            ours = (code for code in items if fields.our_id_in(code) == attempt.id)
            hit = max(ours, key=lambda code: bool(code.get("payments_amount_received")), default=None)  # The paid one.
            after = str(skip + len(items))
            return Page(hit, after if len(items) == PAGE_SIZE else "", after)

        return search(attempt.search_position, read)

    def _find_earlier_refund(self, refusal: Rejected, refund: Refund, attempt: Attempt) -> Snapshot:
        """Return the refund if it exists despite the refusal: a repeated call may be refused for its key or balance."""
        found = self.fetch_refund(refund, attempt)
        if found.status is not Status.CREATED:
            return found
        if wire.is_same_key(refusal.answer):
            raise refusal.as_kind(OutcomeUnknown, "the key is in use")
        raise refusal

    def _all(self, url: str, params: Mapping[str, str] | None = None) -> list[Answer]:
        """Return all items, each once: new items shift the pages while we read. Raises Unavailable over ten pages."""
        found: dict[str, Answer] = {}
        for page in range(_PAGES_MAX):
            paging = {"count": str(PAGE_SIZE), "skip": str(page * PAGE_SIZE)}
            items = self._http.read(url, wire.from_collection, {**(params or {}), **paging})
            known = len(found)
            found |= {fields.ref_of(item): item for item in items}
            if len(items) < PAGE_SIZE or len(found) == known:
                return list(found.values())
        raise Unavailable(f"Razorpay has more than {_PAGES_MAX * PAGE_SIZE} of them")

    def _url(self, *path: str) -> str:
        return address(self._endpoint.origin, "v1", *path)


def _is_sent_again(attempt: Attempt) -> bool:
    return attempt.sent_at != attempt.created_at


def _parse(parse: Callable[[_Said], T], said: _Said) -> T:
    try:
        return parse(said)
    except ValueError as error:
        raise Unavailable(f"Razorpay sent an unusable response: {error} is missing or malformed") from None
