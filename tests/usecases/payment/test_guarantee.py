"""What could break the guarantee itself: rows that fail, starve or drop out; races that are rare."""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.histories.whole import list_cases
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Rejected
from payments.store.contract.due import Lane
from payments.store.contract.stores import WorkspaceStore
from payments.usecases.errors import InvalidState
from payments.usecases.ports import Ports
from payments.usecases.refund.sync import sync_refund
from tests.usecases.steps import take_every_lane
from tests.world import WORKSPACE, OneAtATime, World

LOGIN = hashlib.sha256(b"sim_user:simPass123").hexdigest()


def paid(world: World, order: str = "ORD-1") -> dict[str, Any]:
    answer = world.initiate(world.order(order), f"key {order}", order.encode())
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "completed"
    return answer


def send(world: World, event: str, **payload: str) -> None:
    world.webhook(json.dumps({"event": event, "payload": payload}).encode(), {"Authorization": LOGIN})


def rounds(world: World, count: int, seconds: float = 61) -> None:
    for _ in range(count):
        world.advance(seconds)
        world.sweep()


def test_a_webhook_of_a_payment_that_names_a_refund_harms_nothing(silent_world: World) -> None:
    world = silent_world
    refund = world.refund(paid(world)["payment_id"], 10000)
    other = world.initiate(world.order("ORD-2"), "k2", b"2")
    world.payer("pay", other["attempt_id"])
    lie = {
        "event": "checkout.order.completed",
        "payload": {"merchantOrderId": refund["refund_id"], "state": "COMPLETED"},
    }
    world.webhook(json.dumps(lie).encode(), {"Authorization": LOGIN})
    rounds(world, 2)
    assert world.payment(other["payment_id"]).status == "completed"


def test_a_row_that_cannot_be_read_does_not_stop_the_sweep(silent_world: World) -> None:
    world = silent_world
    first = world.initiate(world.order("ORD-1"), "k1", b"1")
    second = world.initiate(world.order("ORD-2"), "k2", b"2")
    for answer in (first, second):
        world.payer("pay", answer["attempt_id"])

    def explode(store: WorkspaceStore, payment_id: str) -> Payment:
        if payment_id == first["payment_id"]:
            raise StopIteration
        return store.get_payment(payment_id)

    world.override_workspace_store(get_payment=explode)
    world.clock.sleep(61)
    assert world.sweep()["failed"] == 1
    assert world.payment(second["payment_id"]).status == "completed"
    assert "skipped" not in world.sweep()


def test_an_open_attempt_is_checked_however_long_it_was_not(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(8 * 86_400)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "completed"


def test_a_refund_key_is_good_for_one_refund_for_ever(silent_world: World) -> None:
    world = silent_world
    payment_id = paid(world)["payment_id"]
    first = world.refund(payment_id, 10000, "k")
    rounds(world, 4)
    world.clock.sleep(30 * 86_400)
    assert world.refund(payment_id, 10000, "k") == first
    assert [refund["amount"] for refund in world.ledger()["refunds"]] == [10000]


def test_two_debits_of_one_order_are_seen_and_put_under_review(silent_world: World) -> None:
    world = silent_world
    world.fault("double_pay", "pay")
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(5)
    rounds(world, 2)
    assert len(world.ledger()["captures"]) == 2
    payment = world.payment(answer["payment_id"])
    assert payment.review_kind == "amount"
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == ["amount_mismatch"]


def test_a_refusal_of_a_second_sending_does_not_fail_the_first(silent_world: World) -> None:
    """Two callers send one refund: the gateway refuses the second because the first is in progress."""
    world = silent_world
    payment_id = paid(world)["payment_id"]
    world.fault("error_before", "refund")
    request = world.refund(payment_id, 10000)
    gateway: Any = world.ports.gateway(Account("phonepe"))
    fetch, create = gateway.fetch_refund, gateway.create_refund
    looks = iter([Snapshot(Status.CREATED)])

    def lagging(refund: Any, attempt: Any) -> Snapshot:
        return next(looks, None) or fetch(refund, attempt)

    def refuses_second(refund: Any, attempt: Any) -> Snapshot:
        create(refund, attempt)
        raise Rejected("another refund is in progress", code="REFUND_NOT_ALLOWED")

    world.override("phonepe", fetch_refund=lagging, create_refund=refuses_second)
    rounds(world, 6)
    (refund,) = world.refunds(payment_id)
    assert (refund.id, refund.status) == (request["refund_id"], "completed")


def test_a_refund_that_failed_here_and_was_done_there_is_a_case(silent_world: World) -> None:
    world = silent_world
    payment_id = paid(world)["payment_id"]
    request = world.refund(payment_id, 10000)
    world.admin("POST", f"/_sim/refunds/{request['refund_id']}", {"act": "fail"})
    rounds(world, 2)
    world.override("phonepe", fetch_refund=lambda refund, attempt: Snapshot(Status.COMPLETED, refund.amount))
    send(world, "pg.refund.completed", merchantRefundId=request["refund_id"], state="COMPLETED")
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == ["refund_mismatch"]


def test_an_older_attempt_that_errs_does_not_hide_the_live_one(silent_world: World) -> None:
    world = silent_world
    first = world.initiate()
    world.payer("decline", first["attempt_id"])
    rounds(world, 2)
    second = world.retry(first["payment_id"])
    world.payer("pay", second["attempt_id"])
    gateway: Any = world.ports.gateway(Account("phonepe"))
    fetch = gateway.fetch_payment

    def errs(attempt: Any) -> Snapshot:
        if attempt.id == first["attempt_id"]:
            raise Rejected("no", code="NEW_CODE")
        return fetch(attempt)  # type: ignore[no-any-return]

    world.override("phonepe", fetch_payment=errs)
    rounds(world, 3)
    assert world.payment(first["payment_id"]).status == "completed"


def test_an_index_that_lags_does_not_end_the_sweep_early(silent_world: World) -> None:
    world = silent_world
    for n in range(20):
        world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)
    world.clock.sleep(61)
    frozen: dict[tuple[Lane, str], list[Any]] = {}
    real = world.ports.store.list_due

    def stale(lane: Lane, subject: str, before: Any, limit: int, cursor: Any = None) -> Any:
        rows = frozen.setdefault((lane, subject), list(real(lane, subject, before, 1000)[0]))
        start = cursor["at"] if cursor else 0
        end = start + min(limit, 3)
        return rows[start:end], ({"at": end} if end < len(rows) else None)

    world.override_store(list_due=stale)
    assert world.sweep()["checked"] == 20


def four_rows_at_most(ports: Ports) -> Ports:
    """A sweep's time is over once it has started so many rows."""
    started = [0]

    class Crew(OneAtATime):
        def __init__(self) -> None:
            started[0] = 0

        def start(self, job: Any) -> None:
            started[0] += 1
            super().start(job)

    return replace(ports, crew=lambda: nullcontext(Crew()), time_left=lambda: 1000.0 if started[0] < 4 else 4.0)


def test_refunds_have_their_turn_however_many_payments_are_open(silent_world: World) -> None:
    world = silent_world
    payment_id = paid(world, "ORD-paid")["payment_id"]
    world.fault("refuse", "refund")
    world.refund(payment_id, 10000)
    for n in range(4):
        world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)
    world.ports = four_rows_at_most(world.ports)
    rounds(world, 12)
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]


def test_a_waiting_refund_is_not_overtaken_by_later_ones(silent_world: World) -> None:
    world = silent_world
    payment_id = paid(world)["payment_id"]
    world.refund(payment_id, 1000, "a")
    waiting = world.refund(payment_id, 1000, "b")
    world.advance(10)
    first = world.refunds(payment_id)[0]
    sync_refund(payment_id, first.id, world.context(Why("gateway", "webhook")))
    assert world.refund(payment_id, 1000, "c")["status"] == "created", "the slot is free, but not for a newcomer"
    rounds(world, 2)
    states = {refund.id: refund.status for refund in world.refunds(payment_id)}
    assert states[waiting["refund_id"]] in ("processing", "completed")


def test_an_outage_shows_in_the_gauges(silent_world: World) -> None:
    world = silent_world
    world.initiate(world.order(expires_in_s=3600))
    world.fault("error_before", "status", times=-1)
    world.clock.sleep(1860)
    world.sweep()
    assert world.metrics["PendingOver30Min"] == 1


def test_no_refund_passes_under_a_review(silent_world: World) -> None:
    world = silent_world
    answer = paid(world)
    world.fault("wrong_amount", "status", times=-1)
    events = {
        "event": "checkout.order.completed",
        "payload": {"merchantOrderId": answer["attempt_id"], "state": "COMPLETED"},
    }
    world.webhook(json.dumps(events).encode(), {"Authorization": LOGIN})
    assert world.payment(answer["payment_id"]).review_kind == "amount"
    with pytest.raises(InvalidState):
        world.refund(answer["payment_id"], 1000)


def test_a_throttle_while_recording_the_address_is_not_the_end_of_it(silent_world: World) -> None:
    world = silent_world

    def throttled(_: Any) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "TransactWriteItems")

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", throttled)]
    assert world.initiate()["is_there"]


def test_a_page_of_two_hundred_payments_is_read(silent_world: World) -> None:
    world = silent_world
    for n in range(105):
        world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)
    now = world.clock.now()
    page = world.ports.store.within(WORKSPACE).list_payments(now - timedelta(hours=1), now, 200, None, None)
    assert len(page.found) == 105


def test_a_lease_from_a_clock_that_ran_ahead_does_not_last(silent_world: World) -> None:
    world = silent_world
    tomorrow = world.clock.now() + timedelta(days=1)
    world.initiate()
    take_every_lane(world, "ahead", tomorrow)
    world.clock.sleep(61)
    assert world.sweep()["checked"] == 1


def test_an_attempt_that_errs_does_not_hide_an_older_one(silent_world: World) -> None:
    world = silent_world
    first = world.initiate()
    world.payer("decline", first["attempt_id"])
    rounds(world, 2)
    second = world.retry(first["payment_id"])
    fetched = list[str]()

    def errs(attempt: Any) -> Snapshot:
        fetched.append(attempt.id)
        raise Rejected("no", code="NEW_CODE")

    world.override("phonepe", fetch_payment=errs)
    rounds(world, 3)
    assert set(fetched) == {first["attempt_id"], second["attempt_id"]}
