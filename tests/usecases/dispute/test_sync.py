"""Disputes at every gateway that has them: with webhooks in time, late, twice or lost."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.dynamodb_model import errors
from payments.domain.records.dispute import DisputePhase, DisputeSnapshot, DisputeStatus
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.gateways.contract.disputes import CanDispute, DisputePage
from payments.gateways.contract.errors import Unavailable
from payments.gateways.contract.gateway import Gateway
from payments.gateways.contract.webhooks import EventKind
from payments.store.contract.deliveries import Delivery, DeliveryState
from payments.store.contract.errors import Conflict, NotFound, StoreUnavailable
from payments.usecases.dispute.import_list import BACK, Place, sync_listed
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.payment.refresh import refresh_payment
from tests.usecases.disputing import (
    DISPUTING,
    HOUR_S,
    SWEEP,
    cases,
    dispute_events,
    disputed_at,
    disputes,
    judged,
    money,
    raised,
    the_dispute,
)
from tests.usecases.payment.test_paid_again import ends, paid_twice, razorpay
from tests.usecases.steps import paid_at, swept
from tests.world import OWNER, World, make_world


@pytest.mark.parametrize("gateway", DISPUTING)
def test_a_webhook_makes_a_record_and_withholds_the_amount(gateway: str) -> None:
    world, payment_id, ref = disputed_at(gateway)
    dispute = the_dispute(world, payment_id)
    assert (dispute.ref, dispute.amount.minor, dispute.status, dispute.version) == (ref, 20000, "open", 1)
    assert dispute.attempt_id == world.payment(payment_id).current.id
    assert money(world, payment_id) == (20000, 29900, "open")
    assert world.payment(payment_id).status == "completed"
    assert dispute_events(world, payment_id) == ["dispute.opened"]
    assert world.metrics["DisputeOpened"] == 1


@pytest.mark.parametrize("gateway", DISPUTING)
@pytest.mark.parametrize(("act", "event", "left"), [("win", "dispute.won", 49900), ("lose", "dispute.lost", 29900)])
def test_the_verdict_comes_by_webhook(gateway: str, act: str, event: str, left: int) -> None:
    world, payment_id, ref = disputed_at(gateway)
    judged(world, ref, act, gateway)
    assert dispute_events(world, payment_id)[-1] == event
    assert money(world, payment_id) == (49900 - left, left, the_dispute(world, payment_id).status)
    assert the_dispute(world, payment_id).due_at is None
    assert world.metrics["DisputeLost"] == (act == "lose")


@pytest.mark.parametrize("gateway", DISPUTING)
def test_without_any_webhook_the_daily_list_finds_it_and_the_sweep_its_verdict(gateway: str) -> None:
    world, payment_id, ref = disputed_at(gateway, delivers_webhooks=False, respond_in_s=20 * 86400)
    assert disputes(world, payment_id) == []
    report = sync_listed(world.ports)
    assert (report["listed"], report["synced"], report["failed"], report["complete"]) == (1, 1, 0, True)
    assert the_dispute(world, payment_id).status is DisputeStatus.OPEN
    requested_again = sync_listed(world.ports)
    assert (requested_again["listed"], requested_again["synced"]) == (1, 0)
    judged(world, ref, "lose", gateway)
    world.advance(6 * HOUR_S - 60)
    world.sweep()
    assert the_dispute(world, payment_id).status is DisputeStatus.OPEN
    world.advance(120)
    world.sweep()
    assert the_dispute(world, payment_id).status is DisputeStatus.LOST


@pytest.mark.parametrize("gateway", DISPUTING)
def test_the_same_dispute_is_one_record_however_it_is_reported(gateway: str) -> None:
    world, payment_id, ref = disputed_at(gateway)
    version = world.payment(payment_id).version
    for _ in range(3):
        sync_dispute(Account(gateway), ref, SWEEP, world.ports)
        sync_listed(world.ports)
    assert len(disputes(world, payment_id)) == 1
    assert world.payment(payment_id).version == version


def test_two_that_hear_of_it_at_once_make_one_record() -> None:
    world, payment_id, ref = disputed_at("razorpay", delivers_webhooks=False)

    def other_first(request: Any) -> None:
        sync_dispute(Account("razorpay"), ref, OWNER, world.ports)

    world.client.before.append(("transact_write_items", other_first))
    dispute, was_changed = sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)
    assert dispute
    assert not was_changed
    assert [one.id for one in disputes(world, payment_id)] == [dispute.id]
    assert dispute_events(world, payment_id) == ["dispute.opened"]


@pytest.mark.parametrize("gateway", DISPUTING)
def test_a_dispute_whose_end_arrives_first_is_opened_and_ended(gateway: str) -> None:
    """The webhook of the opening is lost; the one of the verdict comes."""
    world, payment_id, ref = disputed_at(gateway, delivers_webhooks=False)
    world.admin("POST", f"/_sim/disputes/{ref}", {"act": "lose"}, gateway)
    sync_dispute(Account(gateway), ref, SWEEP, world.ports)
    assert dispute_events(world, payment_id) == ["dispute.opened", "dispute.lost"]
    assert money(world, payment_id) == (20000, 29900, "lost")


@pytest.mark.parametrize("gateway", DISPUTING)
def test_of_a_payment_that_is_not_ours_it_is_parked_and_then_a_case(gateway: str) -> None:
    """As if this deployment had no such payment: its references are deleted."""
    world, _ = paid_at(gateway, delivers_webhooks=True)
    forget_references(world)
    (order,) = [order["id"] for order in world.ledger(gateway)["orders"]]
    made = world.admin("POST", "/_sim/disputes", {"order": order, "amount": 100, "respond_in_s": 9e6}, gateway)
    world.advance(1)
    states = {delivery["state"]["S"] for delivery in deliveries(world, made["dispute"])}
    assert states == {"parked"}
    report = sync_listed(world.ports)
    assert report["unknown"] == 1
    for _ in range(30):
        world.advance(HOUR_S)
        world.sweep()
    assert ("unknown_order", made["dispute"]) in [
        (one.kind, one.subject_id) for one in world.ports.store.list_cases(9).found
    ]
    assert {delivery["state"]["S"] for delivery in deliveries(world, made["dispute"])} == {"dead"}


def forget_references(world: World) -> None:
    table = "pavati-dev-payment_transactions"
    for item in world.dynamo.scan(TableName=table)["Items"]:
        if item["sk"]["S"] == "REF":
            world.dynamo.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})


def deliveries(world: World, ref: str) -> list[dict[str, Any]]:
    items = world.dynamo.scan(TableName="pavati-dev-payment_webhook_logs")["Items"]
    return [item for item in items if item.get("subject_ref", {}).get("S") == ref]


def test_a_listed_dispute_that_is_not_ours_is_parked_once_and_then_a_case() -> None:
    world, _, ref = disputed_at("razorpay", delivers_webhooks=False, respond_in_s=9e6)
    forget_references(world)
    for _ in range(2):
        assert sync_listed(world.ports)["unknown"] == 1
    assert [delivery["state"]["S"] for delivery in deliveries(world, ref)] == ["parked"]
    for _ in range(30):
        world.advance(HOUR_S)
        world.sweep()
    assert [(one.kind, one.subject_id) for one in world.ports.store.list_cases(9).found] == [("unknown_order", ref)]
    assert sync_listed(world.ports)["unknown"] == 1
    assert len(world.ports.store.list_cases(9).found) == 1


@pytest.mark.parametrize("gateway", DISPUTING)
def test_one_that_the_gateway_does_not_know_is_not_found(gateway: str) -> None:
    world, _, ref = disputed_at(gateway, delivers_webhooks=False)
    with pytest.raises(NotFound):
        sync_dispute(Account(gateway), ref[:-4] + "0000", SWEEP, world.ports)


def test_an_answer_about_another_dispute_is_no_answer() -> None:
    world, payment_id, ref = disputed_at("razorpay", delivers_webhooks=False)
    adapter: Any = world.ports.gateway(Account("razorpay"))
    real = adapter.fetch_dispute
    world.override("razorpay", fetch_dispute=lambda one: replace(real(one), ref="disp_another"))
    with pytest.raises(Unavailable):
        sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)
    assert disputes(world, payment_id) == []


@pytest.mark.parametrize("named_by", ["our id", "the gateway's name"])
def test_a_dispute_of_a_payment_paid_twice_finds_its_attempt(named_by: str) -> None:
    world = razorpay()
    payment_id = paid_twice(world)
    ends(world)
    copy, stored = world.payment(payment_id).attempts
    made = world.admin("POST", "/_sim/disputes", {"order": stored.id, "amount": 100, "respond_in_s": 9e6}, "razorpay")
    adapter: Any = world.ports.gateway(Account("razorpay"))
    real, subject_id = adapter.fetch_dispute, stored.id if named_by == "our id" else ""

    def of_the_copy(ref: str) -> Any:
        return replace(real(ref), subject_id=subject_id, subject_ref=copy.payment_ref)

    world.override("razorpay", fetch_dispute=of_the_copy)
    dispute, _ = sync_dispute(Account("razorpay"), made["dispute"], SWEEP, world.ports)
    assert dispute
    assert dispute.attempt_id == copy.id
    assert [one.disputed_minor for one in world.payment(payment_id).attempts] == [100, 0]
    assert cases(world) == [("refund_and_dispute", dispute.id)]


def test_one_that_does_not_move_is_checked_every_six_hours_and_not_each_minute() -> None:
    world, _, ref = disputed_at("razorpay", delivers_webhooks=False, respond_in_s=9e6)
    sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)
    world.advance(6 * HOUR_S + 60)
    wanted = world.ledger("razorpay")["calls"]["dispute"]
    swept(world, 5)
    assert world.ledger("razorpay")["calls"]["dispute"] == wanted + 1


def test_a_webhook_whose_check_gets_no_answer_is_checked_again_by_the_sweep() -> None:
    world, payment_id = paid_at("stripe", delivers_webhooks=True)
    world.fault("error_before", "dispute", 2, at="stripe")
    ref = raised(world, payment_id, "stripe")
    swept(world, 3)
    assert the_dispute(world, payment_id).ref == ref


def test_a_gateway_that_does_not_answer_costs_the_list_a_note_and_no_other_gateway() -> None:
    world, payment_id, _ = disputed_at("razorpay", delivers_webhooks=False)
    world.fault("refuse", "dispute", -1, at="razorpay")
    report = sync_listed(world.ports)
    assert (report["failed"], report["complete"]) == (1, False)
    assert "disputes.unlisted" in [line["message"] for line in world.log]
    world.admin("DELETE", "/_sim/faults", at="razorpay")
    assert sync_listed(world.ports)["synced"] == 1
    assert disputes(world, payment_id)


def test_a_list_that_runs_out_of_time_says_so_and_two_do_not_run_at_once() -> None:
    world, payment_id, _ = disputed_at("razorpay", delivers_webhooks=False)
    assert sync_listed(replace(world.ports, time_left=lambda: 1.0))["complete"] is False
    assert disputes(world, payment_id) == []
    now = world.clock.now()
    assert world.ports.store.take_job_lease("disputes", "other", now, now + timedelta(seconds=70))
    assert "skipped" in sync_listed(world.ports)


def disputing(gateway: str, world: World) -> CanDispute:
    adapter = world.ports.gateway(Account(gateway))
    assert isinstance(adapter, CanDispute)
    return adapter


def two_shops() -> tuple[World, dict[str, str]]:
    """A paid payment at each of two gateways, by gateway."""
    world = make_world(1, False, ("phonepe", "razorpay"))
    world.flow.accepts = False
    paid = {}
    for name in ("phonepe", "razorpay"):
        answer = world.initiate(world.order(f"ORD-{name}", gateway=name), name, name.encode())
        world.payer("pay", answer["attempt_id"], at=name)
        paid[name] = answer["payment_id"]
    world.advance(3)
    for payment_id in paid.values():
        refresh_payment(payment_id, world.context())
    return world, paid


def have_been_listed(world: World) -> None:
    """An earlier list had each dispute, and no payment of it was known: an entry of the list makes no call."""

    def get_delivery(account: Account, delivery_id: str) -> Delivery:
        of = (account.gateway, EventKind.DISPUTE, "listed", "", "open", DeliveryState.PARKED, world.clock.now())
        return Delivery(delivery_id, *of)

    world.override_store(locate_dispute=lambda *_: None, get_delivery=get_delivery)


def stops_after(entries: int) -> Callable[[], float]:
    """The time left: enough for so many entries of a list."""
    wanted = itertools.count()
    return lambda: 100.0 if next(wanted) <= entries else 0.0


def test_a_gateway_with_many_disputes_leaves_the_others_their_share_of_the_days() -> None:
    world, paid = two_shops()
    for name, count in (("phonepe", 3), ("razorpay", 1)):
        for _ in range(count):
            raised(world, paid[name], name, 5000, respond_in_s=20 * 86_400)
    for _ in range(4):
        sync_listed(replace(world.ports, time_left=stops_after(3)))
        world.advance(86_400)
    assert [len(disputes(world, paid[name])) for name in paid] == [3, 1]


@pytest.mark.parametrize("gateway", ["razorpay", "stripe", "square"])  # Where a payment may have many.
def test_a_list_that_was_left_off_goes_on_where_it_stopped(gateway: str) -> None:
    world, payment_id = paid_at(gateway)
    raised(world, payment_id, gateway, 5000, respond_in_s=20 * 86_400)
    adapter, pages = disputing(gateway, world), []
    (known,) = adapter.list_disputes(world.clock.now() - BACK, world.clock.now()).disputes

    def list_disputes(since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        pages.append((until, cursor))
        return DisputePage((known,) * 700, str(int(cursor or 0) + 1) if int(cursor or 0) < 4 else "")

    world.override(gateway, list_disputes=list_disputes)
    have_been_listed(world)
    first = sync_listed(world.ports)
    assert (first["complete"], world.metrics["DisputeListsUnfinished"]) == (False, 1)
    began, ended = pages[0][0], [cursor for _, cursor in pages]
    assert ended == ["", "1", "2"]
    world.advance(86_400)
    pages.clear()
    assert sync_listed(world.ports)["complete"] is False  # The rest of yesterday's list, and the beginning of today's.
    assert pages == [(began, "3"), (began, "4"), (began + timedelta(days=1), "")]


def test_a_gateway_with_more_disputes_than_a_day_lists_does_not_use_up_the_next_gateways_day() -> None:
    world, _ = two_shops()
    none = DisputePage((), "")
    known = DisputeSnapshot("D1", Money(100, "INR"), DisputePhase.CHARGEBACK, DisputeStatus.OPEN)
    for name in ("phonepe", "razorpay"):
        pages = iter([DisputePage((known,) * 700, "1"), DisputePage((known,) * 700, "2"), none])
        world.override(name, list_disputes=lambda since, until, cursor="", pages=pages: next(pages))
    have_been_listed(world)
    report = sync_listed(world.ports)
    assert (report["listed"], report["complete"]) == (2800, True)


def test_a_dispute_of_no_known_payment_is_fetched_once_and_not_each_day() -> None:
    world, _, ref = disputed_at("razorpay", delivers_webhooks=False)
    adapter, fetched = disputing("razorpay", world), []
    fetch, listed = adapter.fetch_dispute, adapter.list_disputes

    def foreign(snapshot: DisputeSnapshot) -> DisputeSnapshot:
        return replace(snapshot, subject_ref="pay_another", subject_id="")

    def fetch_dispute(of: str) -> DisputeSnapshot:
        fetched.append(of)
        return foreign(fetch(of))

    def list_disputes(since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        page = listed(since, until, cursor)
        return replace(page, disputes=tuple(map(foreign, page.disputes)))

    world.override("razorpay", fetch_dispute=fetch_dispute)
    world.override("razorpay", list_disputes=list_disputes)
    assert [sync_listed(world.ports)["unknown"] for _ in range(3)] == [1, 1, 1]
    assert fetched == [ref]


def test_the_list_reaches_a_hundred_and_twenty_days_back() -> None:
    world, _ = paid_at("stripe")
    adapter: Any = world.ports.gateway(Account("stripe"))
    real, reach = adapter.list_disputes, list[timedelta]()

    def noting(since: datetime, until: datetime, cursor: str = "") -> Any:
        assert until == world.clock.now()
        reach.append(until - since)
        return real(since, until, cursor)

    world.override("stripe", list_disputes=noting)
    sync_listed(world.ports)
    assert reach == [timedelta(days=120)]


def test_a_page_without_disputes_is_not_the_end_of_a_list_that_goes_on() -> None:
    world, payment_id, _ = disputed_at("stripe", delivers_webhooks=False)
    adapter: Any = world.ports.gateway(Account("stripe"))
    real = adapter.list_disputes

    def empty_first(since: datetime, until: datetime, cursor: str = "") -> Any:
        return real(since, until, "") if cursor == "behind" else DisputePage((), "behind")

    world.override("stripe", list_disputes=empty_first)
    report = sync_listed(world.ports)
    assert (report["listed"], report["synced"], report["complete"]) == (1, 1, True)
    assert len(disputes(world, payment_id)) == 1


@pytest.mark.parametrize("gateway", DISPUTING)
def test_it_is_due_soon_within_its_last_day_and_seen_each_hour(gateway: str) -> None:
    world, payment_id, _ = disputed_at(gateway, respond_in_s=30 * HOUR_S)
    seen = []
    for _ in range(28):
        world.advance(HOUR_S)
        before = world.metrics["DisputeDueSoon"]
        world.sweep()
        seen.append(world.metrics["DisputeDueSoon"] - before)
    assert set(seen[:5]) == {0}
    assert sum(seen) >= 20
    assert the_dispute(world, payment_id).status is DisputeStatus.OPEN


def test_what_was_won_is_raised_anew_in_a_new_phase() -> None:
    world, payment_id, ref = disputed_at("razorpay")
    judged(world, ref, "win", "razorpay")
    assert money(world, payment_id) == (0, 49900, "won")
    judged(world, ref, "reopen", "razorpay")
    assert the_dispute(world, payment_id).phase == "pre_arbitration"
    assert money(world, payment_id) == (20000, 29900, "open")
    assert dispute_events(world, payment_id)[-1] == "dispute.action_required"
    assert world.metrics["DisputeOpened"] == 2


def test_another_requested_answer_is_an_event_though_the_status_stays() -> None:
    world, payment_id, ref = disputed_at("phonepe", delivers_webhooks=False)
    sync_dispute(Account("phonepe"), ref, SWEEP, world.ports)
    adapter: Any = world.ports.gateway(Account("phonepe"))
    real = adapter.fetch_dispute
    with world.restoring():
        world.override("phonepe", fetch_dispute=lambda one: replace(real(one), status=DisputeStatus.UNDER_REVIEW))
        sync_dispute(Account("phonepe"), ref, SWEEP, world.ports)
    assert not the_dispute(world, payment_id).wants_answer
    sync_dispute(Account("phonepe"), ref, SWEEP, world.ports)
    dispute = the_dispute(world, payment_id)
    assert (dispute.status, dispute.wants_answer) == (DisputeStatus.UNDER_REVIEW, True)


@pytest.mark.parametrize("gateway", DISPUTING)
def test_an_unknown_status_opens_one_case_and_no_record(gateway: str) -> None:
    world, payment_id, ref = disputed_at(gateway, delivers_webhooks=False)
    adapter: Any = world.ports.gateway(Account(gateway))
    real = adapter.fetch_dispute
    with world.restoring():
        world.override(gateway, fetch_dispute=lambda one: replace(real(one), status=None, reported_status="PONDERING"))
        for _ in range(2):
            assert sync_dispute(Account(gateway), ref, SWEEP, world.ports)[0] is None
    assert cases(world) == [("dispute_unreadable", ref)]
    assert dispute_events(world, payment_id) == ["dispute.unreadable"]
    sync_dispute(Account(gateway), ref, SWEEP, world.ports)
    assert the_dispute(world, payment_id).status is DisputeStatus.OPEN


def test_other_writers_that_are_first_too_often_end_in_a_conflict() -> None:
    world, _, ref = disputed_at("razorpay", delivers_webhooks=False)

    def conflicts(request: Any) -> None:
        raise errors.cancelled([errors.reason("TransactionConflict")])

    world.client.before = [("transact_write_items", conflicts)] * 12
    with pytest.raises(Conflict):
        sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)


def test_a_gateway_that_this_deployment_never_used_is_passed_over_and_one_in_use_is_not() -> None:
    world, *_ = disputed_at("razorpay")
    world.secrets["razorpay"] = world.secrets["stripe"] = {}
    given = replace(world.ports, known_gateways=("razorpay", "stripe"), accounts=(Account("razorpay"),))
    world.log.clear()
    report = sync_listed(given)
    assert (report["failed"], report["complete"]) == (1, False)
    unlisted = [line for line in world.log if line["message"] in ("disputes.unlisted", "gateway.failed")]
    assert {(line["message"], line["gateway"]) for line in unlisted} == {
        ("disputes.unlisted", "razorpay"),
        ("gateway.failed", "razorpay"),
    }
    assert "field key_id is empty" in str(unlisted[-1]["why"])


def test_a_list_that_ran_out_of_time_within_a_page_reads_it_again() -> None:
    world, _, _ = disputed_at("razorpay", delivers_webhooks=False)
    adapter, pages = disputing("razorpay", world), []
    (known,) = adapter.list_disputes(world.clock.now() - BACK, world.clock.now()).disputes

    def list_disputes(since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        pages.append(cursor)
        return DisputePage((known, known), "" if cursor else "second")

    world.override("razorpay", list_disputes=list_disputes)
    assert sync_listed(replace(world.ports, time_left=stops_after(1)))["complete"] is False
    assert sync_listed(world.ports)["complete"] is True
    assert pages == ["", "", "second", "", "second"]  # Yesterday's page, the rest of its list, and today's list.
    pages.clear()
    assert sync_listed(world.ports)["complete"] is True
    assert pages == ["", "second"]  # No list was cut off.


def test_each_account_s_list_goes_on_where_it_was_left_itself() -> None:
    world, _, _ = disputed_at("razorpay", delivers_webhooks=False)
    accounts = (Account("razorpay"), Account("razorpay", "eu"))
    wanted: list[tuple[str, str]] = []

    def at(account: Account) -> Gateway:
        adapter = copy.copy(world.ports.gateway(Account("razorpay")))

        def list_disputes(since: datetime, until: datetime, cursor: str = "") -> DisputePage:
            wanted.append((account.name, cursor))
            return DisputePage((), "" if cursor or account.name == "eu" else "second")

        adapter.list_disputes = list_disputes  # type: ignore[attr-defined]
        return adapter

    ports = replace(world.ports, gateway=at, accounts=accounts, known_gateways=())
    places = (f"disputes {account}" for account in accounts)
    ports.store.put_position(next(places), Place(world.clock.now(), "third").to_text())
    assert sync_listed(ports)["complete"] is True
    assert wanted == [("main", "third"), ("main", ""), ("main", "second"), ("eu", "")]
    assert [ports.store.get_position(f"disputes {account}") for account in accounts] == ["", ""]


@pytest.mark.parametrize("failure", [Unavailable("no answer"), StoreUnavailable("Throttled")])
def test_a_dispute_that_cannot_be_synced_leaves_the_others_of_its_list(failure: Exception) -> None:
    world, payment_id = paid_at("razorpay")
    refs = [raised(world, payment_id, "razorpay", 5000) for _ in range(2)]
    adapter = disputing("razorpay", world)
    fetch = adapter.fetch_dispute

    def silent_about_the_first(ref: str) -> DisputeSnapshot:
        if ref == refs[0]:
            raise failure
        return fetch(ref)

    world.override("razorpay", fetch_dispute=silent_about_the_first)
    report = sync_listed(world.ports)
    assert (report["failed"], report["synced"], report["complete"]) == (1, 1, True)
    assert [one.ref for one in disputes(world, payment_id)] == refs[1:]
    (line,) = [line for line in world.log if line["message"] == "disputes.unsynced"]
    shown = (line["gateway"], line["subject_id"], line["error"], line["why"])
    assert shown == ("razorpay", refs[0], type(failure).__name__, str(failure))


def test_disputes_of_a_gateway_without_new_payments_are_still_listed() -> None:
    world, payment_id, _ = disputed_at("razorpay", delivers_webhooks=False)
    report = sync_listed(replace(world.ports, known_gateways=("razorpay",), accounts=()))
    assert (report["listed"], report["synced"], report["complete"]) == (1, 1, True)
    assert len(disputes(world, payment_id)) == 1


def test_a_page_that_names_itself_as_the_next_one_is_the_last() -> None:
    world, _ = paid_at("stripe")
    wanted = list[str]()

    def repeating(since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        wanted.append(cursor)
        assert len(wanted) < 9, "the list never ends"
        return DisputePage((), "same")

    world.override("stripe", list_disputes=repeating)
    assert sync_listed(world.ports)["complete"] is True
    assert wanted == ["", "same"]


@pytest.mark.parametrize("is_cut_off", [False, True])
def test_a_list_tells_how_many_disputes_of_its_own_gateway_it_read(is_cut_off: bool) -> None:
    world, paid = two_shops()
    for name in paid:
        for _ in range(2):
            raised(world, paid[name], name, 5000, respond_in_s=20 * 86_400)
    if is_cut_off:
        for name in paid:
            real = disputing(name, world).list_disputes

            def going_on(since: datetime, until: datetime, cursor: str = "", real: Any = real) -> DisputePage:
                page: DisputePage = real(since, until, "")
                return replace(page, disputes=page.disputes * 1000, next_cursor=f"{cursor}x")

            world.override(name, list_disputes=going_on)
        have_been_listed(world)
    report = sync_listed(world.ports)
    code = "disputes.unfinished" if is_cut_off else "disputes.listed"
    reported = {str(line["gateway"]): line["count"] for line in world.log if line["message"] == code}
    number = 2000 if is_cut_off else 2
    assert (report["listed"], reported) == (2 * number, {"phonepe": number, "razorpay": number})
    assert world.metrics["DisputeListsUnfinished"] == (2 if is_cut_off else 0)
