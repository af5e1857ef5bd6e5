"""PaymentIntents and their charges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.gateway import ClosedError, GatewayRefusal
from gateway_simulators.kit.timers import Timers
from gateway_simulators.stripe.errors import invalid, invalid_integer, malformed, no_such, unexpected_state
from gateway_simulators.stripe.events import Events
from gateway_simulators.stripe.ids import Ids
from gateway_simulators.stripe.instruments import BY_TOKEN, Instrument, error_of, error_of_debit, is_challenged
from gateway_simulators.stripe.methods import Methods
from gateway_simulators.stripe.records import OPEN_STATES, Charge, Intent
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.views import charge_view, intent_view, method_view

AMOUNT_MAX = 99_999_999
MINIMUM = {  # In the smallest unit of each currency.
    "aed": 200, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "idr": 50, "ils": 50, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "php": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300, "sgd": 50,
    "thb": 1000, "usd": 50, "zar": 50,
}  # fmt: skip
UNDER_WAY = "pm_usBankAccount_processing"
NO_MANUAL_DEBIT = "The payment method us_bank_account cannot be authorized first: capture_method must be automatic."
CANCELABLE = (
    "requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, requires_action, "
    "expired, processing"
)
NO_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want "
    "to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def checked_amount(amount: int, currency: str, param: str = "amount") -> None:
    if amount == 0:
        raise invalid_integer(param, "0")
    if amount > AMOUNT_MAX:
        raise malformed(f"Amount must be no more than {currency} 999,999.99", "amount_too_large", param)
    if amount < MINIMUM.get(currency, 1):
        message = f"Amount must be at least {MINIMUM[currency]} of {currency}'s smallest unit."
        raise malformed(message, "amount_too_small", param)


def checked_currency(currency: str) -> str:
    lower = currency.lower()
    if len(lower) != 3 or not lower.isalpha():
        raise malformed(f"Invalid currency: {currency}.", "", "currency")
    return lower


class Intents:
    def __init__(self, timers: Timers, ids: Ids, settings: Settings, events: Events, methods: Methods) -> None:
        self._timers, self._ids, self._settings = timers, ids, settings
        self._events, self._methods = events, methods
        self.by_id: dict[str, Intent] = {}
        self.charges: dict[str, Charge] = {}
        self.captured: list[Charge] = []  # In the order of their captures.
        self.origin = ""
        self.refunded: Callable[[str], int] = lambda charge_id: 0
        self.on_captured: Callable[[Intent, Charge, Instrument], None] = lambda intent, charge, instrument: None
        self.on_debit_end: Callable[[Intent], None] = lambda intent: None

    def create(self, given: dict[str, Any]) -> Intent:
        currency = checked_currency(given["currency"])
        checked_amount(given["amount"], currency)
        _check_confirming(given)
        token, automatic = given.get("payment_method"), given.get("automatic_payment_methods")
        method = self._methods.usable(token, given.get("customer", "")) if token else None
        intent = self.add(given["amount"], currency, given)
        intent.automatic_methods = automatic or {"allow_redirects": "always", "enabled": True}
        if method:
            intent.payment_method, intent.status = method.id, "requires_confirmation"
        self.tell("created", intent)
        if given.get("confirm"):
            self.confirm(intent, {name: value for name, value in given.items() if name != "payment_method"})
        return intent

    def add(self, amount: int, currency: str, given: dict[str, Any]) -> Intent:
        intent_id = self._ids.new("pi")
        intent = Intent(intent_id, amount, currency, self._timers.now(), f"{intent_id}_secret_{self._ids.random(25)}")
        intent.capture_method = given.get("capture_method", "automatic_async")
        intent.metadata = given.get("metadata", {})
        intent.customer = given.get("customer", "")
        intent.description = given.get("description", "")
        intent.suffix = given.get("statement_descriptor_suffix", "")
        intent.setup_future_usage = given.get("setup_future_usage", "")
        self.by_id[intent_id] = intent
        return intent

    def get(self, intent_id: str) -> Intent:
        if intent_id not in self.by_id:
            raise no_such("payment_intent", intent_id, "intent")
        return self.by_id[intent_id]

    def name_of(self, intent_id: str) -> str:
        return about(self.by_id[intent_id])

    def update(self, intent: Intent, given: dict[str, Any]) -> None:
        if "amount" in given and intent.status not in OPEN_STATES[:3]:
            raise self._wrong_state(intent, "updated", "requires_payment_method, requires_confirmation")
        if "amount" in given:
            checked_amount(given["amount"], intent.currency)
            intent.amount = given["amount"]
        intent.metadata = {k: v for k, v in (intent.metadata | given.get("metadata", {})).items() if v}
        intent.description = given.get("description", intent.description)

    def confirm(self, intent: Intent, given: dict[str, Any]) -> None:
        if intent.status not in ("requires_payment_method", "requires_confirmation", "requires_action"):
            raise self._wrong_state(intent, "confirmed", "requires_payment_method, requires_confirmation")
        if token := given.get("payment_method"):
            intent.payment_method = self._methods.usable(token, intent.customer).id
        if not intent.payment_method:
            message = "You cannot confirm this PaymentIntent because it's missing a payment method."
            raise unexpected_state(message, self.view(intent))
        redirects = (intent.automatic_methods or {}).get("allow_redirects", "always")
        intent.return_url = given.get("return_url", intent.return_url)
        if not (intent.return_url or given.get("off_session") or redirects == "never"):
            raise malformed(NO_RETURN_URL)
        self.attempt(intent, intent.payment_method, is_off_session=bool(given.get("off_session")))

    def attempt(self, intent: Intent, method_id: str, *, is_off_session: bool = False) -> None:
        """One try with one payment method. Raises the 402 of a decline."""
        method = self._methods.by_id[method_id]
        instrument = BY_TOKEN[method.instrument]
        intent.payment_method, intent.last_error = method_id, None
        if instrument.is_debit:
            return self._debit(intent, instrument)
        is_set_up = self._methods.is_set_up(method)
        if not is_challenged(instrument, is_off_session=is_off_session, is_set_up=is_set_up):
            return self._charge(intent, instrument, instrument.decline)
        if is_off_session:
            return self._decline(intent, "authentication_required/authentication_required", charge=None)
        intent.status, intent.challenged_method = "requires_action", method_id
        return self.tell("requires_action", intent)

    def authenticate(self, intent: Intent, *, passes: bool) -> None:
        """The payer answers the challenge. Raises the 402 of a decline."""
        if intent.status != "requires_action":
            raise ClosedError(f"{intent.id} is {intent.status}")
        instrument = self.instrument(intent.challenged_method)
        if not passes:
            return self._decline(intent, "payment_intent_authentication_failure", charge=None)
        return self._charge(intent, instrument, instrument.after_challenge)

    def capture(self, intent: Intent, given: dict[str, Any]) -> None:
        if intent.status != "requires_capture":
            raise self._wrong_state(intent, "captured", "requires_capture")
        amount = given.get("amount_to_capture", intent.amount)
        if amount == 0:
            raise invalid_integer("amount", "0")
        if amount > intent.amount:
            message = "The amount_to_capture is greater than the amount that can be captured."
            raise invalid(message, "amount_too_large", "amount_to_capture")
        intent.metadata |= given.get("metadata", {})
        self._take(intent, self.charges[intent.latest_charge], amount)
        self._tell_charge("captured", intent)
        self.tell("succeeded", intent)

    def cancel(self, intent: Intent, reason: str = "") -> None:
        if intent.is_done or (intent.session and intent.status != "requires_capture"):
            raise self._wrong_state(intent, "canceled", CANCELABLE)
        self._end(intent, reason)

    def expire_with_session(self, intent: Intent) -> None:
        if not intent.is_done:
            self._end(intent, "automatic")

    def wait(self, intent: Intent) -> None:
        """Pay by a debit that the bank does not answer by itself."""
        method = self._methods.of_card(UNDER_WAY)
        try:
            self.attempt(intent, method.id)
        except GatewayRefusal as refusal:
            raise ClosedError(str(refusal)) from refusal

    def end_debit(self, intent: Intent, failure: str = "") -> None:
        """The bank answers a debit, days later. After a failure the intent may be tried again."""
        if intent.status != "processing":
            raise ClosedError(f"{intent.id} is {intent.status}")
        charge = self.charges[intent.latest_charge]
        if failure:
            self._fail(intent, error_of_debit(failure), charge)
        else:
            charge.status = "succeeded"
            self._succeed(intent, charge)
        self.on_debit_end(intent)

    def view(self, intent: Intent) -> dict[str, Any]:
        return intent_view(intent, self.origin)

    def charge_view(self, charge: Charge) -> dict[str, Any]:
        return charge_view(charge, self.instrument(charge.method), self.refunded(charge.id))

    def instrument(self, method_id: str) -> Instrument:
        return BY_TOKEN[self._methods.by_id[method_id].instrument]

    def tell(self, what: str, intent: Intent) -> None:
        self._events.tell("pay", f"payment_intent.{what}", about(intent), self.view(intent))

    def _charge(self, intent: Intent, instrument: Instrument, decline: str) -> None:
        charge = self._new_charge(intent)
        if decline:
            return self._decline(intent, decline, charge)
        self._methods.used(intent.payment_method, intent.customer, intent.setup_future_usage)
        intent.challenged_method = ""
        if intent.capture_method == "manual":
            return self._authorize(intent, charge)
        return self._succeed(intent, charge)

    def _debit(self, intent: Intent, instrument: Instrument) -> None:
        if intent.capture_method == "manual" or intent.currency != "usd":
            raise invalid(NO_MANUAL_DEBIT, "payment_intent_invalid_parameter", "payment_method")
        charge = self._new_charge(intent)
        charge.status, intent.status = "pending", "processing"
        self._methods.used(intent.payment_method, intent.customer, intent.setup_future_usage)
        self._tell_charge("pending", intent)
        self.tell("processing", intent)
        if not instrument.is_endless:
            self._timers.after(self._settings.debit_seconds, lambda: self._end_if_under_way(intent, charge, instrument))

    def _end_if_under_way(self, intent: Intent, charge: Charge, instrument: Instrument) -> None:
        if intent.status == "processing" and intent.latest_charge == charge.id:
            self.end_debit(intent, instrument.decline)

    def _new_charge(self, intent: Intent) -> Charge:
        charge = Charge(
            self._ids.new("ch"), intent.id, intent.amount, intent.currency, self._timers.now(), intent.payment_method,
            dict(intent.metadata), suffix=intent.suffix,
        )  # fmt: skip
        self.charges[charge.id] = charge
        intent.latest_charge = charge.id
        return charge

    def _succeed(self, intent: Intent, charge: Charge) -> None:
        self._take(intent, charge, intent.amount)
        self._tell_charge("succeeded", intent)
        self.tell("succeeded", intent)
        self.on_captured(intent, charge, self.instrument(charge.method))

    def _take(self, intent: Intent, charge: Charge, amount: int) -> None:
        charge.is_captured, charge.amount_captured = True, amount
        intent.status, intent.amount_received = "succeeded", amount
        self.captured.append(charge)

    def _authorize(self, intent: Intent, charge: Charge) -> None:
        charge.is_captured, charge.capture_before = False, self._timers.now() + self._settings.authorization_seconds
        intent.status = "requires_capture"
        self._timers.at(charge.capture_before, lambda: self._let_run_out(intent))
        self._tell_charge("succeeded", intent)
        self.tell("amount_capturable_updated", intent)

    def _let_run_out(self, intent: Intent) -> None:
        if intent.status == "requires_capture":
            self._tell_charge("expired", intent)
            self._end(intent, "expired")

    def _end(self, intent: Intent, reason: str) -> None:
        intent.status, intent.cancellation_reason, intent.canceled_at = "canceled", reason, self._timers.now()
        self.tell("canceled", intent)

    def _decline(self, intent: Intent, decline: str, charge: Charge | None) -> None:
        self._fail(intent, error_of(decline), charge)
        raise GatewayRefusal(402, {"error": (intent.last_error or {}) | {"payment_intent": self.view(intent)}})

    def _fail(self, intent: Intent, error: dict[str, Any], charge: Charge | None) -> None:
        error = error | ({"charge": charge.id} if charge else {})
        intent.last_error = error | {"payment_method": method_view(self._methods.by_id[intent.payment_method])}
        intent.status, intent.payment_method, intent.challenged_method = "requires_payment_method", "", ""
        if charge:
            charge.status, charge.is_captured, charge.error = "failed", False, error
            self._tell_charge("failed", intent)
        self.tell("payment_failed", intent)

    def _tell_charge(self, what: str, intent: Intent) -> None:
        view = self.charge_view(self.charges[intent.latest_charge])
        self._events.tell("pay", f"charge.{what}", about(intent), view)

    def _wrong_state(self, intent: Intent, done: str, allowed: str) -> GatewayRefusal:
        message = (
            f"This PaymentIntent could not be {done} because it has a status of {intent.status}. "
            f"Only a PaymentIntent with one of the following statuses may be {done}: {allowed}."
        )
        return unexpected_state(message, self.view(intent))


def about(intent: Intent) -> str:
    """The merchant's id of the intent."""
    return intent.metadata.get("attempt_id") or intent.id


def _check_confirming(given: dict[str, Any]) -> None:
    only = [name for name in ("off_session", "return_url", "error_on_requires_action") if name in given]
    if only and not given.get("confirm"):
        raise malformed(f"`{only[0]}` can only be used when `confirm` is true.", "", only[0])
