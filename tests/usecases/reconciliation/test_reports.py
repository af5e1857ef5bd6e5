"""The hourly reports: each payment is compared at its checkpoints, whatever stops a run."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.histories.shop import ANSWERS
from dev.histories.whole import list_cases, list_reports
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.checkpoints import next_checkpoint
from payments.domain.values.account import Account
from payments.domain.values.clock import to_text
from payments.domain.values.ids import RECONCILIATION, named
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Unavailable
from payments.store.contract.errors import StoreUnavailable
from payments.store.contract.stores import WorkspaceStore
from payments.usecases.idempotency import key_of
from payments.usecases.payment.create import initiate_payment
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.ports import Ports
from payments.usecases.reconciliation.reports import hourly_report
from payments.usecases.reconciliation.run import ISSUES_MAX, RESERVE_S, Window, new_report, reconcile
from tests.usecases.steps import REFRESH, opened_at, paid_at
from tests.world import OWNER, WORKSPACE, World, make_world

DAY_S = 86_400
OTHER = "ws_other"


def newest(world: World, workspace_id: str = WORKSPACE) -> dict[str, Any]:
    report: dict[str, Any] = list_reports(workspace_id, world.ports)[0]
    return report


def checked(world: World) -> object:
    return hourly_report(world.ports)["checked"]


def ended(world: World, workspace_id: str, number: int) -> dict[str, Any]:
    """An unpaid payment whose order has expired."""
    order = world.order(f"ORD-{number}", workspace=world.read_workspace(workspace_id), expires_in_s=300)
    key = key_of("create_payment", f"k{number}", b"", ANSWERS)
    reply = initiate_payment(order, key, world.ports.context(workspace_id, OWNER))
    answer: dict[str, Any] = json.loads(reply.body)
    return answer


def lapsed(world: World) -> str:
    """A payment whose order expired unpaid; its id."""
    answer = world.initiate(world.order(expires_in_s=300))
    world.advance(301)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "expired"
    return str(answer["payment_id"])


def stops_after(payments: int, world: World) -> Ports:
    """An invocation whose time is over after it has started so many payments."""
    request = itertools.count()
    step_s = RESERVE_S / 10

    def left() -> float:
        return RESERVE_S + (payments - next(request)) * step_s

    return replace(world.ports, time_left=left)


def short_pages(world: World, size: int) -> None:
    """The store returns so few checkpoints at once."""
    world.override_workspace_store(
        list_checkpoints=lambda store, before, limit, cursor: store.list_checkpoints(before, size, cursor)
    )


def has_found(world: World, number: int) -> None:
    """An earlier run of this hour has stored so many issues."""
    now = world.clock.now()
    report_id = named(RECONCILIATION, now.replace(minute=0, second=0, microsecond=0), WORKSPACE)
    issue = {"subject_id": "", "kind": "behind_gateway", "note": ""}
    document = new_report(report_id, WORKSPACE, Why("system", "hourly report"), now)
    document["issues"] = [{"payment_id": f"pay_{one}", **issue} for one in range(number)]
    world.ports.store.within(WORKSPACE).put_report(report_id, json.dumps(document))


def test_a_paid_payment_is_compared_three_times_and_then_no_more() -> None:
    world, _ = paid_at("phonepe")
    found = []
    for _ in range(40):
        found += [checked(world) for _ in range(3)]
        world.advance(DAY_S)
    assert sum(map(int, map(str, found))) == 3
    assert [day for day, number in enumerate(found[::3]) if number] == [2, 8, 36]  # In the first hour after each.


def test_an_unpaid_payment_is_compared_once() -> None:
    world, _ = paid_at("phonepe")
    world.initiate(world.order("ORD-2"), "k2", b"2")
    found = []
    for _ in range(12):
        world.advance(DAY_S)
        found.append(checked(world))
    assert found == [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]


def test_a_late_retry_is_compared_seven_days_after_its_own_expiry(silent_world: World) -> None:
    world = silent_world
    payment_id = lapsed(world)
    world.advance(8 * DAY_S)
    assert checked(world) == 1
    world.retry(payment_id)
    payment = world.payment(payment_id)
    assert next_checkpoint(payment) == payment.current.expires_at + timedelta(days=7)
    world.advance(8 * DAY_S)
    assert checked(world) == 1


def test_a_payment_counts_as_reconciled_at_the_whole_hour_of_its_report() -> None:
    world, payment_id = paid_at("phonepe")
    world.advance(2 * DAY_S + 1200)
    hour = world.clock.now().replace(minute=0, second=0, microsecond=0)
    assert world.clock.now() != hour
    hourly_report(world.ports)
    assert world.payment(payment_id).reconciled_at == hour


def test_a_refund_of_an_attempt_that_was_paid_late_is_compared_though_the_live_one_is_unpaid(
    silent_world: World,
) -> None:
    world = silent_world
    world.fault("late_success", "pay")
    payment_id = lapsed(world)
    first_id = world.payment(payment_id).current.id
    world.payer("decline", world.retry(payment_id)["attempt_id"])
    for seconds in (3600, 1300):
        world.advance(seconds)
        world.sweep()
    payment = world.payment(payment_id)
    assert payment.winning_attempt
    assert (payment.status, payment.current.captured_minor, payment.winning_attempt.id) == ("completed", 0, first_id)
    world.refund(payment_id, 10000)
    world.advance(2 * DAY_S)
    hourly_report(world.ports)
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]


def test_a_refund_that_a_report_finds_completed_is_recovered() -> None:
    world, payment_id = paid_at("phonepe")
    world.refund(payment_id, 10000)
    world.advance(2 * DAY_S)
    hourly_report(world.ports)
    assert newest(world)["recovered"] == 1


def by_hand(world: World) -> dict[str, Any]:
    now = world.clock.now()
    return reconcile(Window(now - timedelta(hours=1), now), False, world.context())


def test_what_is_found_paid_and_refunded_in_part_at_once_is_recovered() -> None:
    world, answer = opened_at("razorpay")
    world.payer("pay", answer["attempt_id"], at="razorpay")
    world.advance(5)
    world.admin("POST", "/_sim/dashboard_refunds", {"order": answer["attempt_id"], "amount": 100}, "razorpay")
    world.advance(5)
    assert by_hand(world)["recovered"] == 1
    assert world.timeline(answer["payment_id"])[-2:] == ["attempt.completed", "refund.imported"]


def test_what_is_found_paid_and_paid_again_with_another_amount_is_a_disagreement_and_not_mended() -> None:
    world, answer = opened_at("razorpay")
    world.fault("double_pay", "pay", at="razorpay")
    world.payer("pay", answer["attempt_id"], at="razorpay")
    world.advance(61)
    adapter = world.ports.gateway(Account("razorpay"))
    fetch = adapter.fetch_payment

    def lying(attempt: Attempt) -> Snapshot:
        snapshot = fetch(attempt)
        others = tuple(replace(captured, amount=Money(59900, "INR")) for captured in snapshot.extra_captures)
        return replace(snapshot, extra_captures=others)

    world.override("razorpay", fetch_payment=lying)
    report = by_hand(world)
    assert world.timeline(answer["payment_id"])[-2:] == ["attempt.completed", "payment.under_review"]
    assert ([issue["kind"] for issue in report["issues"]], report["fixes"]) == (["gateway_disagrees"], [])


def test_a_refund_of_which_the_gateway_says_nothing_does_not_hide_the_next_one() -> None:
    world, payment_id = paid_at("razorpay")
    for number in range(2):
        world.refund(payment_id, 10000, f"r{number}")
    world.fault("error_before", "refund_status", times=2, at="razorpay")  # The first call fetches the total of refunds.
    world.advance(2 * DAY_S)
    hourly_report(world.ports)
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["unanswered", "unanswered", "behind_gateway"]


def test_whatever_the_comparison_of_one_payment_raises_is_noted_and_the_other_is_compared(silent_world: World) -> None:
    world = silent_world
    broken, sound = (ended(world, WORKSPACE, number)["payment_id"] for number in range(2))
    fetch = world.ports.gateway(Account("phonepe")).fetch_payment

    def failing(attempt: Attempt) -> Any:
        if attempt.id == world.payment(broken).current.id:
            raise ValueError("such an answer was never seen")
        return fetch(attempt)

    world.override("phonepe", fetch_payment=failing)
    world.advance(8 * DAY_S)
    assert checked(world) == 1
    found = {str(issue["payment_id"]): (issue["kind"], issue["note"]) for issue in newest(world)["issues"]}
    assert found == {broken: ("unanswered", "ValueError"), sound: ("behind_gateway", found[sound][1])}
    lines = [line for line in world.log if line["message"] == "report.unchecked"]
    assert [(line["payment_id"], line["error"]) for line in lines] == [(broken, "ValueError")]


def test_money_that_went_back_without_a_webhook_is_found_at_the_next_checkpoint() -> None:
    world, payment_id = paid_at("razorpay")
    world.advance(2 * DAY_S)
    hourly_report(world.ports)
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(6 * DAY_S)
    assert checked(world) == 1
    report = newest(world)
    assert [issue["note"].split()[0] for issue in report["issues"]] == ["refund.imported"]
    assert (report["complete"], report["checked"], world.payment(payment_id).current.refunded_minor) == (True, 1, 100)


def test_runs_of_an_hour_write_one_report_and_go_on_where_time_ran_out(silent_world: World) -> None:
    world = silent_world
    short_pages(world, 4)
    for number in range(10):
        ended(world, WORKSPACE, number)
    world.advance(8 * DAY_S)
    fetched = world.ledger()["orders"]
    counts = [hourly_report(stops_after(4, world)) for _ in range(6)]
    assert sum(int(str(run["checked"])) for run in counts) == 10
    assert [run["unfinished"] for run in counts][-1] == 0
    assert all(int(str(run["checked"])) < 10 for run in counts)
    assert (newest(world)["checked"], newest(world)["complete"]) == (10, True)
    assert len(list_reports(WORKSPACE, world.ports)) == 1
    assert len(fetched) == 10
    assert checked(world) == 0


def test_no_workspace_waits_for_another_that_has_much_to_compare(silent_world: World) -> None:
    world = silent_world
    short_pages(world, 2)
    for number in range(12):
        ended(world, WORKSPACE, number)
    ended(world, OTHER, 12)
    world.advance(8 * DAY_S)
    hourly_report(stops_after(6, world))
    assert newest(world, OTHER)["complete"] is True
    assert newest(world)["complete"] is False


def test_a_run_begins_behind_the_workspace_where_the_one_before_it_stopped(silent_world: World) -> None:
    world = silent_world
    seen: list[str] = []

    def noting(store: WorkspaceStore, report_id: str) -> str:
        seen.append(store.workspace_id)
        return store.get_report(report_id)

    world.override_workspace_store(get_report=noting)
    for _ in range(3):
        times = itertools.chain([100.0], itertools.repeat(0.0))
        hourly_report(replace(world.ports, time_left=times.__next__))
    assert sorted(seen) == sorted(world.ports.store.list_workspace_ids())
    assert world.metrics["ReportsUnfinished"] == 2 + 2 + 2


def test_a_run_that_dies_after_the_report_was_stored_loses_nothing(silent_world: World) -> None:
    world = silent_world
    ended(world, WORKSPACE, 1)
    world.advance(8 * DAY_S)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with world.restoring():
        world.override_workspace_store(pass_checkpoints=die)
        with pytest.raises(KeyboardInterrupt):
            hourly_report(world.ports)
    assert newest(world)["checked"] == 1
    found = []
    for _ in range(3):
        world.clock.sleep(3600)
        found.append(checked(world))
    assert found == [1, 0, 0]


def test_a_run_that_dies_before_it_has_mended_anything_has_reported_it() -> None:
    world, payment_id = paid_at("razorpay")
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(2 * DAY_S)

    def die(*_: object, **more: object) -> None:
        raise KeyboardInterrupt

    with world.restoring():
        world.override_workspace_store(save=die)
        with pytest.raises(KeyboardInterrupt):
            hourly_report(world.ports)
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["behind_gateway"]
    assert (newest(world)["fixes"], world.payment(payment_id).current.refunded_minor) == ([], 0)
    world.clock.sleep(3600)
    assert checked(world) == 1
    assert [fix["kind"] for fix in newest(world)["fixes"]] == ["applied"]
    assert world.payment(payment_id).current.refunded_minor == 100


def test_what_a_dead_run_found_stays_in_the_report_and_is_counted_once() -> None:
    world, payment_id = paid_at("razorpay")
    short_pages(world, 1)
    world.initiate(world.order("ORD-2", gateway="razorpay"), "key-2")  # The last page is complete.
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(9 * DAY_S)

    def die(*_: object, **more: object) -> None:
        raise KeyboardInterrupt

    with world.restoring():
        world.override_workspace_store(pass_checkpoints=die)
        with pytest.raises(KeyboardInterrupt):
            hourly_report(world.ports)
    world.clock.sleep(300)
    assert checked(world) == 2
    report = newest(world)
    kinds = [[entry["kind"] for entry in report[name]] for name in ("issues", "fixes")]
    assert (report["checked"], kinds) == (2, [["behind_gateway"] * 2, ["applied"] * 2])


def test_what_one_gateway_says_of_a_payment_is_mended_though_the_other_is_silent() -> None:
    world = make_world(1, False, ("phonepe", "razorpay"))
    world.fault("refuse", "pay")
    answer = world.initiate()
    payment_id, attempt_id = answer["payment_id"], answer["attempt_id"]
    world.payer("pay", attempt_id, at="razorpay")
    refresh_payment(payment_id, world.context(REFRESH))
    assert [attempt.gateway for attempt in world.payment(payment_id).attempts] == ["phonepe", "razorpay"]
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.fault("error_before", "status", times=-1)
    world.advance(2 * DAY_S)
    assert checked(world) == 0
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["unanswered", "behind_gateway"]
    assert world.payment(payment_id).current.refunded_minor == 100


def test_a_full_report_ends_and_the_next_hours_compare_the_rest(silent_world: World) -> None:
    world = silent_world
    short_pages(world, 1)
    for number in range(5):
        ended(world, WORKSPACE, number)
    world.advance(8 * DAY_S)
    has_found(world, ISSUES_MAX - 3)
    total = int(str(checked(world)))
    assert total == 2  # Two issues and the fix of the first fill it.
    assert newest(world)["complete"] is False
    for _ in range(3):
        world.clock.sleep(3600)
        total += int(str(checked(world)))
    assert (total, newest(world)["complete"]) == (5, True)


def test_a_silent_gateway_does_not_fill_a_report(silent_world: World) -> None:
    world = silent_world
    for number in range(53):
        ended(world, WORKSPACE, number)
    world.advance(8 * DAY_S)
    world.fault("error_before", "status", times=-1)
    hourly_report(world.ports)
    assert (len(newest(world)["issues"]), newest(world)["unanswered_more"], newest(world)["complete"]) == (50, 3, True)
    assert world.metrics["ReportUnanswered"] == 53


def test_what_the_gateway_does_not_answer_is_an_issue_and_is_tried_again_an_hour_later(silent_world: World) -> None:
    world = silent_world
    ended(world, WORKSPACE, 1)
    world.advance(8 * DAY_S)
    world.fault("error_before", "status", times=-1)
    assert checked(world) == 0
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["unanswered"]
    assert newest(world)["complete"] is True
    world.admin("DELETE", "/_sim/faults")
    assert checked(world) == 0
    world.clock.sleep(7200)
    assert checked(world) == 1
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["behind_gateway"]


@pytest.mark.parametrize("gateway", ["phonepe", "razorpay", "paypal", "stripe", "square"])
def test_a_payment_unknown_to_the_gateway_is_an_issue_and_is_checked_each_day(
    gateway: str,
) -> None:
    world, _ = paid_at(gateway)
    world.admin("POST", "/_sim/reset", at=gateway)
    world.advance(2 * DAY_S)
    assert checked(world) == 0
    (issue,) = newest(world)["issues"]
    assert issue["kind"] == "refused"
    assert "answered 40" in issue["note"] or issue["note"] == f"{gateway} does not know the payment any more"
    assert (world.metrics["ReportIssues"], world.metrics["ReportUnanswered"]) == (1, 0)
    world.clock.sleep(3600)
    assert checked(world) == 0
    assert newest(world)["issues"] == []
    world.clock.sleep(DAY_S)
    checked(world)
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["refused"]


def test_an_answer_that_there_is_no_such_order_is_an_issue_of_what_was_paid() -> None:
    world, _ = paid_at("razorpay")
    world.override("razorpay", fetch_payment=lambda attempt: Snapshot(Status.CREATED))
    (issue,) = by_hand(world)["issues"]
    assert (issue["kind"], issue["note"]) == ("refused", "razorpay does not know the payment any more")


def test_by_hand_all_that_are_silent_are_counted_and_not_only_those_that_are_shown(silent_world: World) -> None:
    world = silent_world
    for number in range(53):
        ended(world, WORKSPACE, number)
    world.fault("error_before", "status", times=-1)
    now = world.clock.now()
    reconcile(Window(now - timedelta(hours=1), now), False, world.context())
    assert world.metrics["ReportUnanswered"] == 53


def test_a_run_that_finds_no_answer_of_the_store_says_so_and_is_no_crash(silent_world: World) -> None:
    world = silent_world

    def no_answer(*_: object) -> None:
        raise StoreUnavailable("ProvisionedThroughputExceededException")

    for step in ("take_job_lease", "list_workspace_ids", "end_job_lease"):
        with world.restoring():
            world.override_store(**{step: no_answer})
            report = hourly_report(world.ports)
        if step == "end_job_lease":
            assert "hour" in report
        else:
            assert report == {"skipped": "the store did not answer"}
            line = [line for line in world.log if line["message"] == "job.stopped"][-1]
            assert (line["job"], line["error"]) == ("report", "StoreUnavailable")
            assert line["why"] == "ProvisionedThroughputExceededException"


def test_a_payment_that_cannot_be_read_does_not_stop_the_others(silent_world: World) -> None:
    world = silent_world
    for number in range(3):
        ended(world, WORKSPACE, number)
    payment = world.ports.store.within(WORKSPACE).get_payment_by_order("ORD-1")
    world.advance(8 * DAY_S)
    world.dynamo.update_item(
        TableName="pavati-dev-payment_transactions",
        Key={"pk": {"S": f"T#{WORKSPACE}#PAY#{payment.id}"}, "sk": {"S": "PAYMENT"}},
        UpdateExpression="SET attempts = :poison",
        ExpressionAttributeValues={":poison": {"S": "poison"}},
    )
    assert checked(world) == 2
    assert [one["payment_id"] for one in newest(world)["issues"] if one["kind"] == "unanswered"] == [payment.id]
    assert newest(world)["complete"] is True


def test_a_workspace_whose_report_cannot_be_stored_leaves_the_others_theirs(silent_world: World) -> None:
    world = silent_world

    def failing(store: WorkspaceStore, report_id: str, document: str) -> None:
        if store.workspace_id == WORKSPACE:
            raise StoreUnavailable("no answer")
        store.put_report(report_id, document)

    world.override_workspace_store(put_report=failing)
    assert hourly_report(world.ports)["unfinished"] == 1
    assert (list_reports(WORKSPACE, world.ports), len(list_reports(OTHER, world.ports))) == ([], 1)
    (line,) = [line for line in world.log if line["message"] == "report.failed"]
    assert (line["workspace_id"], line["error"], line["level"]) == (WORKSPACE, "StoreUnavailable", "WARNING")


def test_two_runs_are_not_at_work_at_once(silent_world: World) -> None:
    world, now = silent_world, silent_world.clock.now()
    world.ports.store.take_job_lease("report", "another", now, now + timedelta(seconds=70))
    assert "skipped" in hourly_report(world.ports)


def test_a_window_is_compared_in_as_many_runs_as_it_takes(silent_world: World) -> None:
    world = silent_world
    for number in range(5):
        world.initiate(world.order(f"ORD-{number}", amount=Money(49900, "INR")), f"k{number}", b"%d" % number)
        world.clock.sleep(1)
    now, documents = world.clock.now(), list[dict[str, object]]()
    window = Window(now - timedelta(hours=1), now)
    while not documents or documents[-1]["next_place"]:
        documents.append(reconcile(window, True, stops_after(2, world).context(WORKSPACE, OWNER)))
        window = replace(window, place=str(documents[-1]["next_place"]))
    assert [document["checked"] for document in documents] == [3, 2]
    assert [document["complete"] for document in documents] == [False, True]


def test_a_window_whose_second_page_cannot_be_read_is_not_complete_and_goes_on_there(silent_world: World) -> None:
    world = silent_world
    for number in range(5):
        ended(world, WORKSPACE, number)
        world.clock.sleep(1)

    def failing(store: WorkspaceStore, since: datetime, until: datetime, limit: int, place: Any, of: Any) -> Any:
        if place:
            raise StoreUnavailable("no answer")
        return store.list_payments(since, until, 2, place, of)

    now = world.clock.now()
    window = Window(now - timedelta(hours=1), now)
    with world.restoring():
        world.override_workspace_store(list_payments=failing)
        first = reconcile(window, True, world.context())
    assert (first["checked"], first["complete"]) == (2, False)
    rest = reconcile(replace(window, place=str(first["next_place"])), True, world.context())
    assert (rest["checked"], rest["complete"]) == (3, True)


def test_a_run_keeps_its_lease_as_long_as_a_function_lives(silent_world: World) -> None:
    world, others = silent_world, list[object]()

    def slow() -> list[str]:
        world.clock.sleep(60)
        others.append(hourly_report(world.ports)["skipped"])
        return []

    world.override_store(list_workspace_ids=slow)
    assert (hourly_report(world.ports)["checked"], others) == (0, ["another run is at work"])


def test_a_run_that_starts_no_payment_goes_on_at_the_place_that_it_was_given(silent_world: World) -> None:
    world = silent_world
    for number in range(4):
        ended(world, WORKSPACE, number)
        world.clock.sleep(1)
    now = world.clock.now()
    window, late = Window(now - timedelta(hours=1), now), replace(world.ports, time_left=lambda: 0.0)
    nothing = reconcile(window, True, late.context(WORKSPACE, OWNER))
    assert (nothing["checked"], nothing["complete"], nothing["next_place"]) == (0, False, None)
    first = reconcile(window, True, stops_after(2, world).context(WORKSPACE, OWNER))
    behind = replace(window, place=str(first["next_place"]))
    nothing = reconcile(behind, True, late.context(WORKSPACE, OWNER))
    assert (nothing["checked"], nothing["complete"], nothing["next_place"]) == (0, False, behind.place)


def dies_after_the_report(step: str, world: World) -> None:
    """An hour's report is stored, and then its run is killed at this step."""

    def die(*_: object, **more: object) -> None:
        raise KeyboardInterrupt

    with world.restoring():
        world.override_workspace_store(**{step: die})
        with pytest.raises(KeyboardInterrupt):
            hourly_report(world.ports)
    world.clock.sleep(300)


def test_what_was_silent_in_a_run_that_died_and_answers_the_next_one_is_silent_no_more(silent_world: World) -> None:
    world = silent_world
    short_pages(world, 1)
    for number in range(2):  # The last page is the second one's.
        ended(world, WORKSPACE, number)
    world.advance(8 * DAY_S)
    world.fault("error_before", "status", times=-1)
    for _ in range(2):
        dies_after_the_report("defer_checkpoint", world)
        assert [issue["kind"] for issue in newest(world)["issues"]] == ["unanswered"]
    world.admin("DELETE", "/_sim/faults")
    assert checked(world) == 2
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["behind_gateway"] * 2


def test_what_was_refused_in_a_run_that_died_and_is_known_to_the_next_one_is_refused_no_more() -> None:
    world, _ = paid_at("razorpay")
    short_pages(world, 1)
    world.initiate(world.order("ORD-2", gateway="razorpay"), "key-2")  # The last page is complete.
    adapter = world.ports.gateway(Account("razorpay"))
    fetch = adapter.fetch_payment
    world.override("razorpay", fetch_payment=lambda attempt: Snapshot(Status.CREATED))
    world.advance(9 * DAY_S)
    dies_after_the_report("defer_checkpoint", world)
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["refused"]
    world.override("razorpay", fetch_payment=fetch)
    assert checked(world) == 2
    assert [issue["kind"] for issue in newest(world)["issues"]] == ["behind_gateway"]


def test_what_two_runs_of_an_hour_find_is_reported_once() -> None:
    world, payment_id = paid_at("razorpay")
    short_pages(world, 1)
    world.initiate(world.order("ORD-2", gateway="razorpay"), "key-2")  # The last page is complete.
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(9 * DAY_S)
    for _ in range(2):
        dies_after_the_report("save", world)
        assert [issue["kind"] for issue in newest(world)["issues"]] == ["behind_gateway"]
    assert checked(world) == 2
    report = newest(world)
    assert (report["checked"], len(report["issues"]), len(report["fixes"])) == (2, 2, 2)


def test_what_falls_silent_between_finding_and_mending_is_tried_again_an_hour_later() -> None:
    world, payment_id = paid_at("razorpay")
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(2 * DAY_S)
    adapter = world.ports.gateway(Account("razorpay"))
    fetch, answers = adapter.fetch_payment, iter([True])

    def falling_silent(attempt: Attempt) -> Snapshot:
        if not next(answers, False):
            raise Unavailable("no answer")
        return fetch(attempt)

    world.override("razorpay", fetch_payment=falling_silent)
    assert (checked(world), newest(world)["fixes"], world.payment(payment_id).current.refunded_minor) == (0, [], 0)
    world.override("razorpay", fetch_payment=fetch)
    world.clock.sleep(7200)
    assert checked(world) == 1
    assert world.payment(payment_id).current.refunded_minor == 100


def test_a_payment_of_which_only_a_part_was_answered_is_tried_again_an_hour_later() -> None:
    world, payment_id = paid_at("razorpay")
    world.refund(payment_id, 10000)
    world.fault("error_before", "refund_status", times=2, at="razorpay")
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(2 * DAY_S)
    assert checked(world) == 0
    world.clock.sleep(7200)
    assert checked(world) == 1


def test_each_refund_of_a_payment_that_is_found_completed_is_recovered() -> None:
    world, payment_id = paid_at("razorpay")
    for number in range(2):
        world.refund(payment_id, 10000, f"r{number}")
    world.advance(5)
    report = by_hand(world)
    assert (report["checked"], report["recovered"], len(report["fixes"])) == (1, 2, 2)


def test_a_report_shows_the_open_cases_and_when_it_began_and_ended() -> None:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    adapter = world.ports.gateway(Account("phonepe"))
    fetch, began = adapter.fetch_payment, world.clock.now()

    def slow(attempt: Attempt) -> Snapshot:
        world.clock.sleep(7)
        return replace(fetch(attempt), amount=Money(49800, "INR"))

    world.override("phonepe", fetch_payment=slow)
    world.clock.sleep(1)
    report = by_hand(world)
    (case,) = list_cases(WORKSPACE, world.ports)
    shown = {
        "case_id": case.id,
        "kind": "amount_mismatch",
        "subject_id": case.subject_id,
        "opened_at": to_text(case.opened_at),
        "note": case.note,
    }
    assert case.note
    assert report["cases"] == [shown]
    assert (report["started_at"], report["ended_at"]) == (
        to_text(began + timedelta(seconds=1)),
        to_text(began + timedelta(seconds=8)),
    )
    assert hourly_report(world.ports)["open_cases"] == 1


def test_what_a_reconciliation_mends_is_done_by_who_requested_it() -> None:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(1)
    by_hand(world)
    last = world.ports.store.within(WORKSPACE).list_events(answer["payment_id"])[-1]
    assert (last.kind, last.actor, last.cause) == ("attempt.completed", OWNER.actor, OWNER.cause)


def test_of_the_silent_ones_a_report_shows_the_first_fifty(silent_world: World) -> None:
    world = silent_world
    for number in range(51):
        ended(world, WORKSPACE, number)
    world.advance(1)
    world.fault("error_before", "status", times=-1)
    now, document = world.clock.now(), by_hand(world)
    window = world.ports.store.within(WORKSPACE).list_payments(now - timedelta(hours=1), now, 100, None, None)
    compared = [payment.id for payment in window.found]
    assert [issue["payment_id"] for issue in document["issues"]] == compared[:50]
    assert (document["unanswered_more"], document["complete"]) == (1, True)


def test_a_run_counts_what_it_compared_and_mended_and_names_its_hour() -> None:
    world, payment_id = paid_at("razorpay")
    for _ in range(2):  # The second one finds the hour's report complete.
        world.metrics.clear()
        hourly_report(world.ports)
        assert {"ReportIssues", "ReportUnanswered", "ReportFixes"} <= set(world.metrics), "nothing is told as 0"
    for number in range(2):
        world.refund(payment_id, 10000, f"r{number}")
    world.advance(2 * DAY_S)
    hour = world.clock.now().replace(minute=0, second=0, microsecond=0)
    hourly_report(world.ports)
    assert (world.metrics["PaymentsReconciled"], world.metrics["ReportFixes"]) == (1, 2)
    reports_of_two_hours = list_reports(WORKSPACE, world.ports)
    assert [report["checkpoints_before"] for report in reports_of_two_hours] == [
        to_text(hour),
        to_text(hour - timedelta(days=2)),
    ]


def test_a_case_that_is_opened_after_the_hours_report_is_counted_by_the_next_run_of_that_hour() -> None:
    world, answer = opened_at("phonepe")
    assert hourly_report(world.ports)["open_cases"] == 0
    world.fault("wrong_amount", "status", times=-1)
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    run = hourly_report(world.ports)
    assert (run["open_cases"], len(list_reports(WORKSPACE, world.ports))) == (1, 1)
