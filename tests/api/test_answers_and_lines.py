"""What every answer contains, what is logged of every request, and how long a function may work on one."""

from __future__ import annotations

import json
from dataclasses import replace
from time import perf_counter
from typing import Any

import pytest

from payments.domain.records.case import CaseKind
from payments.gateways.transport.deadline import Deadline
from payments.runtime.log import Withheld
from payments.runtime.settings import BadSetting
from payments.store.contract.errors import StoreUnavailable
from payments.store.contract.stores import WorkspaceStore
from payments.usecases.metrics import Metric
from tests.api.driver import Context, Edge, an_event
from tests.api.test_jobs import execution
from tests.api.test_reading import bearer

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Content-Type": "application/json",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Request-ID": "req-1",
}


@pytest.mark.parametrize("path", ["/v1/payments", "/v1/nowhere", "/v1/health", "/v1/payments/x"])
def test_an_answer_has_these_headers_and_no_other(calm_edge: Edge, path: str) -> None:
    assert calm_edge.call("GET", path).headers == HEADERS


def test_an_answer_with_another_method_names_the_right_ones(calm_edge: Edge) -> None:
    response = calm_edge.call("POST", "/v1/health", sub=None, tenant=None)
    assert response.headers == HEADERS | {"Allow": "GET"}


class Silent:
    """A store that cannot be reached."""

    def within(self, workspace_id: str) -> Any:
        raise StoreUnavailable("ThrottlingException") from TimeoutError("arn:aws")


def test_a_store_that_is_not_reached_is_reported_with_its_error_and_the_caller_when_to_come_again(
    calm_edge: Edge,
) -> None:
    calm_edge.use(replace(calm_edge.ports, store=Silent()))  # type: ignore[arg-type]
    response = calm_edge.call("GET", "/v1/payments")
    assert (response.status, response.code, response.headers["Retry-After"]) == (503, "store_unavailable", "1")
    assert response.json["error"]["retryable"] is True
    failed, request = calm_edge.written.lines()
    assert (failed["message"], failed["level"], failed["error"]) == ("store.failed", "WARNING", "StoreUnavailable")
    assert "ThrottlingException" in failed["why"]
    assert (request["message"], request["code"]) == ("request", "store_unavailable")


def requests(edge: Edge) -> list[dict[str, Any]]:
    return [line for line in edge.written.lines() if line.get("message") == "request"]


def test_the_line_of_a_request_names_the_payment_that_it_made_is_about_or_was_refused_for(edge: Edge) -> None:
    payment_id = edge.pay().json["payment_id"]
    edge.pay(key="key-2")
    assert "payment_id" not in edge.call("GET", f"/v1/payments/{payment_id}/events").text
    reported = [(line["http_status"], line["code"], line["payment_id"]) for line in requests(edge)]
    assert reported == [(201, "", payment_id), (409, "duplicate_order", payment_id), (200, "", payment_id)]


def test_the_line_of_an_anonymous_request_names_its_route_and_no_workspace(edge: Edge) -> None:
    payment = edge.pay().json
    edge.written.text()
    path = f"/v1/checkouts/{payment['payment_id']}"
    edge.call("GET", path, sub=None, tenant=None, headers=bearer(payment["checkout_token"]))
    edge.call("GET", "/v1/payments", tenant="ws_other")
    first, second = requests(edge)
    assert (first["route"], first["workspace_id"]) == ("GET /v1/checkouts/{payment_id}", "")
    assert (first["payment_id"], second["workspace_id"]) == (payment["payment_id"], "")


def test_the_time_that_a_request_took_is_in_milliseconds(edge: Edge) -> None:
    inner_ms: list[float] = []

    def slow(store: WorkspaceStore, *given: Any) -> Any:
        began = perf_counter()
        while perf_counter() - began < 0.02:
            found = store.list_payments(*given)
        inner_ms.append((perf_counter() - began) * 1000)
        return found

    edge.world.override_workspace_store(list_payments=slow)
    edge.use(replace(edge.ports, store=edge.world.ports.store))
    began = perf_counter()
    edge.call("GET", "/v1/payments")
    outer_ms = (perf_counter() - began) * 1000
    (line,) = requests(edge)
    assert inner_ms[0] - 0.1 <= line["duration_ms"] <= outer_ms + 0.1


def test_health_and_paths_that_are_none_have_a_line_each(calm_edge: Edge) -> None:
    calm_edge.call("GET", "/v1/health")
    calm_edge.call("GET", "/v1/nowhere")
    healthy, lost = requests(calm_edge)
    assert (healthy["route"], healthy["http_status"], healthy["status"]) == ("GET /v1/health", 200, "ok")
    assert (lost["route"], lost["http_status"], lost["code"]) == ("none", 404, "not_found")
    assert healthy["request_id"] == lost["request_id"] == "req-1"


def test_settings_that_are_not_valid_are_degraded_health(calm_edge: Edge) -> None:
    class Unset:
        def ports(self) -> Any:
            raise BadSetting("TABLE_PREFIX is not set")

        settings = deadline = ports

    answer = calm_edge.health.on(Unset())(an_event("GET", "/v1/health"), Context())
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (503, "degraded")
    (request,) = requests(calm_edge)
    assert (request["http_status"], request["status"]) == (503, "degraded")


def test_a_store_that_does_not_answer_is_degraded_health_and_no_crash(calm_edge: Edge) -> None:
    class Silent:
        def __getattr__(self, name: str) -> Any:
            raise StoreUnavailable("ThrottlingException")

    calm_edge.use(replace(calm_edge.ports, store=Silent()))
    answer = calm_edge.health(an_event("GET", "/v1/health"), Context())
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (503, "degraded")
    failed, request = calm_edge.written.lines()
    assert (failed["level"], failed["message"], request["http_status"]) == ("WARNING", "store.failed", 503)
    assert "ThrottlingException" in failed["why"]


@pytest.mark.parametrize("more", ["status=failed", "cursor=abc", "created_to=2030-01-01T00:00:00Z"])
def test_the_list_of_one_order_accepts_no_other_filter(calm_edge: Edge, more: str) -> None:
    response = calm_edge.call("GET", f"/v1/payments?merchant_order_id=ORDER-1&{more}")
    assert (response.status, response.code) == (400, "invalid_request")
    assert response.message == f"Send merchant_order_id without {more.partition('=')[0]}."
    assert calm_edge.call("GET", "/v1/payments?merchant_order_id=ORDER-1&limit=5").status == 200


def test_what_a_request_counts_goes_out_with_it(edge: Edge) -> None:
    edge.pay()
    metrics = [line for line in edge.written.lines() if "_aws" in line]
    assert [line["PaymentCreated"] for line in metrics] == [[1.0]]
    edge.call("GET", "/v1/payments")
    assert [line for line in edge.written.lines() if "_aws" in line] == []


def test_what_a_job_counts_goes_out_even_where_it_fails(edge: Edge) -> None:
    edge.sweep({"job": "sweep"}, Context(60.0))
    assert [line["SweepCompleted"] for line in edge.written.lines() if "SweepCompleted" in line] == [[1.0]]
    edge.ports.count(Metric.PAYMENT_COMPLETED, 1)
    with pytest.raises(Withheld, match="KeyError"):
        edge.poll({}, Context())
    assert [line["PaymentCompleted"] for line in edge.written.lines() if "_aws" in line] == [[1.0]]


# --- the time of an invocation


@pytest.fixture
def timed(edge: Edge) -> Edge:
    """The functions' clock stands still, so the time left is the time given."""
    edge.wired.clock = Deadline(lambda: 0.0)
    return edge


def left(edge: Edge) -> float:
    return edge.wired.clock.left()


def test_each_function_may_use_its_own_time_and_not_more(timed: Edge) -> None:
    edge = timed
    long = Context(600.0)
    for function, event, budget_s in (
        (edge.apis[1], an_event("GET", "/v1/payments"), 25.0),
        (edge.apis[-1], an_event("POST", "/v1/webhooks/phonepe", raw=b"{}"), 2.5),
        (edge.health, an_event("GET", "/v1/health"), 3.0),
        (edge.apply, {"Records": []}, 8.0),
        (edge.reports, {"job": "report"}, 55.0),
    ):
        function(event, long)
        assert left(edge) == budget_s


def test_a_check_of_the_polling_execution_may_take_15_seconds(timed: Edge) -> None:
    with pytest.raises(Withheld, match="KeyError"):
        timed.poll({}, Context(600.0))
    assert left(timed) == 15.0


def test_three_seconds_of_a_function_are_reserved_for_writing_down_what_happened(timed: Edge) -> None:
    timed.apis[1](an_event("GET", "/v1/payments"), Context(10.0))
    assert left(timed) == 7.0
    timed.apis[1](an_event("GET", "/v1/payments"), Context(1.0))
    assert left(timed) == 0.1  # The least: work that has begun must be ended by its own time limit, and logged.


# --- ids and tokens


def is_looked_for(edge: Edge, method: str, path: str, body: Any = None) -> bool:
    """Whether an unknown object is looked up in the store; the caller's role is cached by the first request."""
    assert edge.call(method, path, body).code == "not_found"
    before = edge.world.client.calls.total()
    assert edge.call(method, path, body).code == "not_found"
    return edge.world.client.calls.total() > before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/payments/pay_1",
        "/v1/refunds/rfd_1",
        "/v1/disputes/dsp_1",
        "/v1/reconciliations/rec_1",
        "/v1/refunds/pay_00000000000000000000000000",
        "/v1/disputes/rfd_00000000000000000000000000",
    ],
)
def test_an_id_of_no_possible_form_is_unknown_without_a_call_to_the_store(edge: Edge, path: str) -> None:
    assert not is_looked_for(edge, "GET", path)


@pytest.mark.parametrize("value", ["approve", "refuse"])
def test_an_approval_of_no_possible_form_is_unknown_without_a_call_to_the_store(edge: Edge, value: str) -> None:
    assert not is_looked_for(edge, "POST", f"/v1/approvals/apr_1/{value}", {})


@pytest.mark.parametrize(
    ("case_id", "is_looked_up"),
    [
        (f"{CaseKind.UNKNOWN_ORDER}:{'a' * 192}", True),
        (f"{CaseKind.UNKNOWN_ORDER}:{'a' * 193}", False),
        (f"{CaseKind.EXCESS_REFUND_FAILED}:att_1", True),
        ("unknown_order:a%23b", False),
        ("unknown_order", False),
    ],
)
def test_a_case_may_be_of_a_subject_with_the_longest_name_that_a_gateway_gives(
    edge: Edge, case_id: str, is_looked_up: bool
) -> None:
    decision = {"outcome": "noted", "note": "n"}
    assert is_looked_for(edge, "POST", f"/v1/cases/{case_id}/decision", decision) is is_looked_up


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_is_accepted_however_its_scheme_is_written(edge: Edge, scheme: str) -> None:
    payment = edge.pay().json
    shown = {"authorization": f"{scheme} {payment['checkout_token']}"}
    path = f"/v1/checkouts/{payment['payment_id']}"
    assert edge.call("GET", path, sub=None, tenant=None, headers=shown).status == 200


def test_a_request_is_one_line_and_it_names_each_change(edge: Edge) -> None:
    payment = edge.pay().json
    (line,) = (line for line in edge.written.lines() if "_aws" not in line)
    attempt_id = payment["attempts"][0]["attempt_id"]
    assert line["events"] == f"payment.created {attempt_id}; attempt.pending {attempt_id} created>pending"
    assert (line["actor"], line["cause"], line["route"]) == ("user:owner", "initiate", "POST /v1/payments")


def test_what_a_request_had_to_cope_with_and_what_a_job_does_are_lines_of_their_own(edge: Edge) -> None:
    edge.world.fault("error_before", "status")
    payment = edge.pay().json
    edge.written.text()
    edge.call("POST", f"/v1/payments/{payment['payment_id']}/refresh")
    failed, request = (line for line in edge.written.lines() if "_aws" not in line)
    assert (failed["message"], failed["request_id"], request["request_id"]) == ("gateway.failed", "req-1", "req-1")
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    edge.poll(execution(payment), Context())
    (ended,) = (line for line in edge.written.lines() if line.get("message", "").startswith("attempt."))
    assert (ended["from_status"], ended["to_status"]) == ("pending", "completed")
    assert "request_id" not in ended
