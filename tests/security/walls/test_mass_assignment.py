"""Fields of views and records that no request has: sent in every body and query, they are refused without effect."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from payments.api.case import responses as case
from payments.api.case.requests import AnswerRequest, DecisionRequest
from payments.api.dispute import responses as dispute
from payments.api.dispute.query import DisputesQuery
from payments.api.dispute.requests import AcceptRequest
from payments.api.form import Form, NoFields
from payments.api.gateway.query import GatewaysQuery
from payments.api.payment import responses as payment
from payments.api.payment import timeline
from payments.api.payment.actions import CancelRequest, CaptureRequest, VerifyRequest
from payments.api.payment.query import PaymentsQuery
from payments.api.payment.requests import CustomerForm, PaymentRequest, RetryRequest
from payments.api.query import PageQuery
from payments.api.reconciliation.requests import ReconciliationRequest
from payments.api.refund import responses as refund
from payments.api.refund.requests import RefundRequest
from payments.api.view import json_name
from payments.domain.records.case import Case
from payments.domain.records.dispute import Dispute
from payments.domain.records.event import Event
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import Refund
from payments.store.contract.claims import Claim
from payments.store.contract.deliveries import Delivery
from tests.api.driver import GOOD_ORDER, Reply
from tests.security.walls.estate import DEMO, QUIET_DAY, Estate, traces
from tests.security.walls.matrix import ROWS

VIEWS = {
    name: kind
    for module in (payment, timeline, refund, case, dispute)
    for name, kind in vars(module).items()
    if name.endswith("View")
}
RECORDS = (Payment, Attempt, Refund, Dispute, Case, Event, Claim, Delivery)
TEMPTING = (
    "role", "roles", "sub", "tenant", "tenant_id", "workspace", "actor", "user_id", "owner", "is_admin", "admin",
    "price", "total", "captured_at", "paid", "is_test", "pk", "sk", "ttl", "__class__", "__proto__", "constructor",
    "checkout_url", "redirect_url", "callback_url", "webhook_url", "merchant_id", "idempotency_key", "force", "skip",
)  # fmt: skip
READ_ONLY = sorted(
    {json_name(name) for view in VIEWS.values() for name in view.fields}
    | {field.name for record in RECORDS for field in dataclasses.fields(record)}
    | set(TEMPTING)
)
VALUES: tuple[Any, ...] = ("completed", "ws_other", 1, True, None, {}, [])
BODIES: dict[str, tuple[type[Form], Any]] = {
    "POST /v1/payments": (PaymentRequest, GOOD_ORDER),
    "POST /v1/payments/{payment_id}/retry": (RetryRequest, {}),
    "POST /v1/payments/{payment_id}/capture": (CaptureRequest, {}),
    "POST /v1/payments/{payment_id}/cancel": (CancelRequest, {}),
    "POST /v1/payments/{payment_id}/refresh": (NoFields, {}),
    "POST /v1/payments/{payment_id}/verify": (VerifyRequest, {"proof": {"a": "b"}}),
    "POST /v1/payments/{payment_id}/refunds": (RefundRequest, {"amount": 100}),
    "POST /v1/disputes/{dispute_id}/accept": (AcceptRequest, {"reason": "r"}),
    "POST /v1/disputes/{dispute_id}/refresh": (NoFields, {}),
    "POST /v1/reconciliations": (ReconciliationRequest, QUIET_DAY),
    "POST /v1/cases/{case_id}/decision": (DecisionRequest, {"outcome": "write_off", "note": "n"}),
    "POST /v1/approvals/{approval_id}/approve": (AnswerRequest, {"note": "n"}),
    "POST /v1/approvals/{approval_id}/refuse": (AnswerRequest, {"note": "n"}),
}
QUERIES: dict[str, type[Form]] = {
    "GET /v1/payments": PaymentsQuery,
    "GET /v1/gateways": GatewaysQuery,
    "GET /v1/disputes": DisputesQuery,
    "GET /v1/cases": PageQuery,
    "GET /v1/approvals": PageQuery,
    "GET /v1/reconciliations": PageQuery,
}


def send(estate: Estate, route: str, body: Any, query: str = "") -> Reply:
    method, _, path = route.partition(" ")
    return estate.edge.call(method, path.format(**estate.demo.ids) + query, body, sub="owner", tenant=DEMO, key="new-1")


def others(form: type[Form]) -> list[str]:
    return [name for name in READ_ONLY if name not in {*form.model_fields, "amount"}]


def refused(response: Reply, name: str) -> None:
    assert (response.status, response.code) == (400, "invalid_request"), name
    assert response.json["error"]["details"]["fields"], name


@pytest.mark.parametrize("route", BODIES)
def test_a_field_that_only_we_set_is_refused_in_every_body(estate: Estate, route: str) -> None:
    form, body = BODIES[route]
    before, wanted = traces(estate.edge.world), others(form)
    for place, name in enumerate(wanted):
        refused(send(estate, route, body | {name: VALUES[place % len(VALUES)]}), name)
    assert len(wanted) >= 100
    assert traces(estate.edge.world) == before


def test_nor_is_it_accepted_within_the_customer(estate: Estate) -> None:
    before, wanted = traces(estate.edge.world), others(CustomerForm)
    for name in wanted:
        refused(send(estate, "POST /v1/payments", GOOD_ORDER | {"customer": {name: "x"}}), name)
    assert traces(estate.edge.world) == before


@pytest.mark.parametrize("route", [row.name for row in ROWS if row.roles])
def test_nor_in_a_query(estate: Estate, route: str) -> None:
    before, body = traces(estate.edge.world), BODIES.get(route, (Form, None))[1]
    for name in others(QUERIES.get(route, Form)):
        response = send(estate, route, body, f"?{name}=completed")
        assert (response.status, response.code) == (400, "invalid_request"), name
    assert traces(estate.edge.world) == before


@pytest.mark.parametrize("route", [route for route, (form, _) in BODIES.items() if "amount" not in form.model_fields])
def test_an_amount_where_none_belongs_is_no_such_field(estate: Estate, route: str) -> None:
    refused(send(estate, route, BODIES[route][1] | {"amount": 1}), "amount")


def test_the_fields_are_those_of_every_view_and_record() -> None:
    assert len(VIEWS) >= 12
    assert {"status", "captured_minor", "amount_captured", "workspace_id", "attempts", "review", "version"} <= set(
        READ_ONLY
    )
    assert set(BODIES) == {row.name for row in ROWS if row.roles and row.method == "POST"}
