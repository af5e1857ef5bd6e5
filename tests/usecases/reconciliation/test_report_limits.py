"""How much a report contains, how long it works, and when a payment is compared again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.histories.whole import list_cases, list_reports
from payments.domain.records.case import DEPLOYMENT, Case, CaseKind
from payments.domain.records.payment import Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.checkpoints import next_checkpoint
from payments.domain.rules.transitions import outcome_unknown
from payments.domain.values.clock import to_text
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.errors import Unavailable
from payments.usecases.commit import commit
from payments.usecases.reconciliation.compare import Comparison
from payments.usecases.reconciliation.reports import hourly_report
from payments.usecases.reconciliation.run import ISSUES_MAX, Window, add, is_full, new_report, reconcile
from tests.usecases.case.test_decide import refund_of_another_amount
from tests.usecases.reconciliation.test_reports import ended, newest, short_pages, stops_after
from tests.usecases.steps import opened_at, opened_many, paid_at
from tests.world import OWNER, WORKSPACE, World

DAY_S = 86_400


def checkpoints(world: World) -> list[datetime]:
    far = world.clock.now() + timedelta(days=400)
    return [row.at for row in world.ports.store.within(WORKSPACE).list_checkpoints(far, 9)[0]]


def at(world: World, moment: datetime) -> None:
    world.advance((moment - world.clock.now()).total_seconds() + 0.0001)
    assert world.clock.now() == moment


def by_hand(world: World, left_s: float = 1000.0) -> dict[str, Any]:
    now = world.clock.now()
    ports = replace(world.ports, time_left=lambda: left_s)
    return reconcile(Window(now - timedelta(hours=1), now), True, ports.context(WORKSPACE, OWNER))


@pytest.mark.parametrize(("left_s", "number"), [(4.9, 0), (5.0, 1)])
def test_with_less_than_five_seconds_left_no_further_payment_is_compared(left_s: float, number: int) -> None:
    world, _ = opened_at("phonepe")
    assert by_hand(world, left_s)["checked"] == number
    world.advance(9 * DAY_S)
    hourly_report(replace(world.ports, time_left=lambda: left_s))
    assert [report["checked"] for report in list_reports(WORKSPACE, world.ports)] == [1] * number


@pytest.mark.parametrize(("issues", "fixes", "written_off", "full"), [(499, 0, 0, False), (200, 200, 100, True)])
def test_a_report_has_room_for_five_hundred_entries_of_all_its_lists(
    issues: int, fixes: int, written_off: int, full: bool
) -> None:
    document: dict[str, object] = {"issues": [{}] * issues, "fixes": [{}] * fixes, "written_off": [{}] * written_off}
    assert is_full(document) is full


def open_cases(world: World, payment_id: str, number: int) -> None:
    """One after the other, in as many transactions as needed."""
    store = world.ports.store.within(WORKSPACE)
    for first in range(0, number, 50):
        cases = tuple(
            Case(CaseKind.REFUND_MISMATCH, f"{n:03}", WORKSPACE, world.clock.now(), "", payment_id)
            for n in range(first, min(number, first + 50))
        )

        def decide(read: Payment, cases: tuple[Case, ...] = cases) -> Any:
            return replace(outcome_unknown(read, read.current.id, OWNER, world.clock.now()), records=cases)

        commit(world.context(), lambda: store.get_payment(payment_id), decide)


def test_a_report_shows_a_hundred_of_a_workspaces_open_cases() -> None:
    world, answer = opened_at("phonepe")
    open_cases(world, answer["payment_id"], 101)
    assert world.metrics["CaseOpened"] == 101
    assert len(by_hand(world)["cases"]) == 100
    assert hourly_report(world.ports)["open_cases"] == 100


def test_the_cases_of_no_workspace_are_all_listed_and_a_hundred_are_counted(world: World) -> None:
    for number in range(201):
        world.ports.store.put_case(Case(CaseKind.UNKNOWN_ORDER, f"SHOP-{number}", "", world.clock.now(), ""))
    assert len(list_cases(DEPLOYMENT, world.ports)) == 201
    assert hourly_report(world.ports)["open_cases"] == 100


def test_reports_are_listed_newest_first(world: World) -> None:
    store = world.ports.store.within(WORKSPACE)
    for number in range(11):
        store.put_report(f"rec_{number:03}", json.dumps({"number": number}))
    assert [report["number"] for report in list_reports(WORKSPACE, world.ports)] == list(range(10, -1, -1))


def test_what_passes_its_checkpoint_within_the_hour_is_in_the_next_hours_report() -> None:
    world, payment_id = paid_at("phonepe")
    checkpoint = next_checkpoint(world.payment(payment_id))
    assert checkpoint
    assert checkpoint.minute < 59
    at(world, checkpoint + timedelta(seconds=1))
    assert hourly_report(world.ports)["checked"] == 0
    at(world, checkpoint.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    assert hourly_report(world.ports)["checked"] == 1


def test_what_is_silent_is_tried_again_after_an_hour_and_what_is_refused_after_a_day() -> None:
    world, _ = paid_at("razorpay")
    world.advance(2 * DAY_S)
    world.fault("error_before", "*", times=-1, at="razorpay")
    hourly_report(world.ports)
    assert checkpoints(world) == [world.clock.now() + timedelta(hours=1)]
    world.override("razorpay", fetch_payment=lambda attempt: Snapshot(Status.CREATED))
    world.advance(2 * 3600)
    hourly_report(world.ports)
    assert checkpoints(world) == [world.clock.now() + timedelta(days=1)]


def test_a_payment_that_is_refused_and_whose_refund_is_silent_is_tried_again_after_an_hour() -> None:
    world, payment_id = paid_at("razorpay")
    world.refund(payment_id, 10000)

    def silent(*_: object) -> None:
        raise Unavailable("no answer")

    world.override("razorpay", fetch_payment=lambda attempt: Snapshot(Status.CREATED))
    world.override("razorpay", fetch_refund=silent)
    world.advance(2 * DAY_S)
    hourly_report(world.ports)
    (report,) = list_reports(WORKSPACE, world.ports)
    issues: Any = report["issues"]
    assert [issue["kind"] for issue in issues] == ["refused", "unanswered"]
    assert checkpoints(world) == [world.clock.now() + timedelta(hours=1)]


def test_an_issue_names_the_payment_and_what_of_it_differs() -> None:
    world, payment_id = paid_at("razorpay")
    refund_id = world.refund(payment_id, 10000)["refund_id"]
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(5)
    issues: Any = by_hand(world)["issues"]
    assert [(issue["payment_id"], issue["subject_id"]) for issue in issues] == [
        (payment_id, attempt_id),
        (payment_id, refund_id),
    ]
    world.fault("error_before", "*", times=-1, at="razorpay")
    issues = by_hand(world)["issues"]
    assert [(issue["payment_id"], issue["subject_id"], issue["kind"]) for issue in issues] == [
        (payment_id, attempt_id, "unanswered"),
        (payment_id, refund_id, "unanswered"),
    ]


def test_a_window_is_reported_as_it_was_requested_and_a_full_one_ends_nowhere() -> None:
    world, _ = opened_at("phonepe")
    now = world.clock.now()
    report = by_hand(world)
    assert (report["created_from"], report["created_to"]) == (
        (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    )
    assert (report["complete"], report["next_place"], report["actor"]) == (True, None, OWNER.actor)
    assert report["dry_run"] is True


def issue(payment_id: str, kind: str) -> dict[str, object]:
    return {"payment_id": payment_id, "subject_id": payment_id, "kind": kind, "note": ""}


def test_each_silence_that_is_not_shown_is_counted_and_nothing_else_of_its_payment() -> None:
    document = new_report("rec_1", WORKSPACE, OWNER, datetime.fromisoformat("2026-01-05T00:00:00+00:00"))
    for number in range(50):
        add(document, Comparison(f"pay_{number}", issues=[issue(f"pay_{number}", "unanswered")]))
    assert not document["unanswered_more"]
    differs = issue("pay_50", "behind_gateway")
    add(document, Comparison("pay_50", issues=[differs, issue("pay_50", "refused")]))
    assert document["unanswered_more"] == 1
    shown: Any = document["issues"]
    assert (len(shown), shown[-1]) == (51, differs)
    silent = [issue("pay_51", "unanswered") | {"subject_id": each} for each in ("att_1", "rfd_1", "rfd_2")]
    add(document, Comparison("pay_51", issues=silent))
    assert (document["unanswered_more"], document["issues"]) == (4, shown)


def test_a_report_names_what_its_cases_are_about() -> None:
    world, payment_id = refund_of_another_amount()
    (refund,) = world.refunds(payment_id)
    (case,) = by_hand(world)["cases"]
    assert (case["subject_id"], case["kind"]) == (refund.id, "refund_mismatch")


def test_a_window_that_fills_its_report_goes_on_in_the_next_one(silent_world: World) -> None:
    world = silent_world
    opened_many(world, ISSUES_MAX + 1)
    world.clock.sleep(1)
    declined = Snapshot(Status.FAILED, failure=Failure(FailureCode.DECLINED))
    world.override("phonepe", fetch_payment=lambda attempt: declined)
    now = world.clock.now()
    first = reconcile(Window(now - timedelta(hours=1), now), True, world.context())
    assert (first["checked"], first["complete"], bool(first["next_place"])) == (ISSUES_MAX, False, True)
    window = Window(now - timedelta(hours=1), now, str(first["next_place"]))
    rest = reconcile(window, True, world.context())
    assert (rest["checked"], rest["complete"]) == (1, True)


def test_a_report_that_a_second_run_goes_on_with_ends_when_that_one_does(silent_world: World) -> None:
    world = silent_world
    short_pages(world, 1)
    for number in range(2):
        ended(world, WORKSPACE, number)
    world.advance(8 * DAY_S)
    hourly_report(stops_after(1, world))
    first = newest(world)
    world.clock.sleep(60)
    hourly_report(world.ports)
    second = newest(world)
    assert (first["complete"], second["complete"]) == (False, True)
    assert (second["started_at"], second["ended_at"]) == (first["started_at"], to_text(world.clock.now()))
    assert second["ended_at"] != first["ended_at"]
