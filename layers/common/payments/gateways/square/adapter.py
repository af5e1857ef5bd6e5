"""Square's adapter: builds requests, sends them and translates answers. It makes no decisions and keeps no state."""

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
from payments.gateways.contract.payments import Charge, Checkout, CheckoutDetails
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest
from payments.gateways.facts import offers
from payments.gateways.facts import square as facts
from payments.gateways.kit.hosts import Endpoint
from payments.gateways.kit.search import Page, search
from payments.gateways.square import NAME, Settings, disputes, requests, webhook, wire
from payments.gateways.square.codes import CHANGED, NOT_NOW, UNKNOWN
from payments.gateways.transport.http import Answer, Http, Parse, T, address


class Square:
    """One Square account. See docs/gateways/square.md, What is sent."""

    name: ClassVar[str] = NAME
    minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.payment
    refund_minimum_minor: ClassVar[Mapping[str, int]] = facts.MINIMUMS.refund
    refund_window: ClassVar[timedelta] = timedelta(days=365)
    refund_may_return: ClassVar[timedelta] = timedelta(days=14)  # Assumed: no document says how long.
    has_one_refund_at_a_time: ClassVar[bool] = False
    has_refund_in_dispute: ClassVar[bool] = False
    has_partial_capture: ClassVar[bool] = True
    has_checkout_authorization: ClassVar[bool] = False  # A payment link captures at once.
    merchant_ref: str = ""

    def __init__(self, endpoint: Endpoint, http: Http, settings: Callable[[], Settings]) -> None:
        self._endpoint, self._http, self._settings = endpoint, http, settings

    def require_settings(self) -> None:
        self._settings().check()

    def create_checkout(self, attempt: Attempt, order: CheckoutDetails) -> Checkout:
        _require_offered(attempt)
        if attempt.terms.is_manual:
            raise Unsupported(
                "Square captures the money of a payment link at once: charge a token to authorize it first"
            )
        body = requests.to_link(attempt, order, self._location())
        return self._write(
            ("online-checkout", "payment-links"), partial(wire.from_link, page=self._endpoint.page), body
        )

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Fetch the link's order or the charge. See docs/gateways/square.md, States and Answers that were lost."""
        order_id, _ = wire.read_link_ref(attempt.checkout_ref)
        if order_id:
            return self._fetch_order(order_id, attempt)
        payment_id = attempt.checkout_ref or attempt.payment_ref
        if payment_id:
            return self._fetch_one(payment_id)
        # No payer has the address of a link whose create answer was lost.
        is_to_be_found = attempt.terms.is_direct and not attempt.is_absent
        return self._find_charge(attempt) if is_to_be_found else Snapshot(Status.CREATED)

    def confirm_ref(self, attempt: Attempt, ref: str) -> str:
        if not attempt.terms.is_direct:
            return ""
        try:
            found = self._read(("payments", ref), wire.from_payment, {})
        except Rejected:
            return ""
        return found.ref if found.subject_id == attempt.id else ""

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        payment_id = self._payment_id(attempt)
        parse = partial(wire.from_refund, payment_ref=payment_id)
        return self._write(("refunds",), parse, requests.to_refund(refund, payment_id))

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        """Without `refund_ref` search the refunds that the payment lists, newest first. Square allows 20."""
        parse = partial(wire.from_refund, payment_ref=attempt.payment_ref)
        if refund.refund_ref:
            return self._read(("refunds", refund.refund_ref), parse, {})
        refs = self._read(("payments", attempt.payment_ref), wire.from_refunded, {}) if attempt.payment_ref else []
        found = (self._read(("refunds", ref), parse, {}) for ref in reversed(refs))
        return next((each for each in found if each.subject_id == refund.id), Snapshot(Status.CREATED))

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent:
        settings = self._settings()
        if not webhook.is_genuine(request, settings):
            settings.require_webhook()
            raise WebhookForged(self.name)
        return webhook.from_webhook(request.body)

    def capture_payment(self, attempt: Attempt, amount: Money) -> Snapshot:
        """Lower the amount for a partial capture, then complete. A repeated call continues an interrupted one.

        See docs/gateways/square.md, What is sent.
        """
        try:
            return self._capture_once(attempt, amount, shown_is_enough=False)
        except OutcomeUnknown as unknown:
            if unknown.code != CHANGED:
                raise
            # It changed after it was read, so nothing was captured. Lowering again would only repeat the first answer.
            return self._capture_once(attempt, amount, shown_is_enough=True)

    def _capture_once(self, attempt: Attempt, amount: Money, *, shown_is_enough: bool) -> Snapshot:
        """`shown_is_enough`: do not lower the amount again if Square already shows it lowered."""
        path = ("payments", self._payment_id(attempt))
        payment, found = self._read(path, wire.from_held, {})
        if found.status is not Status.AUTHORIZED:
            return found
        try:
            if found.amount != amount or not (shown_is_enough or amount == attempt.amount):
                payment, _ = self._write(path, wire.from_held, requests.to_update(attempt, amount), "PUT")
            return self._write((*path, "complete"), wire.from_payment, requests.to_completion(payment))
        except Rejected as refusal:
            return self._unless_held(attempt, refusal)

    def cancel_payment(self, attempt: Attempt) -> Snapshot:
        _, link_id = wire.read_link_ref(attempt.checkout_ref)
        if attempt.terms.is_direct and not (attempt.checkout_ref or attempt.payment_ref):
            self._write(("payments", "cancel"), wire.from_nothing, {"idempotency_key": attempt.id})
            return self.fetch_payment(attempt)
        found = self.fetch_payment(attempt)
        if not found.status.is_open or found.status is Status.CREATED or found.is_in_progress:
            return found
        try:
            if not found.ref:
                path = ("online-checkout", "payment-links", link_id)
                self._write(path, wire.from_nothing, {}, "DELETE")
                return self.fetch_payment(attempt)
            return self._write(("payments", found.ref, "cancel"), wire.from_payment, {})
        except Rejected as refusal:
            return self._unless_held(attempt, refusal)

    def charge_token(self, attempt: Attempt, order: CheckoutDetails) -> Charge:
        _require_offered(attempt)
        try:
            return self._write(("payments",), wire.from_charge, requests.to_charge(attempt, order, self._location()))
        except Rejected as refusal:
            if not wire.is_decline(refusal.answer):
                raise
            return wire.from_decline(refusal.answer)

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        return self._read(("disputes", ref), disputes.from_dispute, {})

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Read every page, because Square's list has no filter by time. A page without disputes may not be the last."""
        parse = partial(disputes.from_list, since=since, until=until)
        return self._read(("disputes",), parse, disputes.to_list(self._location(), cursor))

    def accept_dispute(self, ref: str) -> DisputeSnapshot:
        try:
            return self._write(("disputes", ref, "accept"), disputes.from_dispute, {})
        except Rejected as refusal:
            found = self.fetch_dispute(ref)
            if not (found.status and found.status.is_ended):
                raise refusal from None
            return found  # It had ended before.

    def _fetch_order(self, order_id: str, attempt: Attempt) -> Snapshot:
        order, payment_ids = self._read(("orders", order_id), wire.from_order, {})
        found = [self._fetch_one(each) for each in payment_ids]
        return wire.from_link_order(order, found, attempt.payment_ref)

    def _fetch_one(self, payment_id: str) -> Snapshot:
        payment, found = self._read(("payments", payment_id), wire.from_held, {})
        if found.status is not Status.COMPLETED or found.amount is None:
            return found
        # No document says whether `refunded_money` includes pending or failed refunds, so each refund is fetched.
        refs = wire.refunds_of(payment)
        gone = [self._read(("refunds", ref), wire.from_any_refund, {}) for ref in refs]
        known = [minor for minor in gone if minor is not None]
        return replace(found, returned=Money(sum(known), found.amount.currency) if len(known) == len(gone) else None)

    def _find_charge(self, attempt: Attempt) -> Snapshot:
        """Search for a direct charge whose create answer was lost, oldest first.

        Square's cursors expire after minutes, so the position is the time of the last payment that was read.
        """
        parse = partial(wire.from_payments, attempt_id=attempt.id)

        def read(start: str, page: str) -> Page[Snapshot]:
            window = requests.to_payments_window(attempt, self._location(), start)
            return self._read(("payments",), parse, {**window, "cursor": page} if page else window)

        found = search(attempt.search_position, read)
        return replace(found, found_ref=found.ref) if found else Snapshot(Status.CREATED)

    def _payment_id(self, attempt: Attempt) -> str:
        """Return the payment's id. Raises Rejected if the attempt has no payment."""
        payment_id = attempt.payment_ref or self.fetch_payment(attempt).ref
        if not payment_id:
            raise Rejected("Square has no payment for this attempt")
        return payment_id

    def _location(self) -> str:
        return self._settings().check().location_id

    def _unless_held(self, attempt: Attempt, refusal: Rejected) -> Snapshot:
        """Return the status if the payment was captured or ended meanwhile; else raise the refusal."""
        found = self.fetch_payment(attempt)
        if found.status in (Status.CREATED, Status.PENDING, Status.AUTHORIZED):
            raise refusal
        return found

    def _read(self, path: tuple[str, ...], parse: Parse[T], params: Mapping[str, str]) -> T:
        try:
            return self._http.read(self._url(*path), parse, params)
        except Rejected as refusal:
            raise _unless_definite(refusal, Unavailable) from None

    def _write(self, path: tuple[str, ...], parse: Parse[T], body: Answer, how: str = "POST") -> T:
        try:
            return self._http.write(self._url(*path), parse, body, how=how)
        except Rejected as refusal:
            raise _unless_definite(refusal, OutcomeUnknown) from None

    def _url(self, *path: str) -> str:
        return address(self._endpoint.origin, "v2", *path)


def _require_offered(attempt: Attempt) -> None:
    if not offers(facts.ROWS, attempt.terms.method_type) or attempt.terms.installments:
        raise Unsupported("Square takes cards and wallets here, and no instalments")


def _unless_definite(refusal: Rejected, unknown: type[GatewayError]) -> GatewayError:
    """Return another class of error if the 4xx code means "try later" or "may have been done"."""
    if refusal.code not in UNKNOWN | NOT_NOW:
        return refusal
    return refusal.as_kind(Unavailable if refusal.code in NOT_NOW else unknown)
