"""An id of another workspace, of another kind of thing, or of nothing: one answer, the same bytes."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from payments.api.cursor import cursor_of
from payments.store.contract.lists import Page
from tests.api.driver import GOOD_ORDER, Reply
from tests.api.test_reading import bearer
from tests.security.walls.estate import DEMO, DEPLOYMENT, KEY, OTHER, OWNERS, Estate, Holding, traces
from tests.security.walls.matrix import ROWS, Row

NAMING = [row for row in ROWS if row.names_an_object]
CAPABLE = [row for row in ROWS if row.path.startswith("/v1/checkouts/")]
NOTHING = {
    "payment_id": "pay_00000000000000000000000000",
    "refund_id": "rfd_00000000000000000000000000",
    "dispute_id": "dsp_00000000000000000000000000",
    "reconciliation_id": "rec_00000000000000000000000000",
    "case_id": "amount_mismatch:pay_00000000000000000000000000",
    "approval_id": "apr_00000000000000000000000000",
}
UNSOUND = (
    "x", "0", "-1", "null", "undefined", "NaN", "true", "[]", "{}", "*", "%", "..", "../..", ".", "pay_", "rfd_",
    "att_1", "pay_%00", "__proto__", "constructor", "'or'1'='1", '"', "<script>", "\u00e9", "\u202e", "a" * 200,
    "amount_mismatch:", ":pay_1", "amount_mismatch:../x", "T#ws_demo#PAY", "PAYMENT#1",
)  # fmt: skip


def parameter(row: Row) -> str:
    return next(name for name in NOTHING if f"{{{name}}}" in row.path)


def spelt_otherwise(given: str) -> set[str]:
    """Spellings that some store or parser might take for the same id."""
    return {
        given.lower(),
        given.swapcase(),
        f" {given}",
        f"{given} ",
        f"{given}\x00",
        f"{given}#",
        f"{given}\n",
        f"{given},x",
    }


def not_theirs(row: Row, theirs: Holding, others: Holding) -> list[str]:
    """Ids that name nothing which the caller may know on this route."""
    name = parameter(row)
    own = {theirs.attempt_id, theirs.workspace_id, *theirs.ids.values()} - {theirs.ids[name]}
    foreign = {others.attempt_id, *others.ids.values(), others.open_case["case_id"]}
    return [*own, *foreign, *spelt_otherwise(theirs.ids[name]), *NOTHING.values(), *UNSOUND]


def ask(estate: Estate, row: Row, given: str, workspace_id: str) -> Reply:
    path = row.path.replace(f"{{{parameter(row)}}}", quote(given, safe=""))
    return estate.edge.call(row.method, path, row.body, sub=OWNERS[workspace_id], tenant=workspace_id, key=KEY)


@pytest.mark.parametrize("workspace_id", [DEMO, OTHER])
@pytest.mark.parametrize("row", NAMING, ids=lambda row: row.name)
def test_not_yours_not_this_and_not_there_are_the_same_bytes(estate: Estate, row: Row, workspace_id: str) -> None:
    theirs, others = (estate.demo, estate.other) if workspace_id == DEMO else (estate.other, estate.demo)
    calls = not row.asks_gateway
    before = traces(estate.edge.world, calls=calls)
    response = {given: ask(estate, row, given, workspace_id) for given in not_theirs(row, theirs, others)}
    assert {(each.status, each.code) for each in response.values()} == {(404, "not_found")}
    assert len({(each.text, tuple(sorted(each.headers.items()))) for each in response.values()}) == 1
    assert ask(estate, row, theirs.ids[parameter(row)], workspace_id).status == row.inside
    assert traces(estate.edge.world, calls=calls) == before


def test_there_are_enough_of_them(estate: Estate) -> None:
    assert len(NAMING) == 18
    assert sum(len(not_theirs(row, estate.demo, estate.other)) for row in NAMING) * 2 >= 700


@pytest.mark.parametrize("row", CAPABLE, ids=lambda row: row.name)
def test_a_capability_of_others_opens_what_no_capability_opens(estate: Estate, row: Row) -> None:
    before, tokens = traces(estate.edge.world), [h.payment["checkout_token"] for h in (estate.demo, estate.other)]
    crossed = [tokens[1], tokens[1].replace(OTHER, DEMO), tokens[0].replace(DEMO, OTHER), tokens[0].upper()]
    crossed += [token.replace("ct_", "rt_") for token in tokens] + [f"{tokens[0]},{tokens[1]}", tokens[0][:-1], ""]
    response = [
        estate.edge.call(row.method, row.path.format(**estate.demo.ids), sub=None, headers=bearer(t)) for t in crossed
    ]
    response += [
        estate.edge.call(row.method, f"{row.path.format(**estate.demo.ids)}?rt={t}", sub=None) for t in crossed
    ]
    assert {(each.status, each.text) for each in response} == {(404, ask(estate, NAMING[1], "x", DEMO).text)}
    assert traces(estate.edge.world) == before


def test_lists_have_the_callers_own_and_nothing_else(estate: Estate) -> None:
    for holding in (estate.demo, estate.other):
        staff = {"sub": OWNERS[holding.workspace_id], "tenant": holding.workspace_id}
        payments = estate.edge.call("GET", "/v1/payments?limit=200", **staff).json["data"]
        reports = estate.edge.call("GET", "/v1/reconciliations", **staff).json["data"]
        assert {payment["workspace_id"] for payment in [*payments, *reports]} == {holding.workspace_id}
        assert holding.payment["payment_id"] in {payment["payment_id"] for payment in payments}
        cases = estate.edge.call("GET", "/v1/cases", **staff).json["data"]
        assert [case["subject_id"] for case in cases] == [holding.open_case["subject_id"]]
        approvals = estate.edge.call("GET", "/v1/approvals", **staff).json["data"]
        assert [approval["approval_id"] for approval in approvals] == [holding.ids["approval_id"]]


def test_the_deployments_list_has_no_case_of_a_workspace_and_no_workspace_lists_its_cases(estate: Estate) -> None:
    cases = estate.edge.call("GET", "/v1/cases", sub="operator", tenant=DEPLOYMENT).json["data"]
    assert [case["case_id"] for case in cases] == ["unknown_order:att_nobodys"]
    for workspace_id, owner in OWNERS.items():
        body = {"outcome": "not_ours", "note": "n"}
        path = "/v1/cases/unknown_order:att_nobodys/decision"
        response = estate.edge.call("POST", path, body, sub=owner, tenant=workspace_id)
        assert (response.status, response.code) == (404, "not_found")


def test_the_same_order_and_the_same_key_are_other_ones_in_another_workspace(estate: Estate) -> None:
    assert estate.demo.payment["merchant_order_id"] == estate.other.payment["merchant_order_id"] == "ORDER-1"
    assert estate.demo.payment["payment_id"] != estate.other.payment["payment_id"]
    again = estate.edge.call("POST", "/v1/payments", GOOD_ORDER, key=KEY, sub="other_owner", tenant=OTHER)
    assert again.json == estate.other.payment


def test_a_cursor_of_others_is_refused(estate: Estate) -> None:
    first = estate.edge.call("GET", "/v1/payments?limit=1")
    path = f"/v1/payments?limit=200&cursor={first.json['next_cursor']}"
    refused = estate.edge.call("GET", path, sub="other_owner", tenant=OTHER)
    assert (refused.status, refused.code) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("of_list", "place", "field"),
    [
        ("cases", "2020-01-01T00:00:00.000Z#amount_mismatch:pay_1", "case_id"),
        ("disputes all whenever", "2099-01-01T00:00:00.000Z#dsp_1", "dispute_id"),
        ("approvals", "apr_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "approval_id"),
        ("reports", "rec_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "reconciliation_id"),
    ],
)
def test_a_made_up_cursor_before_everything_reads_the_callers_own_list(
    estate: Estate, of_list: str, place: str, field: str
) -> None:
    path = f"/v1/{of_list.split()[0].replace('reports', 'reconciliations')}"
    for holding in (estate.demo, estate.other):
        staff = {"sub": OWNERS[holding.workspace_id], "tenant": holding.workspace_id}
        cursor = cursor_of(of_list, Page((), place), holding.workspace_id)
        whole = [one[field] for one in estate.edge.call("GET", path, **staff).json["data"]]
        assert [one[field] for one in estate.edge.call("GET", f"{path}?cursor={cursor}", **staff).json["data"]] == whole
        assert whole
