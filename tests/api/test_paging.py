from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from payments.api.cursor import (
    APPROVALS,
    CASES,
    REPORTS,
    Cursor,
    cursor_of,
    filter_of,
    next_cursor,
    place_in,
    report_cursor,
    window_of,
)
from payments.api.dispute import responses as disputes
from payments.api.dispute.query import DisputesQuery
from payments.api.errors import Refusal
from payments.api.payment.query import PaymentsQuery
from payments.api.query import PageQuery
from payments.api.reconciliation.requests import ReconciliationRequest
from payments.domain.values.clock import to_text
from payments.store.contract.lists import Page
from payments.usecases.reconciliation.run import Window

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
WS = "ws_demo"
PLACE = "2026-11-19T10:30:00.000Z#pay_01M7W83120C4QADKPC3DWEA431"


def query(**fields: object) -> PaymentsQuery:
    return PaymentsQuery.model_validate(fields)


def encoded(plain: str) -> str:
    """A cursor with a valid check, as if a page had returned it."""
    plain += "|" + hashlib.sha256(f"{WS}|{plain}".encode()).hexdigest()[:12]
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def test_a_list_goes_back_thirty_days() -> None:
    wanted = filter_of(query(), NOW, WS)
    assert (wanted.created_from, wanted.created_to, wanted.limit) == (NOW - timedelta(days=30), NOW, 50)


def test_a_reconciliation_goes_back_one_day() -> None:
    assert window_of(ReconciliationRequest(), NOW, WS) == Window(NOW - timedelta(hours=24), NOW)


def test_a_reconciliation_goes_on_where_its_report_says() -> None:
    window = window_of(ReconciliationRequest(), NOW, WS)
    document = {
        "created_from": to_text(window.created_from),
        "created_to": to_text(NOW),
        "next_place": PLACE,
        "workspace_id": WS,
    }
    request = ReconciliationRequest.model_validate({"cursor": report_cursor(document)})
    assert window_of(request, NOW + timedelta(hours=1), WS) == replace(window, place=PLACE)
    assert report_cursor(document | {"next_place": None}) is None


def test_a_start_after_the_end_is_refused() -> None:
    with pytest.raises(Refusal, match="invalid_request"):
        filter_of(query(created_from="2026-11-21T00:00:00Z"), NOW, WS)


def test_a_cursor_keeps_its_lists_window_while_time_goes_on() -> None:
    first = filter_of(query(), NOW, WS)
    cursor = next_cursor(first, Page((), PLACE), WS)
    later = filter_of(query(cursor=cursor), NOW + timedelta(hours=1), WS)
    assert (later.created_from, later.created_to, later.cursor) == (first.created_from, first.created_to, PLACE)


def test_the_last_page_has_no_cursor() -> None:
    assert next_cursor(filter_of(query(), NOW, WS), Page((), None), WS) is None


@pytest.mark.parametrize("bound", ["created_from", "created_to"])
def test_a_cursor_belongs_to_its_own_list(bound: str) -> None:
    window = filter_of(query(), NOW, WS)
    cursor = next_cursor(window, Page((), PLACE), WS)
    with pytest.raises(Refusal, match="invalid_request"):
        filter_of(query(cursor=cursor, **{bound: "2026-11-01T00:00:00Z"}), NOW, WS)
    same = to_text(getattr(window, bound))
    assert filter_of(query(cursor=cursor, **{bound: same}), NOW, WS) == filter_of(query(cursor=cursor), NOW, WS)


FROM, TO = "2026-10-21T10:30:00.000Z", "2026-11-20T10:30:00.000Z"


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "abc",
        "____",
        encoded(""),
        encoded("||"),
        encoded(f"payments all|{FROM}|{TO}"),
        encoded(f"payments all|{FROM}|{TO}|"),
        encoded(f"payments all|{FROM}|{TO}|{PLACE}|x"),
        encoded(f"payments all|{FROM}|{TO}|2026-13-01"),
        encoded(f"payments all|{FROM}|{TO}|2025-01-01T00:00:00.000Z#pay_1"),
        encoded(f"payments all|{FROM}|{TO}|2027-01-01T00:00:00.000Z#pay_1"),
        encoded(f"payments all|{FROM}|{TO}|2026-11-19\x00"),
        encoded(f"payments all|{FROM}|{TO}|२०२६-11-19"),
        encoded(f"payments all|x|{TO}|{PLACE}"),
        encoded(f"payments all|2026-10-21|{TO}|{PLACE}"),
        encoded(f"payments all|{FROM}|2026-11-20T10:30:00+05:30|{PLACE}"),
        encoded(f"payments all|{TO}|{FROM}|{PLACE}"),
        encoded("payments all|0001-01-01T00:00:00+23:59|x|y"),
        encoded(f"{FROM}|{TO}|{PLACE}"),
        encoded(f"payments paid|{FROM}|{TO}|{PLACE}"),
        encoded(f"reconciliation|{FROM}|{TO}|{PLACE}"),
    ],
)
def test_a_cursor_no_one_was_given_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        Cursor.of(text, "payments all", WS)
    assert refused.value.api_code == "invalid_request"


def test_a_cursor_is_good_for_its_own_list_and_status() -> None:
    wanted = filter_of(query(status="completed"), NOW, WS)
    cursor = next_cursor(wanted, Page((), PLACE), WS)
    assert filter_of(query(cursor=cursor, status="completed"), NOW, WS).cursor == PLACE
    for other in (query(cursor=cursor), query(cursor=cursor, status="failed")):
        with pytest.raises(Refusal, match="invalid_request"):
            filter_of(other, NOW, WS)
    with pytest.raises(Refusal, match="invalid_request"):
        window_of(ReconciliationRequest.model_validate({"cursor": cursor}), NOW, WS)


@pytest.mark.parametrize("created_at", [FROM, TO])
def test_a_place_at_either_end_of_the_window_is_in_it(created_at: str) -> None:
    """A window includes both ends, and so does a place with a payment's time."""
    text = encoded(f"payments all|{FROM}|{TO}|{created_at}#pay_01M7W83120C4QADKPC3DWEA431")
    assert Cursor.of(text, "payments all", WS).place.startswith(created_at)


# Lists without a window.

CASE_PLACE = "2026-11-19T10:30:00.000Z#unknown_order:" + "a" * 192
PLACES = {
    CASES: CASE_PLACE,
    "disputes open whenever": "2026-11-19T10:30:00.000Z#dsp_01M7W83120C4QADKPC3DWEA431",
    APPROVALS: "apr_01M7W83120C4QADKPC3DWEA431",
    REPORTS: "rec_01M7W83120C4QADKPC3DWEA431",
}


def page_of(cursor: str | None) -> PageQuery:
    return PageQuery.model_validate({"cursor": cursor})


@pytest.mark.parametrize("of_list", PLACES)
def test_a_cursor_leads_to_its_place_in_its_own_list_alone(of_list: str) -> None:
    request = page_of(cursor_of(of_list, Page((), PLACES[of_list]), WS))
    assert place_in(of_list, request, WS) == PLACES[of_list]
    for other in PLACES.keys() - {of_list}:
        with pytest.raises(Refusal, match="invalid_request"):
            place_in(other, request, WS)
    assert place_in(of_list, page_of(None), WS) is None
    assert cursor_of(of_list, Page((), None), WS) is None


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "abc",
        "____",
        encoded("cases"),
        encoded("cases|"),
        encoded(f"cases|{CASE_PLACE}|x"),
        encoded(f"cases|{CASE_PLACE}{'a' * 50}"),
        encoded("cases|2026-13-01T00:00:00.000Z#a"),
        encoded("cases|2026-11-19\x00"),
        encoded("cases|~"),
        encoded("cases|apr_01M7W83120C4QADKPC3DWEA431"),
        encoded(f"payments all|{FROM}|{TO}|{PLACE}"),
    ],
)
def test_a_cursor_of_cases_no_one_was_given_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="invalid_request"):
        place_in(CASES, page_of(text), WS)


@pytest.mark.parametrize("of_list", [APPROVALS, REPORTS])
@pytest.mark.parametrize("place", ["", "apr_1", "x", "pay_01M7W83120C4QADKPC3DWEA431"])
def test_a_place_in_a_list_by_id_is_an_id_of_it(of_list: str, place: str) -> None:
    with pytest.raises(Refusal, match="invalid_request"):
        place_in(of_list, page_of(encoded(f"{of_list}|{place}")), WS)


def test_a_cursor_of_disputes_is_good_for_the_same_filters_alone() -> None:
    def request(**fields: object) -> DisputesQuery:
        return DisputesQuery.model_validate(fields)

    soon, later = "2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z"
    mine = {"status": "open", "due_before": soon}
    place = "2026-11-19T10:30:00.000Z#dsp_1"
    cursor = cursor_of(disputes.list_name(request(**mine)), Page((), place), WS)
    wanted = disputes.filter_of(request(**mine, cursor=cursor, limit="7"), WS)
    assert (wanted.status, wanted.limit, wanted.cursor) == ("open", 7, place)
    for others in (
        {},
        {"status": "open"},
        {"due_before": soon},
        mine | {"status": "won"},
        mine | {"due_before": later},
    ):
        with pytest.raises(Refusal, match="invalid_request"):
            disputes.filter_of(request(**others, cursor=cursor), WS)


def _given(of_list: str) -> str | None:
    if of_list == "payments":
        return next_cursor(filter_of(query(), NOW, WS), Page((), PLACE), WS)
    return cursor_of(of_list, Page((), PLACES[of_list]), WS)


def _read(of_list: str, cursor: str, workspace_id: str) -> object:
    if of_list == "payments":
        return filter_of(query(cursor=cursor), NOW, workspace_id)
    return place_in(of_list, page_of(cursor), workspace_id)


@pytest.mark.parametrize("of_list", ["payments", *PLACES])
def test_a_cursor_that_was_cut_or_is_of_another_workspace_is_refused(of_list: str) -> None:
    cursor = _given(of_list)
    assert cursor is not None
    assert _read(of_list, cursor, WS)
    with pytest.raises(Refusal, match="invalid_request"):
        _read(of_list, cursor, "ws_other")
    for cut in range(1, len(cursor)):
        with pytest.raises(Refusal, match="invalid_request"):
            _read(of_list, cursor[:cut], WS)
