"""The orders of the demo: what payers do at PhonePe, and how one pays at every other gateway."""

from collections.abc import Callable
from datetime import datetime

from local.story import Shop, Story

SHORTEST_EXPIRY_S = 300

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
        story.stack.play(story.shop.gateway, story.attempt_id, "pay")
    story.say("the payer: pay; and the webhook is lost")
    story.until_ended("completed")
    events = story.check_books(captured=24900, refunds=[])
    sent = [webhook for webhook in story.ledger()["webhooks"] if webhook["about"] == story.attempt_id]
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


def pays_by_token(story: Story) -> None:
    """No page: the payer's card was turned into a token in the browser, and the shop's server charges that."""
    story.order(2400, payment_method="pm_card_visa")
    story.until_ended("completed")
    story.check_books(captured=2400, refunds=[])


def pays_less_than_held(story: Story) -> None:
    story.order(6900, payment_method="pm_card_visa", capture="manual")
    story.until_held()
    story.capture(3950)
    story.until_ended("completed")
    story.refund(1000)
    story.check_books(captured=3950, refunds=[1000])


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
    ("j", "held at Stripe, taken in part, then partly refunded", STRIPE, pays_less_than_held),
)
