"""Checkout Sessions: Stripe's hosted page, paid at most once."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, GatewayRefusal, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.stripe.errors import invalid, malformed, missing_parameter, no_such
from gateway_simulators.stripe.events import Events
from gateway_simulators.stripe.ids import Ids
from gateway_simulators.stripe.intents import Intents, checked_amount, checked_currency
from gateway_simulators.stripe.methods import Methods
from gateway_simulators.stripe.records import Intent, Session
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.views import session_view


class Sessions:
    def __init__(
        self, timers: Timers, ids: Ids, settings: Settings, events: Events, intents: Intents, methods: Methods,
        faults: Faults,
    ) -> None:  # fmt: skip
        self._timers, self._ids, self._settings, self._events = timers, ids, settings, events
        self._intents, self._methods, self._faults = intents, methods, faults
        self.by_id: dict[str, Session] = {}
        intents.on_debit_end = self._end_debit

    # Calls of the merchant's server.

    def create(self, given: dict[str, Any]) -> Session:
        if given["mode"] != "payment":
            raise malformed("This simulator knows sessions of mode payment only.", "", "mode")
        amount, currency, product = _total(given["line_items"])
        now = self._timers.now()
        if self._faults.take("pay", "wrong_amount"):
            amount = wrong(amount)
        session = Session(
            id=self._ids.new("cs_test", 58),
            amount=amount,
            currency=currency,
            created=now,
            expires_at=self._checked_expiry(given.get("expires_at"), now),
            success_url=given["success_url"],
            cancel_url=given.get("cancel_url", ""),
            reference=given.get("client_reference_id", ""),
            metadata=given.get("metadata", {}),
            intent_data=given.get("payment_intent_data", {}),
            customer=given.get("customer", ""),
            customer_email=given.get("customer_email", ""),
            product=product,
        )
        self.by_id[session.id] = session
        self._timers.at(session.expires_at, lambda: self._run_out(session))
        return session

    def get(self, session_id: str) -> Session:
        if session_id not in self.by_id:
            raise no_such("checkout.session", session_id, "session")
        return self.by_id[session_id]

    def update(self, session: Session, given: dict[str, Any]) -> None:
        session.metadata = {k: v for k, v in (session.metadata | given.get("metadata", {})).items() if v}

    def expire(self, session: Session) -> None:
        if session.status != "open":
            message = (
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            )
            raise invalid(f"{message}of `{session.status}`.")
        session.is_expired_by_api = True
        self._expire(session)

    def intent(self, session: Session) -> Intent | None:
        return self._intents.by_id.get(session.intent)

    def view(self, session: Session) -> dict[str, Any]:
        return session_view(session, self.intent(session), self._intents.origin)

    # Acts of the payer.

    def pay(self, session: Session, token: str) -> None:
        """Pay. Raises the 402 of a decline, after which the session stays open; also open while a challenge is
        unanswered.
        """
        if self._is_paid_after_the_end(session):
            return self._complete_late(session)
        self.require_open(session)
        if self._faults.take("pay", "late_success"):
            # The payer is debited in time, but Stripe reports it only after the expiry.
            session.has_late_success = True
            return None
        intent = self._opened(session)
        self._intents.attempt(intent, self._methods.of_card(token).id)
        return self.settle(session)

    def authenticate(self, session: Session, *, passes: bool) -> None:
        intent = self.intent(session)
        if intent is None:
            raise ClosedError(f"{session.id} asks nothing")
        self._intents.authenticate(intent, passes=passes)
        self.settle(session)

    def settle(self, session: Session) -> None:
        intent = self.intent(session)
        if session.status == "open" and intent and intent.status in ("succeeded", "requires_capture", "processing"):
            session.status = "complete"
            self._tell("completed", session)

    def wait(self, session: Session) -> None:
        """Pay by a bank debit that a control ends later: the session is complete, and the payment is unpaid."""
        self.require_open(session)
        self._intents.wait(self._opened(session))
        self.settle(session)

    def require_open(self, session: Session) -> None:
        if session.status != "open":
            raise ClosedError(f"session {session.id} is {session.status}")

    # What an act changes.

    def _opened(self, session: Session) -> Intent:
        if intent := self.intent(session):
            return intent
        intent = self._intents.add(session.amount, session.currency, session.intent_data)
        intent.session, intent.customer, session.intent = session.id, session.customer, intent.id
        self._intents.tell("created", intent)
        return intent

    def _end_debit(self, intent: Intent) -> None:
        """The bank has answered the debit; the session stays complete."""
        if session := self.by_id.get(intent.session):
            self._tell(f"async_payment_{'succeeded' if intent.status == 'succeeded' else 'failed'}", session)

    def _run_out(self, session: Session) -> None:
        if session.status == "open":
            self._expire(session)

    def _expire(self, session: Session) -> None:
        if not session.has_late_success and self._faults.take("pay", "late_success"):
            session.has_late_success = True
        session.status = "expired"
        if not session.has_late_success and (intent := self.intent(session)):
            self._intents.expire_with_session(intent)
        self._tell("expired", session)
        if session.has_late_success:
            self._timers.after(self._settings.late_success_seconds, lambda: self._complete_late(session))

    def _is_paid_after_the_end(self, session: Session) -> bool:
        return session.status == "expired" and bool(self._faults.take("pay", "late_success"))

    def _complete_late(self, session: Session) -> None:
        if session.status != "expired":
            return
        session.intent = ""
        self._intents.attempt(self._opened(session), self._methods.of_card("pm_card_visa").id)
        session.status = "complete"
        self._tell("completed", session)

    def _checked_expiry(self, expires_at: int | None, now: float) -> float:
        least, most = now + self._settings.session_least_seconds, now + self._settings.session_life_seconds
        if expires_at is None:
            return most
        if expires_at < int(least):
            raise invalid("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
        if expires_at > most:
            raise invalid("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")
        return float(expires_at)

    def _tell(self, what: str, session: Session) -> None:
        self._events.tell("pay", f"checkout.session.{what}", about(session), self.view(session))


def about(session: Session) -> str:
    """The merchant's id of the session."""
    return session.reference or session.metadata.get("attempt_id") or session.id


def declined(refusal: GatewayRefusal) -> str:
    """The page's text about a decline."""
    return str(refusal.body["error"]["message"])


def _total(items: list[dict[str, Any]]) -> tuple[int, str, str]:
    amount, currency, product = 0, "", ""
    for at, item in enumerate(items):
        price = item.get("price_data")
        if price is None:
            raise missing_parameter(f"line_items[{at}][price_data]")
        currency = checked_currency(price["currency"])
        amount += price["unit_amount"] * item.get("quantity", 1)
        product = product or price["product_data"]["name"]
    checked_amount(amount, currency, "line_items")
    return amount, currency, product
