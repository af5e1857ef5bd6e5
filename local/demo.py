"""python -m local.demo: five orders against the running system, told as they happen and checked at their end."""

import io
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from local.console import Console
from local.demo_client import Json, NotRunning, Stack, WentWrong
from local.options import StackError, parse_options

_OPEN = ("created", "pending", "authorized")
_LOOK_EVERY_SECONDS = 1.0
_TELL_EVERY_SECONDS = 15.0
_PATIENCE_SECONDS = 60.0  # On the wall: workers start and moto works at their own pace, whatever SPEED is.
_SHORTEST_EXPIRY_S = 300
_NEWS_S = 180  # Webhook at once, else the first look of the polling execution after 22 s, else the sweep.
_GRACE_S = 300  # Past the expiry the gateway may take two minutes to make up its mind.


@dataclass
class Story:
    letter: str
    title: str
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

    def order(self, amount: int, expires_in_s: int = 1200) -> None:
        body = {"merchant_order_id": f"DEMO-{self.letter}-{secrets.token_hex(5)}", "amount": amount, "currency": "INR"}
        body |= {"return_url": f"{self.stack.url}/", "expires_in_s": expires_in_s}
        self.payment = self.stack.post("/v1/payments", body)
        self.say(f"{body['merchant_order_id']} for {rupees(amount)}: {self.payment['payment_id']} is open")

    def payer(self, act: str) -> None:
        with self.stack.payers:
            self.stack.play(self.attempt_id, act)
        self.say(f"the payer: {act}")

    @property
    def attempt_id(self) -> str:
        return str(self.payment["attempts"][-1]["attempt_id"])

    @property
    def path(self) -> str:
        return f"/v1/payments/{self.payment['payment_id']}"

    def until_ended(self, status: str, within_s: float = _NEWS_S) -> None:
        self.payment = self._await(
            self.path, lambda payment: payment["status"] not in _OPEN or payment["hold"], within_s
        )
        self.expect("hold", self.payment["hold"], None)
        self.expect("status", self.payment["status"], status)
        self.say(f"the payment is {status}")

    def _await(self, path: str, is_over: Callable[[Json], object], within_s: float) -> Json:
        until, told_at = self.stack.now() + within_s, time.monotonic()
        give_up_at = time.monotonic() + (within_s + _GRACE_S) / self.stack.speed + _PATIENCE_SECONDS
        while not is_over(seen := self.stack.get(path)):
            if time.monotonic() > give_up_at:
                raise WentWrong(f"{path} is still {seen['status']}")
            if time.monotonic() - told_at >= _TELL_EVERY_SECONDS:
                told_at = time.monotonic()
                self.say(f"still {seen['status']}; {self._left(until - self.stack.now())}")
            self.stack.pause(_LOOK_EVERY_SECONDS)
        return seen

    def _left(self, seconds: float) -> str:
        return f"at most {self.span(seconds)} more" if seconds > 0 else "any moment now"

    def span(self, seconds: float) -> str:
        speed = self.stack.speed
        return f"{seconds:.0f} s" if speed == 1 else f"{seconds:.0f} s ({seconds / speed:.0f} s on your watch)"

    def refund(self, amount: int) -> None:
        asked = self.stack.post(f"{self.path}/refunds", {"amount": amount, "reason_code": "customer_request"})
        self.say(f"refund of {rupees(amount)}: {asked['refund_id']} is {asked['status']}")
        path = f"/v1/refunds/{asked['refund_id']}"
        refund = self._await(path, lambda seen: seen["status"] in ("completed", "failed"), _NEWS_S)
        self.expect("refund status", refund["status"], "completed")
        self.say(f"{rupees(amount)} went back")

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            raise WentWrong(f"{what}: {found!r}, but it must be {wanted!r}")

    def check_books(self, captured: int, refunds: list[int]) -> list[Json]:
        """The API, its timeline and the gateway's own ledger must tell one story. Returns the timeline."""
        payment = self.payment = self.stack.get(self.path)
        self.expect("amount captured", payment["amount_captured"], captured)
        self.expect("amount refunded", payment["amount_refunded"], sum(refunds))
        self.expect("amount reserved", payment["amount_reserved"], 0)
        self.expect("hold", payment["hold"], None)
        ledger, attempts = self.stack.ledger(), [attempt["attempt_id"] for attempt in payment["attempts"]]
        asked = [order["amount"] for order in ledger["orders"] if order["id"] in attempts]
        taken = [capture["amount"] for capture in ledger["captures"] if capture["order"] in attempts]
        given = [r["amount"] for r in ledger["refunds"] if r["order"] in attempts and r["state"] == "COMPLETED"]
        self.expect("amounts asked of the gateway", asked, [payment["amount"]])
        self.expect("captures at the gateway", taken, [captured] if captured else [])
        self.expect("refunds at the gateway", given, refunds)
        events: list[Json] = self.stack.get(f"{self.path}/events")["data"]
        self.expect("numbers of the events", [event["seq"] for event in events], list(range(1, len(events) + 1)))
        completions = [event["amount"] for event in events if event["kind"] == "attempt.completed"]
        self.expect("captures in the timeline", completions, taken)
        return events

    def _tell_timeline(self) -> None:
        try:
            events = self.stack.get(f"{self.path}/events")["data"]
        except (WentWrong, httpx.HTTPError, ValueError) as fault:
            return self.say(f"no timeline: {fault}")
        heading = f"\n({self.letter}) {self.title}: {self.payment['merchant_order_id']}, {self.payment['payment_id']}"
        return self.console.say("\n".join([heading, *table(events), ""]))


def pays(story: Story) -> None:
    story.order(49900)
    story.payer("pay")
    story.until_ended("completed")
    story.check_books(captured=49900, refunds=[])


def declines(story: Story) -> None:
    story.order(129900)
    story.payer("decline")
    story.until_ended("failed")
    story.expect("reason", story.payment["failure"]["code"], "cancelled_by_customer")
    story.check_books(captured=0, refunds=[])


def abandons(story: Story) -> None:
    story.order(84950, expires_in_s=_SHORTEST_EXPIRY_S)
    story.payer("abandon")
    expires_at = datetime.fromisoformat(story.payment["expires_at"]).timestamp()
    left_s = expires_at - story.stack.now()
    story.say(f"nobody pays: it expires in {story.span(left_s)}")
    story.until_ended("expired", left_s)
    story.check_books(captured=0, refunds=[])


def pays_unheard(story: Story) -> None:
    story.order(24900)
    with story.stack.payers:
        story.stack.lose_next_webhook()
        story.stack.play(story.attempt_id, "pay")
    story.say("the payer: pay; and the webhook is lost")
    story.until_ended("completed")
    events = story.check_books(captured=24900, refunds=[])
    sent = [webhook for webhook in story.stack.ledger()["webhooks"] if webhook["about"] == story.attempt_id]
    story.expect("webhooks sent", len(sent), 0)
    finder = next(event["cause"] for event in events if event["kind"] == "attempt.completed")
    story.expect("found by", finder, "poll")


def pays_and_returns(story: Story) -> None:
    story.order(11800000)
    story.payer("pay")
    story.until_ended("completed")
    story.refund(2000000)
    story.refund(50000)
    story.check_books(captured=11800000, refunds=[2000000, 50000])
    story.expect("refund status", story.payment["refund_status"], "partial")


STORIES: tuple[tuple[str, str, Callable[[Story], None]], ...] = (
    ("a", "paid", pays),
    ("b", "declined", declines),
    ("c", "abandoned, and expired", abandons),
    ("d", "paid, the webhook lost, found by polling", pays_unheard),
    ("e", "paid, then partly refunded twice", pays_and_returns),
)


def rupees(minor: int) -> str:
    """Indian grouping: 11800000 paise are ₹1,18,000.00."""
    whole, paise = divmod(minor, 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return f"₹{','.join([*reversed(pairs), tail])}.{paise:02}"


def table(events: list[Json]) -> list[str]:
    head = ("time (UTC)", "event", "who", "why", "from → to", "more")
    rows = [head, *map(_row, events)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [f"    {line}" for line in (lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:])]


def _row(event: Json) -> tuple[str, ...]:
    moved = f"{event['from'] or '·'} → {event['to']}"
    more = ", ".join(filter(None, (event["amount"] and rupees(event["amount"]), event["note"])))
    return event["at"][11:19], event["kind"], event["actor"], event["cause"], moved, more


def tell(stack: Stack, console: Console) -> int:
    stories = [Story(*words, stack, console) for words in STORIES]
    watch_s = (_SHORTEST_EXPIRY_S + 15) / stack.speed
    pace = "" if stack.speed == 1 else f" Time runs {stack.speed:g} times faster."
    console.say(f"Five orders at {stack.url}, all at once: about {watch_s:.0f} s.{pace}")
    if stack.speed == 1:
        console.say("Order (c) must expire, and that takes 5 minutes: under `SPEED=20 make run` it takes 15 s.")
    pool = ThreadPoolExecutor(len(stories))
    try:
        for running in [pool.submit(story.run) for story in stories]:
            running.result()
    finally:
        stack.stopped.set()
        pool.shutdown()
    for story in stories:
        console.say(f"{'NOT OK' if story.wrong else 'ok    '}  ({story.letter}) {story.title}  {story.wrong}".rstrip())
    return 1 if any(story.wrong for story in stories) else 0


def main() -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console()
    try:
        options = parse_options([])
    except StackError as fault:
        console.say(str(fault))
        return 2
    stack = Stack(str(options.port), str(options.sim_port))
    try:
        stack.open()
    except NotRunning:
        console.say(
            f"No stack at {stack.url} with its simulator at {stack.simulator_url}: start it by `make run` first."
        )
        return 2
    stack.forget_own_fault()
    try:
        return tell(stack, console)
    except KeyboardInterrupt:
        return 130
    finally:
        stack.forget_own_fault()


if __name__ == "__main__":
    sys.exit(main())
