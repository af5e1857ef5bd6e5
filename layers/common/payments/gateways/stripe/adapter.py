"""Stripe's adapter: builds requests, sends them and translates answers. It makes no decisions and keeps no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, WebhookForged
from payments.gateways.contract.payments import Charge, Checkout, CheckoutDetails
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest
from payments.gateways.facts import stripe as facts
from payments.gateways.kit.hosts import Endpoint
from payments.gateways.kit.search import PAGE_SIZE, Page, search
from payments.gateways.stripe import NAME, Settings, disputes, requests, webhook, wire
from payments.gateways.stripe.codes import RACED
from payments.gateways.stripe.form import flat
from payments.gateways.transport.http import Answer, Http, Parse, T, address

_LOOK_BEFORE, _LOOK_AFTER = timedelta(minutes=10), timedelta(minutes=10)
_REFUSED, _DECLINED = 400, 402
_UNCLEAR = 424  # A system behind Stripe failed.


class Stripe:
    """One Stripe account. See docs/gateways/stripe.md, Calls."""

    name: ClassVar[str] = NAME
    minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.payment
    refund_minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.refund
    refund_window: ClassVar[timedelta] = timedelta(days=180)
    refund_may_return: ClassVar[timedelta] = timedelta(days=30)  # Assumed: no document says how long.
    has_one_refund_at_a_time: ClassVar[bool] = False
    has_refund_in_dispute: ClassVar[bool] = False
    has_partial_capture: ClassVar[bool] = True
    has_checkout_authorization: ClassVar[bool] = True
    merchant_ref = ""  # No answer names the account.

    def __init__(self, endpoint: Endpoint, http: Http, settings: Callable[[], Settings], clock: Clock) -> None:
        self._endpoint, self._http, self._settings, self._clock = endpoint, http, settings, clock

    def require_settings(self) -> None:
        self._settings().check()

    def create_checkout(self, attempt: Attempt, order: CheckoutDetails) -> Checkout:
        fields = requests.to_session(attempt, order, self._suffix(attempt.amount))
        parse = partial(wire.from_session, page=self._endpoint.page)
        return self._write(("checkout", "sessions"), parse, fields, attempt.id)

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Fetch the session or the intent. See docs/gateways/stripe.md, States and Answers that were lost."""
        ref = self._ref(attempt)
        found = self._fetch(ref, attempt)
        return found if attempt.checkout_ref else replace(found, found_ref=ref)

    def confirm_ref(self, attempt: Attempt, ref: str) -> str:
        """`ref` is a session's or an intent's id: webhooks of a session's payment name the intent."""
        pick = partial(wire.thing_of, attempt_id=attempt.id)
        try:
            if attempt.terms.is_direct or ref.startswith("cs_"):
                return self._read(ref, pick) or ""
            return self._search(("checkout", "sessions"), {"payment_intent": ref}, pick) or ""
        except Rejected:
            return ""

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        intent = self._intent_ref(attempt)
        parse = partial(wire.from_refund, intent=intent)
        return self._write(("refunds",), parse, requests.to_refund(refund, intent), refund.id)

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        if refund.refund_ref:
            parse = partial(wire.from_refund, intent=attempt.payment_ref)
            return self._http.read(self._url("refunds", refund.refund_ref), parse, {})
        intent = attempt.payment_ref or self._fetch(self._ref(attempt), attempt).ref
        if not intent:
            return Snapshot(Status.CREATED)
        pick = partial(wire.refund_of, refund_id=refund.id, intent=intent)
        filters = {"payment_intent": intent, "created[gte]": wire.seconds(refund.created_at - _LOOK_BEFORE)}
        return self._search(("refunds",), filters, pick) or Snapshot(Status.CREATED)

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent:
        settings = self._settings()
        if not webhook.is_genuine(request, settings, self._clock.now()):
            settings.require_webhook()
            raise WebhookForged(self.name)
        return webhook.from_webhook(request.body, is_live=self._endpoint.is_live)

    def capture_payment(self, attempt: Attempt, amount: Money) -> Snapshot:
        path, key = ("payment_intents", self._intent_ref(attempt), "capture"), f"{attempt.id}-c{amount.minor}"
        try:
            return self._write(path, wire.from_intent, {"amount_to_capture": amount.minor}, key)
        except Rejected as refusal:
            if refusal.code not in RACED:
                raise
            return self.fetch_payment(attempt)  # Captured, cancelled or lapsed meanwhile.

    def cancel_payment(self, attempt: Attempt) -> Snapshot:
        """Cancel without a key: it is idempotent, and under a key Stripe would repeat an early refusal for a day."""
        ref = self._ref(attempt)
        if not ref:
            return Snapshot(Status.CREATED)
        path, before = self._read(ref, partial(requests.to_cancel, attempt=attempt))
        if not path:
            return before
        try:
            return self._write(path, partial(wire.from_found, attempt=attempt, is_cancelled=True), {}, "")
        except Rejected as refusal:
            if refusal.http_status != _REFUSED:
                raise
            return self.fetch_payment(attempt)  # Paid, expired or cancelled meanwhile.

    def charge_token(self, attempt: Attempt, order: CheckoutDetails) -> Charge:
        fields = requests.to_charge(attempt, order, self._suffix(attempt.amount))
        key = self._settings().publishable_key
        public = {"publishable_key": key} if key else {}
        parse = partial(wire.from_charge, page=self._endpoint.page, public=public)
        try:
            return self._write(("payment_intents",), parse, fields, attempt.id)
        except Rejected as refusal:
            if refusal.http_status != _DECLINED:
                raise
            return wire.from_decline(refusal.answer)

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        expand = {"expand[0]": "payment_intent"}  # Its metadata has our attempt id.
        return self._http.read(self._url("disputes", ref), disputes.from_dispute, expand)

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Filter by the time of opening: Stripe's list has no filter by the last change."""
        window = disputes.to_list(since, until, cursor)
        return self._http.read(self._url("disputes"), disputes.from_list, window)

    def accept_dispute(self, ref: str) -> DisputeSnapshot:
        """Accept without an idempotency key, as for `cancel_payment`. An inquiry is not accepted but refunded."""
        try:
            return self._write(("disputes", ref, "close"), disputes.from_dispute, {"expand": ["payment_intent"]}, "")
        except Rejected as refusal:
            found = self.fetch_dispute(ref)
            if not (found.status and found.status.is_ended):
                raise refusal from None
            return found  # It had ended before.

    def _ref(self, attempt: Attempt) -> str:
        """Return the id of the session or intent; search for it if the create call's answer was lost. "" for none."""
        if attempt.checkout_ref or attempt.is_absent:
            return attempt.checkout_ref
        path = ("payment_intents",) if attempt.terms.is_direct else ("checkout", "sessions")
        since, until = attempt.created_at - _LOOK_BEFORE, max(attempt.sent_at, attempt.created_at) + _LOOK_AFTER
        window = {"created[gte]": wire.seconds(since), "created[lte]": wire.seconds(until)}
        pick = partial(wire.thing_of, attempt_id=attempt.id)
        return self._search(path, window, pick, attempt.search_position) or ""

    def _intent_ref(self, attempt: Attempt) -> str:
        intent = attempt.payment_ref or self.fetch_payment(attempt).ref
        if not intent:
            raise Rejected("Stripe has no authorized money for this attempt: it is not paid")
        return intent

    def _fetch(self, ref: str, attempt: Attempt) -> Snapshot:
        if not ref:
            return Snapshot(Status.CREATED)
        found = self._read(ref, partial(wire.from_found, attempt=attempt))
        if not (found.returned and found.returned.minor):
            return found
        # No document says whether the charge's total includes pending or failed refunds, so the refunds are summed up.
        parse = partial(wire.from_refunds, currency=found.returned.currency)
        refunds = {"payment_intent": found.ref, "limit": str(PAGE_SIZE)}
        return replace(found, returned=self._http.read(self._url("refunds"), parse, refunds))

    def _read(self, ref: str, parse: Parse[T]) -> T:
        if ref.startswith("pi_"):
            return self._http.read(self._url("payment_intents", ref), parse, {"expand[0]": "latest_charge"})
        expand = {"expand[0]": "payment_intent.latest_charge"}
        return self._http.read(self._url("checkout", "sessions", ref), parse, expand)

    def _search(
        self, path: tuple[str, ...], filters: Mapping[str, str], pick: Callable[[Answer], T | None], start: str = ""
    ) -> T | None:
        """Search, newest first. The position is the last object's id, which does not expire as `starting_after`."""

        def read(start: str, page: str) -> Page[T]:
            after = {"starting_after": page or start} if page or start else {}
            params = {**filters, "limit": str(PAGE_SIZE), **after}
            return self._http.read(self._url(*path), partial(wire.from_page, pick=pick), params)

        return search(start, read)

    def _write(self, path: tuple[str, ...], parse: Parse[T], fields: Mapping[str, object], key: str) -> T:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return self._http.write_form(self._url(*path), parse, flat(fields), headers)
        except Rejected as refusal:
            raise _unless_unclear(refusal) from None

    def _suffix(self, amount: Money) -> str:
        if amount.currency in requests.OTHER_UNIT:
            raise Rejected(f"Stripe counts {amount.currency} in another unit than ISO 4217")
        return self._settings().check().statement_descriptor_suffix

    def _url(self, *path: str) -> str:
        return address(self._endpoint.origin, "v1", *path)


def _unless_unclear(refusal: Rejected) -> GatewayError:
    is_unclear = refusal.http_status == _UNCLEAR or wire.is_key_misused(refusal.answer)
    return refusal.as_kind(OutcomeUnknown) if is_unclear else refusal
