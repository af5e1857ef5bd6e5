"""A create call whose answer was lost, among 2,000 objects of others and after three days without a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import AS_IT_COMES, MethodType, Terms
from payments.gateways.kit.search import PAGES_MAX
from payments.usecases.errors import GatewayDown, GatewayRefused, OutcomePending
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.sync import fetch_and_decide
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.refund.sync import fetch_and_decide_refund
from tests.world import World, make_world

OTHERS, DAYS_S = 2_000, 3 * 86_400.0
CHECKS_MAX = OTHERS // (PAGES_MAX * 100) + 2
BESIDE_A_SEARCH = 4  # Other calls of one check: the order, the object, and what belongs to it.


@dataclass(frozen=True)
class Lost:
    gateway: str
    terms: Terms = AS_IT_COMES
    credentials: Mapping[str, object] = field(default_factory=dict)
    is_listed: bool = True  # False if one call finds it by our id.

    @property
    def currency(self) -> str:
        return "INR" if self.gateway == "razorpay" else "USD"

    def world(self, *, delivers_webhooks: bool = False) -> World:
        world = make_world(1, delivers_webhooks, (self.gateway,), **self.credentials)
        world.workspace(country="IN" if self.currency == "INR" else "US", gateways=[self.gateway])
        world.flow.accepts = False
        return world

    def initiate(self, world: World, fault: str) -> str:
        world.fault(fault, "pay", at=self.gateway)
        order = world.order(gateway=self.gateway, amount=Money(49_900, self.currency), terms=self.terms)
        with pytest.raises((OutcomePending, GatewayDown)) as raised:
            world.initiate(order)
        return str(raised.value.details["payment_id"])

    def others(self, world: World) -> None:
        world.admin("POST", "/_sim/foreign", {"count": OTHERS // 2}, at=self.gateway)

    def pay(self, world: World, payment_id: str) -> None:
        if not self.terms.is_direct:
            world.payer("pay", world.payment(payment_id).current.id, at=self.gateway)

    def calls(self, world: World) -> int:
        return sum(world.ledger(self.gateway)["calls"].values())


LOST = {
    "Stripe, session": Lost("stripe"),
    "Stripe, charge": Lost("stripe", Terms(source_token="pm_card_visa")),
    "Square, charge": Lost("square", Terms(source_token="cnon:card-nonce-ok")),
    "Razorpay, order": Lost("razorpay", is_listed=False),
    "Razorpay, QR code": Lost("razorpay", Terms(method_type=MethodType.UPI), {"upi_flow": "qr"}),
}
EACH = pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
EACH_LISTED = pytest.mark.parametrize(
    "lost", [each for each in LOST.values() if each.is_listed], ids=[name for name in LOST if LOST[name].is_listed]
)


def lost_among_others(lost: Lost, world: World, fault: str = "lose_answer") -> str:
    """1,000 objects of others in the ten minutes before and 1,000 in the ten after; then there is no check for three
    days.
    """
    lost.others(world)
    payment_id = lost.initiate(world, fault)
    if fault == "lose_answer":
        lost.pay(world, payment_id)
    world.clock.sleep(600)
    lost.others(world)
    world.advance(DAYS_S)
    return payment_id


def swept_to_the_end(lost: Lost, world: World, payment_id: str) -> tuple[Payment, list[int]]:
    """The payment once it is closed, and the calls of each check."""
    calls = []
    for _ in range(CHECKS_MAX):
        before = lost.calls(world)
        world.sweep()
        calls.append(lost.calls(world) - before)
        payment = world.payment(payment_id)
        if not payment.status.is_open:
            return payment, calls
        world.advance(61)
    raise AssertionError(f"open after {CHECKS_MAX} checks: {world.timeline(payment_id)}")


@EACH
def test_it_is_found_and_booked_within_a_few_calls_of_a_few_checks(lost: Lost) -> None:
    world = lost.world()
    payment, calls = swept_to_the_end(lost, world, lost_among_others(lost, world))
    assert (payment.status, payment.current.captured_minor, payment.current.search_position) == (
        Status.COMPLETED,
        49_900,
        "",
    )
    assert payment.current.checkout_ref
    assert max(calls) <= PAGES_MAX + BESIDE_A_SEARCH
    assert (len(calls) > 1) is lost.is_listed, "the search was not long enough to stop on the way"
    assert world.log[-1]["message"] != "sweep.failed"
    assert "attempt.searched" in world.timeline(payment.id) or not lost.is_listed
    assert {order["id"] for order in world.ledger(lost.gateway)["orders"]} == {payment.current.id}


@EACH
def test_what_never_arrived_ends_after_all_was_read_and_the_order_is_free(lost: Lost) -> None:
    world = lost.world()
    payment_id = lost_among_others(lost, world, "error_before")
    payment, calls = swept_to_the_end(lost, world, payment_id)
    assert (payment.status, payment.current.search_position) == (Status.FAILED, "")
    assert payment.current.failure
    assert payment.current.failure.message == "the gateway never heard of this attempt"
    assert max(calls) <= PAGES_MAX + BESIDE_A_SEARCH
    before = lost.calls(world)
    assert world.ports.gateway(Account(lost.gateway)).fetch_payment(payment.current) == Snapshot(Status.CREATED)
    assert lost.calls(world) == before, "all was read before"
    if not lost.terms.is_direct:
        assert world.retry(payment_id)["status"] == "pending"


@EACH_LISTED
def test_while_a_call_may_still_arrive_an_unfinished_search_is_not_stored(lost: Lost) -> None:
    world = lost.world()
    lost.others(world)
    payment_id = lost.initiate(world, "error_before")
    lost.others(world)
    world.advance(61)
    world.sweep()
    payment = world.payment(payment_id)
    assert (payment.current.status, payment.current.search_position) == (Status.CREATED, "")
    assert world.log[-1] | {"subject_id": "", "gateway": ""} == {
        "message": "sweep.failed", "level": "WARNING", "gateway": "", "kind": "payment", "subject_id": "",
        "error": "SearchUnfinished", "why": "not found yet: the search goes on with the next check",
    }  # fmt: skip


@EACH_LISTED
def test_a_webhook_that_names_the_object_saves_the_search(lost: Lost) -> None:
    world = lost.world(delivers_webhooks=True)
    lost.others(world)
    payment_id = lost.initiate(world, "lose_answer")
    lost.others(world)
    before = lost.calls(world)
    lost.pay(world, payment_id)
    world.advance(30)
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.captured_minor) == (Status.COMPLETED, 49_900)
    assert payment.current.checkout_ref
    events = len(world.ledger(lost.gateway)["webhooks"])
    assert lost.calls(world) - before <= BESIDE_A_SEARCH * events


@pytest.mark.parametrize("gateway", ["stripe", "square", "razorpay"])
def test_a_refund_whose_answer_was_lost_is_found_in_its_payments_own_list(gateway: str) -> None:
    lost = Lost(gateway)
    world = lost.world()
    order = world.order(gateway=gateway, amount=Money(49_900, lost.currency))
    payment_id = str(world.initiate(order)["payment_id"])
    lost.pay(world, payment_id)
    world.advance(61)
    world.sweep()
    lost.others(world)
    world.fault("lose_answer", "refund", at=gateway)
    world.refund(payment_id, 10_000)
    world.clock.sleep(600)
    lost.others(world)
    world.advance(DAYS_S)
    before = lost.calls(world)
    world.sweep()
    (refund,) = world.refunds(payment_id)
    assert (refund.status, refund.amount.minor) == (Status.COMPLETED, 10_000)
    assert lost.calls(world) - before <= 2 * BESIDE_A_SEARCH
    assert [one["amount"] for one in world.ledger(gateway)["refunds"]] == [10_000]


def charged_twice(world: World) -> tuple[Payment, str]:
    """A payment whose answer was lost, and the gateway's ref of another one."""
    lost = LOST["Stripe, charge"]
    payment_id = lost.initiate(world, "lose_answer")
    order = world.order("ORD-2", gateway="stripe", amount=Money(49_900, "USD"), terms=lost.terms)
    other = world.initiate(order, key="key-2", body=b"2")
    return world.payment(payment_id), world.payment(str(other["payment_id"])).current.payment_ref


@pytest.mark.parametrize("hint", ["the other's", "pi_of_nobody"])
def test_a_webhook_that_names_what_is_not_ours_leaves_it_to_the_search(hint: str) -> None:
    world = LOST["Stripe, charge"].world()
    payment, other_ref = charged_twice(world)
    ref = other_ref if hint == "the other's" else hint
    change = fetch_and_decide(payment, payment.current, world.context(Why("gateway", "webhook")), hint=ref)
    assert change
    found = change.payment.current
    assert (found.status, found.payment_ref != other_ref) == (Status.COMPLETED, True)
    assert found.checkout_ref == found.payment_ref


@pytest.mark.parametrize("hint", ["the other's", "of nobody"])
@pytest.mark.parametrize("gateway", ["stripe", "square", "razorpay"])
def test_a_webhook_of_another_refund_leaves_it_to_the_payments_list(gateway: str, hint: str) -> None:
    lost = Lost(gateway)
    world = lost.world()
    payment_id = str(world.initiate(world.order(gateway=gateway, amount=Money(49_900, lost.currency)))["payment_id"])
    lost.pay(world, payment_id)
    world.advance(61)
    world.sweep()
    world.refund(payment_id, 5_000, key="first")
    world.advance(10)
    world.fault("lose_answer", "refund", at=gateway)
    world.refund(payment_id, 10_000, key="second")
    world.advance(10)
    (wrong_ref,) = (one["ref"] for one in world.ledger(gateway)["refunds"] if one["amount"] == 5_000)
    if hint == "of nobody":
        wrong_ref = f"{wrong_ref[:-1]}{'a' if wrong_ref[-1] != 'a' else 'b'}"
    payment = world.payment(payment_id)
    (refund,) = (one for one in world.refunds(payment_id) if one.amount.minor == 10_000)
    change = fetch_and_decide_refund(payment, refund, world.context(Why("gateway", "webhook")), hint=wrong_ref)
    assert change
    assert change.refund
    assert (change.refund.status, change.refund.amount.minor) == (Status.COMPLETED, 10_000)
    assert change.refund.refund_ref != wrong_ref


def test_what_was_found_is_known_by_its_ref_though_it_is_cancelled_at_once() -> None:
    lost = LOST["Stripe, session"]
    world = lost.world()
    payment_id = lost.initiate(world, "lose_answer")
    payment = cancel_payment(payment_id, "", world.context(Why("user:owner", "cancel")))
    assert (payment.status, payment.current.checkout_ref[:3]) == (Status.CANCELLED, "cs_")


def test_a_refused_charge_is_searched_once_and_is_no_issue_of_a_report() -> None:
    lost = LOST["Stripe, charge"]
    world = lost.world()
    lost.others(world)
    order = world.order(gateway="stripe", amount=Money(49_900, "USD"), terms=Terms(source_token="pm_of_nobody"))
    with pytest.raises(GatewayRefused) as refused:
        world.initiate(order)
    payment_id = str(refused.value.details["payment_id"])
    lost.others(world)
    world.advance(2_000)
    for _ in range(CHECKS_MAX):
        world.sweep()
        world.advance(61)
    payment = world.payment(payment_id)
    assert (payment.current.status, payment.current.is_absent) == (Status.FAILED, True)
    start, end = payment.created_at - timedelta(hours=1), payment.created_at + timedelta(hours=1)
    before = lost.calls(world)
    report = reconcile(Window(start, end), True, world.context(Why("user:owner", "reconcile")))
    assert (report["checked"], report["issues"], lost.calls(world)) == (1, [], before)


def test_a_report_that_ends_a_search_is_no_issue() -> None:
    lost = LOST["Stripe, charge"]
    world = lost.world()
    order = world.order(gateway="stripe", amount=Money(49_900, "USD"), terms=Terms(source_token="pm_of_nobody"))
    with pytest.raises(GatewayRefused) as refused:
        world.initiate(order)
    world.advance(2_000)
    payment = world.payment(str(refused.value.details["payment_id"]))
    start, end = payment.created_at - timedelta(hours=1), payment.created_at + timedelta(hours=1)
    report = reconcile(Window(start, end), False, world.context(Why("user:owner", "reconcile")))
    assert (report["issues"], world.payment(payment.id).current.is_absent) == ([], True)
