"""The orders of the demo: what payers do at PhonePe, and one payment at every other gateway."""

import contextlib
from collections.abc import Callable
from datetime import datetime

from dev.local.demo_client import Refused
from dev.local.story import Shop, Story
from gateway_simulators import GATEWAYS

SHORTEST_EXPIRY_S = 300
_ASKING = ("poll", "sweep", "hourly report")  # Causes of a check; at high SPEED the first may come too late.
DEBIT_DAYS = 4
DAYS_PASS_IN = frozenset("k")

PHONEPE = Shop("ws_demo", "INR", "phonepe")
RAZORPAY = Shop("ws_demo", "INR", "razorpay")
PAYPAL, STRIPE, SQUARE = (Shop("ws_us", "USD", gateway) for gateway in ("paypal", "stripe", "square"))


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
    story.order(84950, expires_in_s=SHORTEST_EXPIRY_S)
    with contextlib.suppress(Refused):  # At high SPEED it has expired before the payer can walk away.
        story.payer("abandon")
    expires_at = datetime.fromisoformat(story.payment["expires_at"]).timestamp()
    left_s = expires_at - story.stack.now()
    story.say(f"nobody pays: it expires in {story.span(left_s)}")
    story.until_ended("expired", left_s)
    story.check_books(captured=0, refunds=[])


def pays_unheard(story: Story) -> None:
    story.order(24900)
    with story.stack.payers:
        story.stack.arm("no_webhook")
        story.stack.play(story.shop.gateway, story.attempt_id, "pay")
    story.say("the payer: pay; and the webhook is lost")
    story.until_ended("completed")
    events = story.check_books(captured=24900, refunds=[])
    sent = [webhook for webhook in story.ledger()["webhooks"] if webhook["about"] == story.attempt_id]
    story.expect("webhooks sent", len(sent), 0)
    finder = next(event["cause"] for event in events if event["kind"] == "attempt.completed")
    story.expect("found by our asking", finder in _ASKING, True)
    story.say(f"found by: {finder}")


def pays_and_returns(story: Story) -> None:
    story.order(11800000)
    story.payer("pay")
    story.until_ended("completed")
    story.refund(2000000)
    story.refund(50000)
    story.check_books(captured=11800000, refunds=[2000000, 50000])
    story.expect("refund status", story.payment["refund_status"], "partial")


def pays_by_token(story: Story) -> None:
    """No page: the browser turned the payer's card into a token, and the shop's server charges it."""
    story.order(2400, payment_method="pm_card_visa")
    story.until_ended("completed")
    story.check_books(captured=2400, refunds=[])


def pays_less_than_authorized(story: Story) -> None:
    story.order(6900, payment_method="pm_card_visa", capture="manual")
    story.until_authorized()
    story.capture(3950)
    story.until_ended("completed")
    story.refund(1000)
    story.check_books(captured=3950, refunds=[1000])


def pays_by_debit(story: Story) -> None:
    story.order(5400)
    story.payer("wait")
    story.days_pass(DEBIT_DAYS)
    story.expect("status after the days", story.payment["status"], "pending")
    story.expect("in progress after the days", story.payment["in_progress"], True)
    story.control(f"/pending/{story.attempt_id}", {"act": "complete"})
    story.say("the bank: the money has arrived")
    story.until_ended("completed")
    story.expect("late", story.payment["late"], False)
    events = story.check_books(captured=5400, refunds=[])
    reported = [event["kind"] for event in events]
    story.expect("the debit in the timeline", reported.count("attempt.in_progress"), 1)


def refund_comes_back(story: Story) -> None:
    story.order(8200, payment_method="pm_card_visa")
    story.until_ended("completed")
    refund_id = story.refund(3100)
    story.control(f"/refunds/{refund_id}", {"act": "return"})
    story.say("the payer's bank sends the refund back")
    story.until_refunded(refund_id, "returned")
    story.decide(story.case("refund_returned"), "refund", "the payer has a new card")
    (again,) = [each for each in story.refunds() if each["refund_id"] != refund_id]
    story.until_refunded(again["refund_id"])
    story.check_books(captured=8200, refunds=[3100])


def debited_twice(story: Story) -> None:
    """Twice the amount is more than one person may decide about."""
    story.order(2900000)
    with story.stack.payers:
        story.stack.arm("no_webhook", "double_pay")
        story.stack.play(story.shop.gateway, story.attempt_id, "pay")
    story.say("the payer: pay; he is debited twice, and the first webhook is lost")
    case = story.until_under_review("amount_mismatch")
    story.approve(story.decide(case, "accept", "he ordered two of them")["approval"])
    story.until_ended("completed")
    story.refund(2900000)
    story.check_books(captured=5800000, refunds=[2900000], debits=[2900000, 2900000])


def disputed_and_won(story: Story) -> None:
    story.order(9600, payment_method="pm_card_visa")
    story.until_ended("completed")
    dispute = story.dispute()
    story.is_refused("a refund meanwhile", f"{story.path}/refunds", {"reason_code": "customer_request"})
    story.control(f"/disputes/{dispute}", {"act": "win"})
    story.say("the payer's bank: the shop is right")
    story.until_dispute("won")
    story.refund(1200)
    events = story.check_books(captured=9600, refunds=[1200])
    reported = [event["kind"] for event in events if event["kind"].startswith("dispute.")]
    story.expect("the dispute in the timeline", reported, ["dispute.opened", "dispute.won"])


STORIES: tuple[tuple[str, str, Shop, Callable[[Story], None]], ...] = (
    ("a", "paid", PHONEPE, pays),
    ("b", "declined", PHONEPE, declines),
    ("c", "abandoned, and expired", PHONEPE, abandons),
    ("d", "paid, the webhook lost, found by polling", PHONEPE, pays_unheard),
    ("e", "paid, then partly refunded twice", PHONEPE, pays_and_returns),
    ("f", "paid at Razorpay", RAZORPAY, pays),
    ("g", "paid at PayPal", PAYPAL, pays),
    ("h", "charged by a token at Stripe", STRIPE, pays_by_token),
    ("i", "paid at Square", SQUARE, pays),
    ("j", "authorized at Stripe, captured in part, then partly refunded", STRIPE, pays_less_than_authorized),
    ("k", "paid at Stripe by a bank debit of four days", STRIPE, pays_by_debit),
    ("l", "refunded at Stripe, came back, refunded anew", STRIPE, refund_comes_back),
    ("m", "debited twice, accepted by two persons, half refunded", PHONEPE, debited_twice),
    ("n", "disputed at Stripe, and won", STRIPE, disputed_and_won),
)
_SHOWN = {shop.gateway for _, _, shop, _ in STORIES}
STORIES += tuple(
    (chr(ord("o") + number), f"paid at {name}", Shop(f"ws_{name}", "INR", name), pays)
    for number, name in enumerate(name for name in GATEWAYS if name not in _SHOWN)
)
