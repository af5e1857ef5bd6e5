from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from functions.disputes import handler as disputes
from functions.reconcile import handler as reconcile
from payments.domain.values.clock import to_text
from payments.runtime import aws
from payments.runtime.log import Withheld
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.payment.poll import PendingEvery3s, PendingEvery6s, PendingEvery10s, StillOpen
from tests.api.driver import Context, Edge, an_event
from tests.runtime.services import Services, answered_by
from tests.world import PREFIX


def execution(payment: dict[str, Any]) -> dict[str, Any]:
    attempt = payment["attempts"][0]
    return {
        "workspace_id": "ws_demo",
        "payment_id": payment["payment_id"],
        "attempt_id": attempt["attempt_id"],
        "sent_at": attempt["created_at"],
        "expires_at": attempt["expires_at"],
    }


def test_an_open_payment_raises_the_rungs_error_unlogged(edge: Edge) -> None:
    payment = edge.pay().json
    edge.world.clock.sleep(22)
    edge.written.text()
    with pytest.raises(PendingEvery3s):
        edge.poll(execution(payment), Context(20.0))
    assert edge.written.text() == ""
    assert edge.wired.clock.left() <= 15.0


@pytest.mark.parametrize(
    ("since_sent_s", "error"), [(22, PendingEvery3s), (60, PendingEvery6s), (130, PendingEvery10s)]
)
def test_the_ladder_counts_from_the_newest_call_to_the_gateway(
    edge: Edge, since_sent_s: int, error: type[Exception]
) -> None:
    """By the execution's input, for a payment that was sent again half an hour after its creation."""
    services = Services({"StartExecution": lambda _: {}})
    edge.use(replace(edge.ports, flow=aws.StepFunctions("arn:machine")))
    edge.world.fault("refuse", "*", -1)
    with answered_by(services):
        assert edge.pay().code == "gateway_unavailable"
        edge.world.clock.sleep(1800)
        edge.world.admin("DELETE", "/_sim/faults")
        assert edge.pay().status == 201
    ((_, started),) = services.requests
    given = started["input"]
    edge.world.clock.sleep(since_sent_s)
    with pytest.raises(error):
        edge.poll(json.loads(given), Context())


def test_an_execution_ends_at_the_expiry_that_it_was_started_with(edge: Edge) -> None:
    given = execution(edge.pay().json)
    edge.world.clock.sleep(600)
    with pytest.raises(StillOpen):
        edge.poll(given, Context())
    assert edge.poll(given | {"expires_at": to_text(edge.world.clock.now())}, Context()) == {"status": "pending"}


def test_an_ended_payment_ends_the_execution(edge: Edge) -> None:
    assert edge.poll(execution(edge.paid()), Context()) == {"status": "completed"}


def test_an_unexpected_error_is_passed_on_without_its_text(edge: Edge) -> None:
    with pytest.raises(Withheld, match="KeyError"):
        edge.poll({"workspace_id": "4111111111111111"}, Context())
    text = edge.written.text()
    assert '"error":"KeyError"' in text
    assert "4111111111111111" not in text


def test_the_schedules_run_their_jobs(edge: Edge) -> None:
    edge.paid()
    assert edge.sweep({"job": "sweep"}, Context())["complete"] is True
    assert edge.reports({"job": "report"}, Context())["unfinished"] == 0
    assert edge.dispute_lists({"job": "disputes"}, Context())["complete"] is True
    assert edge.wired.clock.left() <= 22.0


@pytest.mark.parametrize("function", [reconcile, disputes])
def test_a_schedules_event_is_a_job_and_any_other_a_request(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, function: ModuleType
) -> None:
    for name, value in {"TABLE_PREFIX": PREFIX, "GATEWAY_MODE": "sandbox", "GATEWAYS": "phonepe"}.items():
        monkeypatch.setenv(name, value)
    with answered_by(Services(tables=edge.world.client)):
        with pytest.raises(Withheld, match="KeyError"):  # No function has such a job.
            function.handler({"job": "any"}, Context())
        assert function.handler(an_event("GET", "/v1/any"), Context())["statusCode"] == 404


def test_a_reconciliation_is_a_dry_run_unless_requested_otherwise(edge: Edge) -> None:
    edge.paid()
    edge.world.clock.sleep(1)
    response = edge.call("POST", "/v1/reconciliations")
    assert (response.status, response.json["dry_run"], response.json["checked"], response.json["actor"]) == (
        201,
        True,
        1,
        "user:owner",
    )
    assert edge.call("GET", "/v1/reconciliations").json == {"data": [], "next_cursor": None}
    made = edge.call("POST", "/v1/reconciliations", {"dry_run": False}).json
    assert edge.call("GET", f"/v1/reconciliations/{made['reconciliation_id']}").json == made
    (listed,) = edge.call("GET", "/v1/reconciliations").json["data"]
    assert (listed.pop("issue_count"), listed.pop("fix_count")) == (len(made["issues"]), len(made["fixes"]))
    assert listed == {name: made[name] for name in listed}


def test_a_reconciliation_looks_back_a_day(edge: Edge) -> None:
    report = edge.call("POST", "/v1/reconciliations").json
    assert report["created_to"] == to_text(edge.world.clock.now())
    assert report["created_from"][:10] < report["created_to"][:10]


def test_health_is_ok(edge: Edge) -> None:
    response = edge.call("GET", "/v1/health", sub=None, tenant=None)
    assert (response.status, response.json) == (200, {"status": "ok", "version": "0.1.0"})
    assert response.headers["X-Request-ID"] == "req-1"


def test_health_is_degraded_when_the_store_is_silent_and_says_no_more(edge: Edge) -> None:
    class Silent:
        def within(self, workspace_id: str) -> Any:
            raise StoreUnavailable("arn:aws:dynamodb secret")

    edge.use(replace(edge.ports, store=Silent()))  # type: ignore[arg-type]
    response = edge.call("GET", "/v1/health", sub=None, tenant=None)
    assert (response.status, json.loads(response.text)["status"]) == (503, "degraded")
    assert "secret" not in edge.written.text() + response.text
