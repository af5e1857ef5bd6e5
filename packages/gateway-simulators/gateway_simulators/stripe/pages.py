"""The hosted Checkout page and the bank's 3-D Secure page."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from gateway_simulators.kit.gateway import ClosedError, GatewayRefusal
from gateway_simulators.kit.http import View
from gateway_simulators.kit.paypage import Brand, Instrument, PayPages, Sheet
from gateway_simulators.stripe.instruments import BY_NUMBER, FAIL, PASS
from gateway_simulators.stripe.model import ORDER_STATE
from gateway_simulators.stripe.records import Intent, Session
from gateway_simulators.stripe.sessions import declined

if TYPE_CHECKING:
    from gateway_simulators.kit.paypage import State
    from gateway_simulators.stripe.app import StripeApp

_BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}
WAYS = [
    Instrument(each.number, "US bank account", each.does, "bank")
    if each.is_debit
    else Instrument(each.number, _BRANDS[each.brand], each.does)
    for each in BY_NUMBER.values()
]
CHECKS = [Instrument(PASS, PASS, "The bank says yes", "check"), Instrument(FAIL, FAIL, "The bank says no", "check")]
_STATES: dict[str, State] = {"authorized": "authorized", "paid": "paid", "cancelled": "cancelled", "failed": "failed"}


def routes(app: StripeApp) -> list[tuple[str, str, View]]:
    brand = Brand("Stripe", app.model.settings.merchant_name, colour="#635bff", dark_colour="#3f3ad0")
    checkout = PayPages(app, brand, CheckoutBook(app)).routes("/c/pay")
    return [*checkout, *PayPages(app, brand, ChallengeBook(app)).routes("/3d_secure_2/hosted")]


class CheckoutBook:
    def __init__(self, app: StripeApp) -> None:
        self._model = app.model

    def sheet(self, token: str) -> Sheet | None:
        session = self._model.sessions.by_id.get(token)
        if session is None:
            return None
        return Sheet(
            session.amount,
            session.currency.upper(),
            self._state(session),
            back_url=session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id),
            away_url=session.cancel_url,
            left_seconds=session.expires_at - self._model.clock(),
            instruments=CHECKS if self._is_challenged(session) else WAYS,
            caption=session.product,
        )

    def pay_with(self, token: str, instrument: str) -> str:
        session = self._model.sessions.get(token)
        try:
            if self._is_challenged(session):
                self._model.sessions.authenticate(session, passes=instrument == PASS)
            else:
                self._model.sessions.pay(session, BY_NUMBER[instrument].token)
        except GatewayRefusal as refusal:
            return declined(refusal)
        return "Your bank wants to know that it is you." if self._is_challenged(session) else ""

    def decline(self, token: str) -> str:
        """The bank declines; the payer may try another card."""
        try:
            self._model.sessions.pay(self._model.sessions.get(token), "pm_card_visa_chargeDeclined")
        except GatewayRefusal as refusal:
            return declined(refusal)
        return ""

    def walk_away(self, token: str) -> None:
        self._model.sessions.require_open(self._model.sessions.get(token))

    def _is_challenged(self, session: Session) -> bool:
        intent = self._model.sessions.intent(session)
        return session.status == "open" and intent is not None and intent.status == "requires_action"

    def _state(self, session: Session) -> State:
        intent = self._model.sessions.intent(session)
        if session.status == "expired":
            return "cancelled" if session.is_expired_by_api else "expired"
        if session.status == "complete" and intent:
            return _STATES.get(ORDER_STATE.get(intent.status, ""), "paid")
        return "open"


class ChallengeBook:
    """The page to which a direct charge sends its payer. The browser brings the outcome back, which proves nothing."""

    def __init__(self, app: StripeApp) -> None:
        self._model = app.model

    def sheet(self, token: str) -> Sheet | None:
        intent = self._model.intents.by_id.get(token)
        if intent is None or not intent.return_url:
            return None
        return Sheet(
            intent.amount,
            intent.currency.upper(),
            self._state(intent),
            back_url=_back_url(intent),
            instruments=CHECKS,
        )

    def pay_with(self, token: str, instrument: str) -> str:
        try:
            self._model.intents.authenticate(self._model.intents.get(token), passes=instrument == PASS)
        except GatewayRefusal:
            return ""  # The merchant gets the decline and shows it to the payer.
        return ""

    def decline(self, token: str) -> str:
        return self.pay_with(token, FAIL)

    def walk_away(self, token: str) -> None:
        if self._state(self._model.intents.get(token)) != "open":
            raise ClosedError(token)

    def _state(self, intent: Intent) -> State:
        if intent.status == "requires_action":
            return "open"
        return _STATES.get(ORDER_STATE.get(intent.status, "failed"), "failed")


def _back_url(intent: Intent) -> str:
    status = {"requires_action": "pending", "succeeded": "succeeded", "requires_capture": "succeeded"}
    outcome = {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.secret,
        "redirect_status": status.get(intent.status, "failed"),
    }
    joint = "&" if "?" in intent.return_url else "?"
    return f"{intent.return_url}{joint}{urlencode(outcome)}"
