"""PhonePe's adapter: builds requests, sends them and translates answers. It makes no decisions and keeps no state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from payments.domain.records.dispute import DisputeSnapshot, DisputeStatus
from payments.domain.records.payment import Attempt
from payments.domain.records.refund import GATEWAY, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.clock import Clock
from payments.domain.values.status import Status
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, WebhookForged
from payments.gateways.contract.payments import Checkout, CheckoutDetails
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest
from payments.gateways.facts import phonepe as facts
from payments.gateways.kit.hosts import Endpoint
from payments.gateways.phonepe import NAME, Settings, disputes, oauth_url, pg_url, requests, webhook, wire
from payments.gateways.phonepe.codes import NO_SUCH_ORDER, NO_SUCH_REFUND, ORDER_EXISTS, REFUND_EXISTS
from payments.gateways.transport.http import Http, address
from payments.gateways.transport.token_vault import Token


class PhonePe:
    """One PhonePe account. See docs/gateways/phonepe.md, Hosts and endpoints."""

    name: ClassVar[str] = NAME
    minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.payment
    refund_minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.refund
    refund_window: ClassVar[timedelta] = timedelta(days=90)
    refund_may_return: ClassVar[timedelta] = timedelta(days=10)  # Assumed: no document says how long.
    has_one_refund_at_a_time: ClassVar[bool] = True
    has_refund_in_dispute: ClassVar[bool] = True

    def __init__(self, endpoint: Endpoint, http: Http, settings: Callable[[], Settings]) -> None:
        self._endpoint, self._http, self._settings = endpoint, http, settings

    @property
    def merchant_ref(self) -> str:
        return self._settings().merchant_id

    def require_settings(self) -> None:
        self._settings().check()

    def create_checkout(self, attempt: Attempt, order: CheckoutDetails) -> Checkout:
        """A repeated create call raises OutcomeUnknown. See docs/gateways/phonepe.md, Answers to calls."""
        parse = partial(wire.from_pay, page=self._endpoint.page)
        try:
            return self._http.write(self._url("checkout", "v2", "pay"), parse, requests.to_pay(attempt, order))
        except Rejected as refusal:
            raise _unless_it_exists(refusal, ORDER_EXISTS) from None

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Fetch the order by our attempt id. See docs/gateways/phonepe.md, States."""
        url = self._url("checkout", "v2", "order", attempt.id, "status")
        parse = partial(wire.from_payment, attempt=attempt)
        try:
            return self._http.read(url, parse, {"details": "true", "errorContext": "true"})
        except Rejected as refusal:
            return _from_refusal(refusal, NO_SUCH_ORDER, is_known=bool(attempt.checkout_ref or attempt.payment_ref))

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        url, parse = self._url("payments", "v2", "refund"), partial(wire.from_refund, attempt=attempt)
        try:
            return self._http.write(url, parse, requests.to_refund(refund, attempt))
        except Rejected as refusal:
            raise _unless_it_exists(refusal, REFUND_EXISTS) from None

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        is_known = bool(refund.refund_ref) and refund.actor != GATEWAY  # An imported refund has another id there.
        return self._refund_status(refund.id, attempt, is_known=is_known)

    def _refund_status(self, refund_id: str, attempt: Attempt, *, is_known: bool = False) -> Snapshot:
        url = self._url("payments", "v2", "refund", refund_id, "status")
        try:
            return self._http.read(url, partial(wire.from_refund, attempt=attempt), {})
        except Rejected as refusal:
            return _from_refusal(refusal, NO_SUCH_REFUND, is_known=is_known)

    def fetch_foreign_refund(self, ref: str, attempt: Attempt) -> Snapshot:
        """Fetch a refund made at the dashboard, by the `merchantRefundId` of its webhook."""
        return self._refund_status(ref, attempt)

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        try:
            return self._http.read(self._url("v1", "disputes", ref), disputes.from_dispute, {})
        except Rejected as refusal:
            raise disputes.to_refusal(refusal) from None

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Filter by the time of opening, one status per page. See docs/gateways/phonepe.md, Disputes."""
        parse = partial(disputes.from_list, cursor=cursor)
        return self._http.read(self._url("v1", "disputes"), parse, disputes.to_list(since, until, cursor))

    def accept_dispute(self, ref: str) -> DisputeSnapshot:
        """Accept, then fetch the dispute, because no document describes the answer of this call."""
        try:
            self._http.write(self._url("v1", "disputes", ref, "accept"), dict, {})
        except Rejected as refusal:
            if self.fetch_dispute(ref).status is not DisputeStatus.LOST:
                raise refusal from None
        return self.fetch_dispute(ref)

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent:
        settings = self._settings()
        if not webhook.is_genuine(request, settings):
            settings.require_webhook()
            raise WebhookForged(self.name)
        return webhook.from_webhook(request.body)

    def _url(self, *path: str) -> str:
        return address(pg_url(self._endpoint), *path)


def fetch_token(http: Http, endpoint: Endpoint, settings: Callable[[], Settings], clock: Clock) -> Token:
    """Request a new access token. See docs/gateways/phonepe.md, Tokens. Raises Misconfigured, Rejected, Unavailable."""
    known = settings().check()
    form = {
        "client_id": known.client_id,
        "client_secret": known.client_secret,
        "client_version": known.client_version,
        "grant_type": "client_credentials",
    }
    try:
        parse = partial(wire.from_token, requested_at=clock.now())
        return http.read_token(address(oauth_url(endpoint), "v1", "oauth", "token"), parse, form)
    except Rejected as refusal:
        hint = "check GATEWAY_MODE, and client_id, client_version and client_secret in its secret"
        raise refusal.as_kind(Rejected, hint, needs_person=True) from None


def _unless_it_exists(refusal: Rejected, codes: Collection[str]) -> GatewayError:
    """Return OutcomeUnknown if our id is in use: an earlier call reached PhonePe and its answer was lost."""
    it_exists = refusal.http_status == 417 or refusal.code in codes
    return refusal.as_kind(OutcomeUnknown, "it exists") if it_exists else refusal


def _from_refusal(refusal: Rejected, codes: Collection[str], *, is_known: bool) -> Snapshot:
    """Return `created` if PhonePe does not know our id. Raises the refusal otherwise, and always if `is_known`.

    `is_known`: PhonePe has returned its own id of it before, so it must exist.
    """
    if refusal.code not in codes or is_known:
        raise refusal
    return Snapshot(Status.CREATED)
