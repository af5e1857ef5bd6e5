"""One order of the demo: printed as it happens, checked at its end."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from dev.local.console import Console
from dev.local.demo_client import Json, Refused, Stack, WentWrong
from dev.local.timeline import table
from gateway_simulators.kit.screens import money_text

EVENTS_S = 180  # The webhook comes at once; otherwise the first poll after 22 s, or the sweep.

_OPEN = ("created", "pending", "authorized")
_EXPIRY_S = 3600  # The longest: at high SPEED payers are too slow for a short one.
_CHECK_EVERY_SECONDS = 1.0
_TELL_EVERY_SECONDS = 15.0
_PATIENCE_SECONDS = 60.0  # Real seconds: workers and moto take their time, whatever SPEED is.
_GRACE_S = 300  # After the expiry the gateway may need two minutes to decide.


@dataclass(frozen=True)
class Shop:
    """Where a story happens: the stack, the workspace and the gateway."""

    workspace: str
    currency: str
    gateway: str


@dataclass
class Story:
    letter: str
    title: str
    shop: Shop
    play: Callable[["Story"], None]
    stack: Stack
    console: Console
    payment: Json = field(default_factory=dict)
    wrong: str = ""

    def run(self) -> None:
        try:
            self.play(self)
        except (WentWrong, httpx.HTTPError, ValueError) as fault:
            self.wrong = str(fault) or type(fault).__name__
        if self.stack.stopped.is_set():
            return
        self.say(f"NOT OK: {self.wrong}" if self.wrong else "all as it must be")
        if self.payment:
            self._tell_timeline()

    def say(self, text: str) -> None:
        self.console.say(f"{time.strftime('%H:%M:%S')}  ({self.letter}) {text}")

    def order(self, amount: int, **more: object) -> None:
        order_id, currency = f"DEMO-{self.letter}-{secrets.token_hex(5)}", self.shop.currency
        body: Json = {
            "merchant_order_id": order_id,
            "amount": amount,
            "currency": currency,
            "gateway": self.shop.gateway,
        }
        body |= {"return_url": f"{self.stack.url}/", "expires_in_s": _EXPIRY_S}
        self.payment = self.post("/v1/payments", body | more)
        self.say(f"{order_id} for {self.money(amount)} at {self.shop.gateway}: {self.payment['payment_id']} is open")

    def payer(self, act: str) -> None:
        with self.stack.payers:
            self.stack.play(self.shop.gateway, self.attempt_id, act)
        self.say(f"the payer: {act}")

    @property
    def attempt_id(self) -> str:
        return str(self.payment["attempts"][-1]["attempt_id"])

    @property
    def path(self) -> str:
        return f"/v1/payments/{self.payment['payment_id']}"

    def get(self, path: str) -> Json:
        return self.stack.get(self.shop.workspace, path)

    def post(self, path: str, body: Json) -> Json:
        return self.stack.post(self.shop.workspace, path, body)

    def second(self, path: str, body: Json) -> Json:
        """A request by another member than the owner."""
        return self.stack.post(self.shop.workspace, path, body, "finance")

    def control(self, path: str, body: Json) -> Json:
        return self.stack.control(self.shop.gateway, path, body)

    def ledger(self) -> Json:
        return self.stack.ledger(self.shop.gateway)

    def until_ended(self, status: str, within_s: float = EVENTS_S) -> None:
        self.payment = self._await(
            self.path, lambda payment: payment["status"] not in _OPEN or payment["review"], within_s
        )
        self.expect("review", self.payment["review"], None)
        self.expect("status", self.payment["status"], status)
        self.say(f"the payment is {status}")

    def days_pass(self, days: int) -> None:
        self.say(f"{days} days pass at once")
        self.stack.advance(days)
        self.payment = self.get(self.path)
        self.say(f"the payment is {self.payment['status']}")

    def until_under_review(self, kind: str) -> Json:
        """Wait until the payment is under review; returns its open case."""
        self.payment = self._await(self.path, lambda payment: payment["review"], EVENTS_S)
        return self.case(kind)

    def case(self, kind: str) -> Json:
        cases: list[Json] = self.get("/v1/cases?limit=200")["data"]
        mine = [case for case in cases if case["payment_id"] == self.payment["payment_id"]]
        self.expect("open cases", [case["kind"] for case in mine], [kind])
        self.say(f"case {kind}: {mine[0]['note']}")
        return mine[0]

    def decide(self, case: Json, outcome: str, note: str) -> Json:
        decided = self.post(f"/v1/cases/{case['case_id']}/decision", {"outcome": outcome, "note": note})
        self.say(f"the owner decides: {outcome}" if decided["approval"] is None else f"the owner asks for: {outcome}")
        return decided

    def approve(self, approval: Json) -> None:
        self.second(f"/v1/approvals/{approval['approval_id']}/approve", {})
        self.say("a second person, of finance, agrees")

    def dispute(self) -> str:
        """Open a dispute; returns the gateway's id of it, once the API shows it."""
        body = {"order": self.attempt_id, "amount": self.payment["amount_captured"], "phase": "chargeback"}
        ref = str(self.control("/disputes", body)["dispute"])
        self.say(f"the payer disputes {self.money(self.payment['amount_captured'])} at his bank: {ref}")
        self.until_dispute("open")
        return ref

    def until_dispute(self, status: str) -> None:
        def last() -> Json:
            found: list[Json] = self.get(f"{self.path}/disputes")["data"]
            return found[-1] if found else {"status": "unknown"}

        self._until(last, lambda seen: seen["status"] == status, "the dispute", EVENTS_S)
        self.say(f"the dispute is {status}")

    def until_authorized(self) -> None:
        self.payment = self._await(self.path, lambda payment: payment["amount_capturable"], EVENTS_S)
        self.expect("status", self.payment["status"], "authorized")
        self.say(f"{self.money(self.payment['amount_capturable'])} is authorized")

    def capture(self, amount: int) -> None:
        self.payment = self.post(f"{self.path}/capture", {"amount": amount})
        self.say(f"the shop captures {self.money(amount)} of it")

    def _await(self, path: str, is_over: Callable[[Json], object], within_s: float) -> Json:
        return self._until(lambda: self.get(path), is_over, path, within_s)

    def _until(self, check: Callable[[], Json], is_over: Callable[[Json], object], what: str, within_s: float) -> Json:
        until, shown_at = self.stack.now() + within_s, time.monotonic()
        give_up_at = time.monotonic() + (within_s + _GRACE_S) / self.stack.speed + _PATIENCE_SECONDS
        while not is_over(seen := check()):
            if time.monotonic() > give_up_at:
                raise WentWrong(f"{what} is still {seen['status']}")
            if time.monotonic() - shown_at >= _TELL_EVERY_SECONDS:
                shown_at = time.monotonic()
                self.say(f"still {seen['status']}; {self._left(until - self.stack.now())}")
            self.stack.pause(_CHECK_EVERY_SECONDS)
        return seen

    def _left(self, seconds: float) -> str:
        return f"at most {self.span(seconds)} more" if seconds > 0 else "any moment now"

    def span(self, seconds: float) -> str:
        speed = self.stack.speed
        return f"{seconds:.0f} s" if speed == 1 else f"{seconds:.0f} s ({seconds / speed:.0f} s on your watch)"

    def money(self, minor: int) -> str:
        return money_text(minor, self.shop.currency)

    def refund(self, amount: int) -> str:
        """Refund; returns the refund's id once it has completed."""
        requested = self.post(f"{self.path}/refunds", {"amount": amount, "reason_code": "customer_request"})
        self.say(f"refund of {self.money(amount)}: {requested['refund_id']} is {requested['status']}")
        self.until_refunded(requested["refund_id"])
        return str(requested["refund_id"])

    def until_refunded(self, refund_id: str, status: str = "completed") -> None:
        open_ = ("pending", "processing") if status == "completed" else ("pending", "processing", "completed")
        refund = self._await(f"/v1/refunds/{refund_id}", lambda seen: seen["status"] not in open_, EVENTS_S)
        self.expect("refund status", refund["status"], status)
        self.say(f"{self.money(refund['amount'])} went back" if status == "completed" else f"the refund is {status}")

    def refunds(self) -> list[Json]:
        found: list[Json] = self.get(f"{self.path}/refunds")["data"]
        return found

    def is_refused(self, what: str, path: str, body: Json) -> None:
        try:
            self.post(path, body)
        except Refused as refusal:
            return self.say(f"{what}: {refusal}")
        raise WentWrong(f"{what} was not refused")

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            raise WentWrong(f"{what}: {found!r}, but it must be {wanted!r}")

    def check_books(self, captured: int, refunds: list[int], debits: list[int] | None = None) -> list[Json]:
        """The API, its timeline and the gateway's ledger must agree. Returns the timeline.

        `debits` is the number of debits, where a person accepted several.
        """
        payment = self.payment = self.get(self.path)
        self.expect("gateway", payment["gateway"], self.shop.gateway)
        self.expect("amount captured", payment["amount_captured"], captured)
        self.expect("amount refunded", payment["amount_refunded"], sum(refunds))
        self.expect("amount reserved", payment["amount_reserved"], 0)
        self.expect("review", payment["review"], None)
        ledger, attempts = self.ledger(), [attempt["attempt_id"] for attempt in payment["attempts"]]
        requested = [order["amount"] for order in ledger["orders"] if order["id"] in attempts]
        paid = [capture["amount"] for capture in ledger["captures"] if capture["order"] in attempts]
        given = [r["amount"] for r in ledger["refunds"] if r["order"] in attempts and r["state"].lower() == "completed"]
        self.expect("amounts asked of the gateway", requested, [payment["amount"]])
        self.expect("captures at the gateway", paid, debits or ([captured] if captured else []))
        self.expect("refunds at the gateway", given, refunds)
        events: list[Json] = self.get(f"{self.path}/events")["data"]
        self.expect("numbers of the events", [event["seq"] for event in events], list(range(1, len(events) + 1)))
        proofs = {"attempt.completed"} if debits is None else {"case.decided"}
        self.expect("money in the timeline", sum(e["amount"] for e in events if e["kind"] in proofs), captured)
        return events

    def _tell_timeline(self) -> None:
        try:
            events = self.get(f"{self.path}/events")["data"]
        except (WentWrong, httpx.HTTPError, ValueError) as fault:
            return self.say(f"no timeline: {fault}")
        heading = f"\n({self.letter}) {self.title}: {self.payment['merchant_order_id']}, {self.payment['payment_id']}"
        return self.console.say("\n".join([heading, *table(events, self.shop.currency), ""]))
