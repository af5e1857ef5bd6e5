"""Refunds: that of a card succeeds at once, and may still fail days later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.stripe.errors import invalid, invalid_integer, malformed, no_such
from gateway_simulators.stripe.events import EventData, Events
from gateway_simulators.stripe.ids import Ids
from gateway_simulators.stripe.intents import Intents
from gateway_simulators.stripe.records import Charge, Refund
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.views import refund_view


class Refunds:
    def __init__(
        self, timers: Timers, ids: Ids, settings: Settings, events: Events, intents: Intents, faults: Faults
    ) -> None:
        self._timers, self._ids, self._settings = timers, ids, settings
        self._events, self._intents, self._faults = events, intents, faults
        self.by_id: dict[str, Refund] = {}
        self.is_blocked: Callable[[str], bool] = lambda charge_id: False
        self.on_refund: Callable[[Charge], None] = lambda charge: None
        intents.refunded = self.refunded

    def create(self, given: dict[str, Any], made_by: str = "api") -> Refund:
        charge = self._charge(given)
        amount = self._checked_amount(given, charge)
        if self._faults.take("refund", "wrong_amount"):
            amount = wrong(amount)
        turn = self._intents.instrument(charge.method).refund
        is_short = self._faults.take("refund", "low_balance") is not None
        is_pending = turn == "pending" or is_short or self._settings.refund_seconds > 0
        refund = Refund(
            self._ids.new("re"), charge.intent, charge.id, amount, charge.currency, self._timers.now(),
            "pending" if is_pending else "succeeded", given.get("reason", ""), given.get("metadata", {}),
            pending_reason=("insufficient_funds" if is_short else "processing") if is_pending else "",
            has_succeeded=not is_pending, made_by=made_by,
        )  # fmt: skip
        self.by_id[refund.id] = refund
        charged: EventData = (
            "charge.refunded",
            self._intents.name_of(charge.intent),
            self._intents.charge_view(charge),
            {},
        )
        self._events.tell_all("refund", _event("created", refund), charged)
        self._go_on(refund, turn)
        self.on_refund(charge)
        return refund

    def get(self, refund_id: str) -> Refund:
        if refund_id not in self.by_id:
            raise no_such("refund", refund_id, "id")
        return self.by_id[refund_id]

    def update(self, refund: Refund, given: dict[str, Any]) -> None:
        refund.metadata = {k: v for k, v in (refund.metadata | given.get("metadata", {})).items() if v}
        self._tell("updated", refund)

    def cancel(self, refund: Refund) -> None:
        if refund.status != "requires_action":
            raise invalid(f"Refund {refund.id} cannot be canceled because it is {refund.status}.")
        refund.status = "canceled"
        self._tell("updated", refund)

    def succeed(self, refund: Refund) -> None:
        if refund.status != "pending":
            raise ClosedError(f"refund {refund.id} is {refund.status}")
        refund.status, refund.pending_reason, refund.has_succeeded = "succeeded", "", True
        self._tell("updated", refund, "pending")

    def fail(self, refund: Refund, before: str) -> None:
        """The refund fails. `before` is its status until then: pending, or succeeded for one whose money comes back."""
        if refund.status != before:
            raise ClosedError(f"refund {refund.id} is {refund.status}")
        refund.status, refund.failure_reason, refund.pending_reason = "failed", "expired_or_canceled_card", ""
        self._events.tell_all("refund", _event("failed", refund), _event("updated", refund, before))

    def refunded(self, charge_id: str) -> int:
        return sum(r.amount for r in self.by_id.values() if r.charge == charge_id and r.is_money_back)

    def _go_on(self, refund: Refund, turn: str) -> None:
        if turn == "fails":
            self._timers.after(self._settings.refund_fails_seconds, lambda: self._if_open(refund, fails=True))
        elif refund.status == "pending":
            seconds = self._settings.refund_turns_seconds if turn else self._settings.refund_seconds
            self._timers.after(seconds, lambda: self._if_open(refund, fails=False))

    def _if_open(self, refund: Refund, *, fails: bool) -> None:
        if fails and refund.is_money_back:
            self.fail(refund, refund.status)
        elif not fails and refund.status == "pending":
            self.succeed(refund)

    def _charge(self, given: dict[str, Any]) -> Charge:
        if ("payment_intent" in given) == ("charge" in given):
            raise malformed(
                "One of the following params should be provided for this request: payment_intent or charge."
            )
        charge_id = given.get("charge", "")
        if intent_id := given.get("payment_intent"):
            intent = self._intents.get(intent_id)
            charge_id = intent.latest_charge if intent.status == "succeeded" else ""
        charge = self._intents.charges.get(charge_id)
        if charge is None or not charge.amount_captured:
            message = f"This PaymentIntent ({given.get('payment_intent')}) does not have a successful charge to refund."
            raise invalid(message) if "payment_intent" in given else no_such("charge", charge_id, "charge", 400)
        if self.is_blocked(charge.id):
            raise invalid(f"Charge {charge.id} has been charged back; cannot issue a refund.", "charge_disputed")
        return charge

    def _checked_amount(self, given: dict[str, Any], charge: Charge) -> int:
        left = charge.amount_captured - self.refunded(charge.id)
        if left == 0:
            raise invalid(f"Charge {charge.id} has already been refunded.", "charge_already_refunded")
        amount: int = given.get("amount", left)
        if amount == 0:
            raise invalid_integer("amount", "0")
        if amount > left:
            message = (
                f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge (${left / 100:.2f})"
            )
            raise invalid(message, "", "amount")
        return amount

    def _tell(self, what: str, refund: Refund, status_before: str = "") -> None:
        self._events.tell_all("refund", _event(what, refund, status_before))


def _event(what: str, refund: Refund, status_before: str = "") -> EventData:
    name = refund.metadata.get("refund_id") or refund.id
    return f"refund.{what}", name, refund_view(refund), {"status": status_before} if status_before else {}
