"""Lists by an index: payments, their checkpoints and approvals; and lookups by an id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.domain.change import Reference, unchanged
from payments.domain.records.approval import Approval, ApprovalKind
from payments.domain.records.payment import Payment
from payments.domain.rules import transitions
from payments.domain.values.money import Money
from payments.store.contract.errors import BrokenBooks, Conflict
from tests.store.dynamodb.test_conditions import paid, refuses
from tests.world import OWNER, WORKSPACE, World

DAY = timedelta(days=1)


def opened(world: World, count: int, apart_s: float = 60) -> list[Payment]:
    made = []
    for number in range(count):
        answer = world.initiate(world.order(f"ORD-{number}"), f"k{number}", b"%d" % number)
        made.append(world.payment(answer["payment_id"]))
        world.clock.sleep(apart_s)
    return made


def ids_of(payments: Iterable[Payment]) -> list[str]:
    return [payment.id for payment in payments]


def test_payments_are_listed_from_the_first_moment_to_the_last_and_no_others(world: World) -> None:
    made, store = opened(world, 4), world.ports.store.within(WORKSPACE)
    first, last = made[1].created_at, made[2].created_at
    assert ids_of(store.list_payments(first, last, 9, None, None).found) == ids_of(made[2:0:-1])
    moment = timedelta(milliseconds=1)
    assert ids_of(store.list_payments(first + moment, last - moment, 9, None, None).found) == []


def test_a_list_goes_on_from_december_to_january(world: World) -> None:
    made, store = opened(world, 6, 20 * 86_400), world.ports.store.within(WORKSPACE)
    assert (made[0].created_at.year, made[-1].created_at.year) == (2026, 2027)
    page = store.list_payments(made[0].created_at, world.clock.now(), 9, None, None)
    assert (ids_of(page.found), page.next_cursor) == (ids_of(made[::-1]), None)
    page = store.list_payments(made[0].created_at, world.clock.now(), 4, None, None)
    assert ids_of(page.found) == ids_of(made[:1:-1])  # A page over several months is as long as any other.


def test_a_list_of_one_status_has_no_other_and_a_page_of_it_is_filled_over_the_others(world: World) -> None:
    made, store = opened(world, 6), world.ports.store.within(WORKSPACE)
    for payment in (made[0], made[4]):
        world.payer("pay", payment.current.id)
    world.advance(1)
    found, cursor = list[str](), None
    for _ in range(9):
        page = store.list_payments(made[0].created_at, world.clock.now(), 1, cursor, "completed")
        assert len(page.found) <= 1
        found += ids_of(page.found)
        if (cursor := page.next_cursor) is None:
            break
    assert found == [made[4].id, made[0].id]


def test_a_list_of_one_status_reads_no_payment_of_another(world: World) -> None:
    made, store = opened(world, 3), world.ports.store.within(WORKSPACE)
    before = world.client.calls["batch_get_item"]
    page = store.list_payments(made[0].created_at, world.clock.now(), 9, None, "completed")
    assert (page.found, page.next_cursor, world.client.calls["batch_get_item"]) == ((), None, before)


def test_a_payment_whose_status_the_index_does_not_know_yet_is_left_out(world: World) -> None:
    (payment,), store = opened(world, 1), world.ports.store.within(WORKSPACE)

    def is_paid(_: Any) -> None:
        world.payer("pay", payment.current.id)
        world.advance(1)

    world.client.after.append(("query", is_paid))
    page = store.list_payments(payment.created_at, world.clock.now(), 9, None, "pending")
    assert page.found == ()
    assert world.payment(payment.id).status == "completed"


def test_a_list_of_many_empty_months_ends_and_says_where_it_goes_on(world: World) -> None:
    (payment,), store = opened(world, 1), world.ports.store.within(WORKSPACE)
    until = payment.created_at + timedelta(days=365 * 3)
    page = store.list_payments(payment.created_at, until, 1, None, "pending")
    assert page.found == ()
    assert page.next_cursor
    rest = store.list_payments(payment.created_at, until, 1, page.next_cursor, "pending")
    assert ids_of(rest.found) == [payment.id]


def checkpoints(world: World, before: datetime, limit: int = 2) -> list[tuple[str, datetime]]:
    """All pages."""
    store = world.ports.store.within(WORKSPACE)
    rows, cursor = store.list_checkpoints(before, limit)
    found = [(row.payment_id, row.at) for row in rows]
    for _ in range(9):
        if cursor is None:
            break
        rows, cursor = store.list_checkpoints(before, limit, cursor)
        assert len(rows) <= limit
        found += [(row.payment_id, row.at) for row in rows]
    return found


def test_payments_to_be_reconciled_are_listed_page_by_page_the_oldest_first(world: World) -> None:
    made = opened(world, 5)
    expected = [(payment.id, payment.current.expires_at + 7 * DAY) for payment in made]
    assert checkpoints(world, expected[-1][1]) == expected
    assert checkpoints(world, expected[2][1]) == expected[:3]
    assert checkpoints(world, expected[0][1] - timedelta(milliseconds=1)) == []
    assert world.ports.store.within("ws_other").list_checkpoints(expected[-1][1], 9)[0] == []


def test_a_payment_has_its_next_checkpoint_until_the_last_one_was_passed(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    captured_at, later = payment.current.captured_at, world.clock.now() + 400 * DAY
    assert captured_at
    for passed, following in ((1, 7), (7, 35)):
        at = captured_at + passed * DAY
        store.pass_checkpoints(replace(world.payment(payment.id), reconciled_at=at))
        assert checkpoints(world, later) == [(payment.id, captured_at + following * DAY)]
        assert world.payment(payment.id).reconciled_at == at
    store.pass_checkpoints(replace(world.payment(payment.id), reconciled_at=captured_at + 36 * DAY))
    assert checkpoints(world, later) == []
    (row,) = (item for item in world.tables()["payment_transactions"] if item["sk"] == {"S": "PAYMENT"})
    assert not [name for name in row if name.startswith("checkpoint")]


def test_a_checkpoint_is_deferred_unless_another_writer_has_moved_it(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    later = world.clock.now() + 400 * DAY
    (row,), _ = store.list_checkpoints(later, 9)
    store.defer_checkpoint(row, row.at + DAY)
    store.defer_checkpoint(row, row.at + 2 * DAY)  # Decided on the old time.
    assert checkpoints(world, later) == [(payment.id, row.at + DAY)]
    store.defer_checkpoint(replace(row, at=row.at + 3 * DAY), row.at + 4 * DAY)  # It was brought forward meanwhile.
    assert checkpoints(world, later) == [(payment.id, row.at + DAY)]


def test_approvals_are_listed_newest_first_and_no_more_than_requested(world: World) -> None:
    payment, store, now = paid(world), world.ports.store.within(WORKSPACE), world.clock.now()
    for number in range(3):
        approval = Approval(
            f"apr_{number}", WORKSPACE, payment.id, ApprovalKind.DECISION, payment.id, Money(1, "INR"), "user:a", now,
            now + DAY,
        )  # fmt: skip
        change = transitions.outcome_unknown(world.payment(payment.id), payment.current.id, OWNER, now)
        store.save(replace(change, records=(approval,)))
    first = store.list_approvals(2)
    assert ([one.id for one in first.found], first.next_cursor) == (["apr_2", "apr_1"], "apr_1")
    rest = store.list_approvals(2, first.next_cursor)
    assert ([one.id for one in rest.found], rest.next_cursor) == (["apr_0"], None)
    assert store.list_approvals(3).next_cursor is None
    again = replace(unchanged(world.payment(payment.id)), records=(replace(approval, version=1),))
    with pytest.raises(Conflict):
        store.save(again)


def test_events_are_listed_in_their_order_however_many_there_are(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    for _ in range(12):
        store.save(referring(world, payment))
    seqs = [event.seq for event in store.list_events(payment.id)]
    assert seqs == list(range(1, payment.version + 13))


# Lookups by an id.


def referring(world: World, payment: Payment, *references: Reference) -> Any:
    change = transitions.outcome_unknown(world.payment(payment.id), payment.current.id, OWNER, world.clock.now())
    return replace(change, references=references)


def test_a_gateways_id_leads_to_one_subject_and_may_be_reported_again_of_its_payment_alone(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    reported = Reference("pi_1", payment.current.id, "stripe", is_ours=False)
    for _ in range(2):
        store.save(referring(world, payment, reported, reported))  # Also twice in one change.
    found = world.ports.store.locate_by_ref("stripe", "pi_1")
    assert found
    assert (found.workspace_id, found.stream_id, found.subject_id) == (WORKSPACE, payment.id, payment.current.id)
    assert world.ports.store.locate_by_ref("razorpay", "pi_1") is None
    store.save(referring(world, payment, replace(reported, subject_id="att_extra")))
    found = world.ports.store.locate_by_ref("stripe", "pi_1")
    assert found
    assert (found.stream_id, found.subject_id) == (payment.id, "att_extra")
    other = world.payment(world.initiate(world.order("ORD-2"), "key-2", b"other")["payment_id"])
    refuses(world, referring(world, other, replace(reported, subject_id=other.current.id)))


def test_an_id_of_ours_is_given_once_and_is_known_at_the_gateway_of_its_own_attempt(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    for name in ("att_second", "rfd_second", "dsp_second"):
        reported = Reference(name, name, "stripe")
        store.save(referring(world, payment, reported))
        refuses(world, referring(world, payment, reported))
    for name in ("att_second", "rfd_second"):
        found = world.ports.store.locate("stripe", name)
        assert found
        assert (found.stream_id, found.subject_id) == (payment.id, name)
        assert world.ports.store.locate(payment.current.gateway, name) is None


# Counters that contradict one another.


@pytest.mark.parametrize(
    "counters",
    [
        {"reserved_minor": -1},
        {"refunded_minor": -1},
        {"written_off_minor": -1},
        {"disputed_minor": -1},
        {"reserved_minor": 49901},
        {"refunded_minor": 49901},
        {"written_off_minor": 49901},
        {"reserved_minor": 20000, "refunded_minor": 20000, "written_off_minor": 9901},
    ],
)
@pytest.mark.parametrize("is_earlier", [True, False])
def test_no_attempt_of_a_payment_refunds_more_than_it_captured(
    world: World, counters: dict[str, int], is_earlier: bool
) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    broken, sound = replace(payment.current, **counters), replace(payment.current, id="att_sound")  # type: ignore[arg-type]
    attempts = (broken, sound) if is_earlier else (sound, broken)
    before = world.tables()
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    with pytest.raises(BrokenBooks, match=payment.current.id):
        store.save(replace(change, payment=replace(change.payment, attempts=attempts)))
    assert world.tables() == before


def test_all_that_was_captured_may_go_back(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    spent = payment.with_attempt(
        replace(payment.current, reserved_minor=20000, refunded_minor=20000, written_off_minor=9900)
    )
    store.save(transitions.outcome_unknown(spent, payment.current.id, OWNER, world.clock.now()))
    assert world.payment(payment.id).current.available_minor == 0


def test_what_is_available_of_a_payment_is_of_the_winning_attempt(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    later = replace(payment.current, id="att_later", gateway="stripe", captured_minor=100)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    store.save(replace(change, payment=replace(change.payment, attempts=(payment.current, later))))
    (row,) = (item for item in world.tables()["payment_transactions"] if item["sk"] == {"S": "PAYMENT"})
    assert row["available"] == {"N": "49900"}
    assert row["due_shard"]["S"].startswith("DUE#stripe#")  # The current attempt's gateway decides the lane.
