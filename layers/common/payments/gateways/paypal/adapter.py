"""PayPal's adapter: builds requests, sends them and translates answers. It makes no decisions and keeps no state."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from payments.domain.records.dispute import DisputeSnapshot
from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.clock import Clock
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.contract.errors import (
    GatewayError,
    OutcomeUnknown,
    Rejected,
    Unavailable,
    Unsupported,
    WebhookForged,
)
from payments.gateways.contract.payments import Checkout, CheckoutDetails
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest
from payments.gateways.facts import paypal as facts
from payments.gateways.kit.hosts import Endpoint
from payments.gateways.paypal import NAME, Settings, disputes, requests, webhook, wire
from payments.gateways.paypal.codes import IN_PROGRESS, SETTLED_BEFORE
from payments.gateways.paypal.webhook import Proof
from payments.gateways.transport.http import Http, Parse, address
from payments.gateways.transport.token_vault import Token

_TOO_LATE = "ORDER_EXPIRED"


class PayPal:
    """One PayPal account. See docs/gateways/paypal.md, What is sent."""

    name: ClassVar[str] = NAME
    minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.payment
    refund_minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.refund
    refund_window: ClassVar[timedelta] = timedelta(days=180)
    refund_may_return: ClassVar[timedelta] = timedelta(days=30)  # Assumed: no document says how long.
    has_one_refund_at_a_time: ClassVar[bool] = False
    has_refund_in_dispute: ClassVar[bool] = True
    has_partial_capture: ClassVar[bool] = True  # Of an authorization only.
    has_checkout_authorization: ClassVar[bool] = True

    def __init__(self, endpoint: Endpoint, http: Http, settings: Callable[[], Settings], proof: Proof) -> None:
        self._endpoint, self._http, self._settings, self._proof = endpoint, http, settings, proof

    @property
    def merchant_ref(self) -> str:
        return self._settings().merchant_id

    def require_settings(self) -> None:
        self._settings().check()

    def create_checkout(self, attempt: Attempt, order: CheckoutDetails) -> Checkout:
        parse, body = partial(wire.from_created, page=self._endpoint.page), requests.to_order(attempt, order)
        try:
            return self._http.write(self._order_url(), parse, body, _key_headers(attempt.id))
        except Rejected as refusal:
            raise _unless_in_progress(refusal) from None

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Without `checkout_ref` return `created`: no payer has the link of an order whose create answer was lost."""
        if not attempt.checkout_ref:
            return Snapshot(Status.CREATED)
        try:
            return self._http.read(self._order_url(attempt.checkout_ref), partial(wire.from_order, attempt=attempt), {})
        except Rejected as refusal:
            _require_gone(refusal, attempt)
            return Snapshot(Status.EXPIRED if refusal.code == _TOO_LATE else Status.CREATED)

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        if not attempt.payment_ref:
            raise Rejected("PayPal captured nothing of this attempt: there is nothing to refund")
        url = self._payment_url("captures", attempt.payment_ref, "refund")
        parse = partial(wire.from_refund, subject_id=refund.id)
        try:
            return self._http.write(url, parse, requests.to_refund(refund), _key_headers(refund.id))
        except Rejected as refusal:
            raise _unless_in_progress(refusal) from None

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        """Raises Rejected if the order is gone: then its list cannot prove that there is no refund."""
        if not refund.refund_ref:
            parse = partial(wire.from_refunds, refund=refund, attempt=attempt)
            return self._http.read(self._order_url(attempt.checkout_ref), parse, {})
        url = self._payment_url("refunds", refund.refund_ref)
        return self._http.read(url, wire.from_refund, {})

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent:
        settings = self._settings()
        if not self._proof.is_genuine(request, settings):
            settings.require_webhook()
            raise WebhookForged(self.name)
        return webhook.from_webhook(request.body)

    def capture_payment(self, attempt: Attempt, amount: Money) -> Snapshot:
        key = _capture_key(attempt, amount)
        if not attempt.terms.is_manual:
            if amount != attempt.amount:
                raise Unsupported("PayPal captures an order in full; in part only what was authorized")
            return self._move_order(attempt, "capture", key)
        body = requests.to_capture(attempt, amount)
        ref, _ = self._hold(attempt)
        if not ref:
            return self.fetch_payment(attempt)
        parse = partial(wire.from_capture, attempt=attempt)
        told = self._move(attempt, self._payment_url("authorizations", ref, "capture"), parse, body, key)
        return self._after_decline(attempt, told) if told.status is Status.FAILED else told

    def authorize_payment(self, attempt: Attempt) -> Snapshot:
        return self._move_order(attempt, "authorize", f"{attempt.id}-a")

    def cancel_payment(self, attempt: Attempt) -> Snapshot:
        """Void the authorization. An order without one needs no call: PayPal captures only on our request."""
        if not attempt.checkout_ref:
            return Snapshot(Status.CANCELLED)
        ref, is_untouched = self._hold(attempt)
        if ref:
            url = self._payment_url("authorizations", ref, "void")
            return self._move(attempt, url, wire.from_void, {}, f"{attempt.id}-x")
        if is_untouched:
            return Snapshot(Status.CANCELLED)
        return self.fetch_payment(attempt)

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        return self._http.read(self._dispute_url(ref), disputes.from_dispute, {})

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Fetch each dispute of the page: PayPal's list has neither the payment nor the outcome."""
        parse, search = partial(disputes.from_list, until=until), disputes.to_list(since, cursor)
        refs, next_cursor = self._http.read(self._dispute_url(), parse, search)
        return DisputePage(tuple(map(self.fetch_dispute, refs)), next_cursor)

    def accept_dispute(self, ref: str) -> DisputeSnapshot:
        """If PayPal refuses because the dispute has ended, return the ended dispute."""
        try:
            self._http.write(
                self._dispute_url(ref, "accept-claim"),
                disputes.from_accepted,
                disputes.ACCEPT,
                _key_headers(f"{ref}-accept"),
            )
        except Rejected as refusal:
            found = self.fetch_dispute(ref)
            if found.status is None or not found.status.is_ended:
                raise _unless_in_progress(refusal) from None
            return found
        return self.fetch_dispute(ref)

    def _dispute_url(self, *path: str) -> str:
        return address(self._endpoint.origin, "v1", "customer", "disputes", *path)

    def _order_url(self, *path: str) -> str:
        return address(self._endpoint.origin, "v2", "checkout", "orders", *path)

    def _payment_url(self, *path: str) -> str:
        return address(self._endpoint.origin, "v2", "payments", *path)

    def _hold(self, attempt: Attempt) -> tuple[str, bool]:
        """Return the open authorization's id or "", and whether no money was captured or authorized."""
        if not attempt.checkout_ref:
            return "", False
        try:
            return self._http.read(
                self._order_url(attempt.checkout_ref), partial(wire.from_authorization, attempt=attempt), {}
            )
        except Rejected as refusal:
            _require_gone(refusal, attempt)
            return "", False

    def _after_decline(self, attempt: Attempt, told: Snapshot) -> Snapshot:
        """Raises Rejected if the authorization is still open. See docs/gateways/paypal.md, The honor period."""
        found = self.fetch_payment(attempt)
        if found.status is not Status.AUTHORIZED:
            return found
        code = told.failure.gateway_code if told.failure else ""
        raise Rejected(f"PayPal declined the capture {code}; the authorization is still open".strip(), code=code)

    def _move_order(self, attempt: Attempt, verb: str, key: str) -> Snapshot:
        if not attempt.checkout_ref:
            raise Rejected("PayPal's order of this attempt is not known: there is nothing to capture or authorize")
        parse = partial(wire.from_order, attempt=attempt)
        return self._move(attempt, self._order_url(attempt.checkout_ref, verb), parse, {}, key)

    def _move(
        self, attempt: Attempt, url: str, parse: Parse[Snapshot], body: Mapping[str, object], key: str
    ) -> Snapshot:
        """Return a decline as a snapshot, and fetch what was done before. See docs/gateways/paypal.md, Refusals."""
        try:
            return self._http.write(url, parse, body, _key_headers(key))
        except Rejected as refusal:
            if refusal.code in SETTLED_BEFORE:
                return self.fetch_payment(attempt)
            if (declined := wire.from_decline(refusal.code, refusal.words)) is not None:
                return declined
            raise _unless_in_progress(refusal) from None


def fetch_token(http: Http, endpoint: Endpoint, read: Callable[[], Settings], clock: Clock) -> Token:
    settings = read().check()
    login = b64encode(f"{settings.client_id}:{settings.client_secret}".encode()).decode()
    parse = partial(wire.from_token, requested_at=clock.now())
    url, form = address(endpoint.origin, "v1", "oauth2", "token"), {"grant_type": "client_credentials"}
    try:
        return http.read_token(url, parse, form, {"Authorization": f"Basic {login}"})
    except (Rejected, Unavailable) as error:
        if error.http_status not in (400, 401, 403):
            raise
        hint = "check client_id and client_secret in its secret, and GATEWAY_MODE"
        raise error.as_kind(Rejected, hint, needs_person=True) from None


def _capture_key(attempt: Attempt, amount: Money) -> str:
    """Return a request id per capture request: PayPal may answer a repeated id with the earlier refusal."""
    requested_at = attempt.capture_requested_at
    return f"{attempt.id}-c{amount.minor}" + (f"-{int(requested_at.timestamp())}" if requested_at else "")


def _key_headers(key: str) -> dict[str, str]:
    """Return headers with the idempotency key. `Prefer` asks for the full answer: a minimal one has no captures."""
    return {"PayPal-Request-Id": key, "Prefer": "return=representation"}


def _require_gone(refusal: Rejected, attempt: Attempt) -> None:
    """Raises the refusal unless it means that PayPal deleted the unpaid order after its time limit."""
    has_money = bool(attempt.payment_ref)
    if has_money or (refusal.http_status != 404 and refusal.code != _TOO_LATE):
        raise refusal


def _unless_in_progress(refusal: Rejected) -> GatewayError:
    is_in_progress = refusal.code in IN_PROGRESS
    return refusal.as_kind(OutcomeUnknown, "it may be done already") if is_in_progress else refusal
