"""Checked whenever something happens at a gateway: no money moves there that our books did not request."""

from __future__ import annotations

from collections.abc import Callable

from dev.histories.assumed import assumed_of
from dev.histories.cloud import Cloud
from dev.histories.gateway import Call
from dev.histories.plan import DAY
from dev.histories.rows import Item
from dev.histories.theirs import ENDED
from gateway_simulators.kit.gateway import LedgerCapture

Require = Callable[[bool, str, str], None]

_VOIDED_WITHIN_MS = 2.0 * DAY
CONTRADICTIONS = ("amount", "currency", "merchant")


def review_of(payment: Item) -> str:
    """Why a person must decide about the payment; "" if none must."""
    return str(payment["review"]["M"]["kind"]["S"]) if "review" in payment else ""


class Vigil:
    def __init__(self, cloud: Cloud, require: Require) -> None:
        self._cloud, self._require = cloud, require
        self.ended: set[str] = set()  # Orders that the gateway once reported as ended without money.
        self.left: set[str] = set()  # Attempts that the system replaced by another one at the next gateway.
        self.attempts: dict[str, Item] = {}
        self._family: dict[str, tuple[str, str]] = {}  # A further capture is stored as an attempt of the same number.
        self._cancelled_at_ms: dict[str, float] = {}
        self._over_at_ms: dict[str, float] = {}
        self._seen: dict[str, int] = {}
        self._late_authorizations: set[str] = set()
        self._stuck: set[str] = set()  # Payments that wait for a person.
        self.late_success = ""  # The workspace's policy.
        self.under_way: dict[str, float] = {}  # What only the gateway can end: since when (ms).
        self.was_under_way: dict[str, float] = {}  # Until when (ms).
        self.authorized_since_ms: dict[str, float] = {}
        # The ref, and each phase and state that the dispute has had.
        self.disputes_seen: set[tuple[str, str, str]] = set()
        self.happened_at_ms = 0.0  # When something last happened at any gateway (ms).

    # What our books say.

    def note(self, payment: Item, attempts: list[Item]) -> None:
        """Note a commit: all attempts of a payment."""
        if review_of(payment) in CONTRADICTIONS:
            self._stuck.add(payment["id"]["S"])
        for attempt in attempts:
            attempt_id, name = attempt["id"]["S"], f"{payment['merchant_order_id']['S']}.{attempt['number']['N']}"
            self._family[attempt_id] = payment["id"]["S"], attempt["number"]["N"]
            is_new = attempt_id not in self.attempts
            if is_new and (first := attempt["failed_over_from"]["S"]):
                self._failed_over(first, name)
            self._intents(attempt, self.attempts.get(attempt_id), name)
            self.attempts[attempt_id] = attempt

    def is_harmless(self, our_id: str) -> bool:
        """True if nobody can pay the gateway's order, though it may be open there."""
        attempt = self.attempts.get(our_id)
        if attempt is None:
            return False
        its, is_known = assumed_of(attempt["gateway"]["S"]), bool(attempt["checkout_ref"]["S"])
        is_direct = bool(attempt["terms"]["M"]["source_token"]["S"])
        return its.takes_by_asking or (its.is_unfound and not is_known and not is_direct)

    def captured_like(self, attempt: Item) -> list[int]:
        """Captures at the gateway for this attempt, or for the one of which it is a duplicate."""
        family = self._family[attempt["id"]["S"]]
        alike = (one for one, its in self._family.items() if its == family)
        return [amount for one in alike for amount in self._cloud.theirs.captured(one)]

    def _intents(self, new: Item, old: Item | None, name: str) -> None:
        capturing, is_cancelling = int(new["capture_requested_minor"]["N"]), new["is_cancelling"]["BOOL"]
        if new["status"]["S"] in ENDED:
            self._over_at_ms.setdefault(new["id"]["S"], self._cloud.scheduler.now_ms)
        if is_cancelling:
            self._cancelled_at_ms.setdefault(new["id"]["S"], self._cloud.scheduler.now_ms)
        elif not new["is_void_decided"]["BOOL"]:  # The gateway refused the void that a merchant requested.
            self._cancelled_at_ms.pop(new["id"]["S"], None)
        self._require(not (capturing and is_cancelling), "INV-37", f"{name} is to be captured and cancelled")
        if capturing and not (old and int(old["capture_requested_minor"]["N"])):
            is_under_review = old is not None and old["status"]["S"] == "authorized"
            self._require(is_under_review, "INV-37", f"{name} is to be captured, but nothing is authorized")
        if new["status"]["S"] == "completed" and new["terms"]["M"]["capture"]["S"] == "manual":
            self._require(bool(capturing), "INV-37", f"{name} was captured without a request")

    def _failed_over(self, first: str, name: str) -> None:
        """The former order must be closed or never opened, and it must have been requested once."""
        self.left.add(first)
        attempt, order = self.attempts[first], self._cloud.theirs.order(first)
        is_closed = order is None or order.state in ENDED or self.is_harmless(first)
        self._require(is_closed, "INV-38", f"{name} is opened again; the first gateway says {order and order.state}")
        was_sent_once = attempt["sent_at"] == attempt["created_at"]
        self._require(was_sent_once, "INV-38", f"{name} is opened again; the first one was sent twice")

    # What happens at the gateway.

    def happened(self, call: Call | None) -> None:
        """Something happened, by a call of ours or by others."""
        now_ms, under_way = self._cloud.scheduler.now_ms, self._cloud.theirs.under_way()
        self.happened_at_ms = now_ms
        self.disputes_seen |= {(one.ref, one.phase, one.state) for _, one in self._cloud.theirs.disputes()}
        self.was_under_way |= dict.fromkeys(self.under_way, now_ms)
        self.under_way = {order: self.under_way.get(order, now_ms) for order in under_way}
        for gateway, app in self._cloud.theirs.apps.items():
            for order in app.model.ledger_orders():
                if order.state in ENDED:
                    self.ended.add(order.id)
                elif order.state == "authorized":
                    self.authorized_since_ms.setdefault(order.id, now_ms)
                if order.state == "authorized" and order.id in self.attempts:
                    self._authorized(order.id, gateway)
            captures = app.model.ledger_captures()
            for capture in captures[self._seen.get(gateway, 0) :]:
                self._captured(capture, call)
            self._seen[gateway] = len(captures)

    def _captured(self, capture: LedgerCapture, call: Call | None) -> None:
        attempt = self.attempts.get(capture.order)
        if attempt is None:
            return  # INV-04 reports it.
        name = f"{attempt['gateway']['S']} {attempt['number']['N']}"
        self._require(
            capture.order not in self.left, "INV-38", f"{name} was paid at a gateway that the system had left"
        )
        is_manual = attempt["terms"]["M"]["capture"]["S"] == "manual"
        if is_manual:
            wanted = int(attempt["capture_requested_minor"]["N"])
            self._require(wanted == capture.amount, "INV-37", f"{name} captured {capture.amount}, requested {wanted}")
        if call is not None and call.takes:
            # Without an intent: an invocation that already runs may not have read that somebody wants to cancel, or may
            # have received another answer to the same request.
            since_ms = call.left_ms if is_manual else call.began_ms
            was_cancelled = self._cancelled_at_ms.get(capture.order, since_ms) < since_ms
            self._require(not was_cancelled, "INV-37", f"{name} is captured although it was to be cancelled")
            was_over = self._over_at_ms.get(capture.order, since_ms) < since_ms
            is_wanted = not was_over or self.late_success == "grant"
            self._require(is_wanted, "INV-37", f"{name} is captured late, under the policy {self.late_success}")

    def _authorized(self, attempt_id: str, gateway: str) -> None:
        """Authorized money of an attempt that has ended is voided by the next checks, a day apart."""
        is_over = self.attempts[attempt_id]["status"]["S"] in ENDED
        if not is_over or not assumed_of(gateway).lets_go or attempt_id in self._late_authorizations:
            return
        self._late_authorizations.add(attempt_id)

        def check() -> None:
            order = self._cloud.theirs.order(attempt_id)
            is_stuck = self._family[attempt_id][0] in self._stuck
            is_under_review = order is not None and order.state == "authorized"
            self._require(
                is_stuck or not is_under_review,
                "INV-40",
                f"{gateway} still has money authorized for an attempt that had ended",
            )

        calm_in_ms = max(0.0, self._cloud.network.calm_at_ms - self._cloud.scheduler.now_ms)
        self._cloud.after(calm_in_ms + _VOIDED_WITHIN_MS, check)

    def must_end(self, attempt: Item, name: str, within_s: float) -> None:
        """Our books call it ended: so must the gateway, but for the clocks."""
        if assumed_of(attempt["gateway"]["S"]).unpaid_becomes != "expired":
            return

        def check() -> None:
            order = self._cloud.theirs.order(attempt["id"]["S"])
            is_over = order is None or order.state != "open" or order.id in self._cloud.theirs.under_way()
            self._require(is_over, "INV-06", f"{name} has ended in our books, but it can be paid")

        self._cloud.after(within_s * 1000, check)
