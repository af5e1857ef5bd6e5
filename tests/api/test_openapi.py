from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from dev.tools import openapi
from payments.api.errors import CODES
from payments.api.payment.responses import NextActionView
from payments.api.routes import Route
from payments.api.view import JsonView, json_name
from payments.domain.records.event import Cause, Kind
from tests.api.driver import Edge
from tests.api.test_cases import decide, under_review

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text())
DOCS = (ROOT / "docs/api.md").read_text()


def test_the_published_description_is_what_the_handlers_say() -> None:
    assert (ROOT / "openapi.json").read_text() == openapi.text(), "run: python -m dev.tools.openapi > openapi.json"


@pytest.mark.parametrize("route", openapi.ROUTES, ids=lambda route: route.name)
def test_every_route_is_described_and_documented(route: Route) -> None:
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    assert operation["summary"].endswith(".")
    assert f"`{route.name}`" in DOCS


def views(base: type[JsonView] = JsonView) -> list[type[JsonView]]:
    return [each for view in base.__subclasses__() for each in (view, *views(view))]


@pytest.mark.parametrize("view", [view for view in views() if view is not NextActionView])
def test_every_view_is_described_with_all_that_it_writes(view: type[JsonView]) -> None:
    written = [json_name(field) for field in view.fields]
    assert list(DOCUMENT["components"]["schemas"][view.__name__]["properties"]) == written


OPERATIONS = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
VERBS = {
    "accept", "approve", "cancel", "capture", "create", "decide", "get",
    "list", "receive", "refresh", "refuse", "retry", "return", "verify",
}  # fmt: skip


def test_every_operation_is_a_verb_and_what_it_is_about() -> None:
    names = [operation["operationId"] for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert {name.partition("_")[0] for name in names} == VERBS


def test_every_operation_has_its_tag_and_every_tag_an_operation() -> None:
    used = [operation["tags"] for operation in OPERATIONS]
    assert {len(tags) for tags in used} == {1}
    assert {tag for tags in used for tag in tags} == {tag["name"] for tag in DOCUMENT["tags"]}


def test_every_operation_says_what_api_gateway_answers_by_itself() -> None:
    for operation in OPERATIONS:
        described = operation["responses"]
        assert {"429", "500", "503"} <= described.keys()
        assert "401" in described or operation["security"] != [{"jwt": []}]


def test_no_field_has_a_default_that_a_generator_would_read_as_always_present() -> None:
    def defaults(value: Any, path: str) -> list[str]:
        if isinstance(value, list):
            return [found for each in value for found in defaults(each, path)]
        if not isinstance(value, dict):
            return []
        return [path for name in value if name == "default"] + [
            found for name, each in value.items() for found in defaults(each, f"{path}/{name}")
        ]

    assert defaults(DOCUMENT["components"], "") + defaults(DOCUMENT["paths"], "") == []


def test_every_time_in_an_answer_is_a_date_time() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, form in schema.get("properties", {}).items():
            if name.endswith("View") and field.endswith(("_at", "respond_by", "_until", "created_from", "created_to")):
                kinds = form.get("anyOf", [form])
                assert any(kind.get("format") == "date-time" for kind in kinds), (name, field)


def test_every_kind_and_cause_of_an_event_is_listed() -> None:
    fields = DOCUMENT["components"]["schemas"]["EventView"]["properties"]
    assert fields["kind"]["enum"] == list(get_args(Kind))
    assert fields["cause"]["enum"] == list(get_args(Cause))


def described_as(reference: str) -> dict[str, Any]:
    schema: dict[str, Any] = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    return schema


@pytest.mark.parametrize("code", CODES)
def test_every_error_code_is_described_and_documented(code: str) -> None:
    by_code = DOCUMENT["components"]["schemas"]["Error"]["properties"]["error"]["discriminator"]["mapping"]
    assert described_as(by_code[code])["properties"]["code"]["const"] == code
    assert re.search(rf"^\| {CODES[code].http_status} \| `{code}` \|", DOCS, re.MULTILINE)


def test_an_error_names_its_details_and_says_which_are_always_there() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    times = {"type": "string", "format": "date-time", "title": "Settled At"}
    assert schemas["DuplicateOrderDetails"]["required"] == ["payment_id"]
    assert schemas["InvalidStateDetails"]["properties"]["settled_at"] == times
    assert "required" not in schemas["InvalidStateDetails"]
    assert schemas["BusyProblem"]["properties"]["details"] == {"$ref": "#/components/schemas/NoDetails"}


def test_the_template_has_the_same_routes() -> None:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    template = yaml.load((ROOT / "template.yaml").read_text(), Loader)  # noqa: S506
    events = [
        event["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in (resource["Properties"].get("Events") or {}).values()
        if event["Type"] == "HttpApi"
    ]
    more = {f"{route.name}/" for route in openapi.ROUTES if route.has_slash_twin} | {"GET /{path+}", "POST /{path+}"}
    assert {f"{event['Method'].upper()} {event['Path']}" for event in events} == {r.name for r in openapi.ROUTES} | more
    public = {f"{e['Method'].upper()} {e['Path']}" for e in events if (e.get("Auth") or {}).get("Authorizer") == "NONE"}
    assert public == {route.name for route in openapi.ROUTES if not route.roles} | more


def described(route_name: str, http_status: int) -> dict[str, Any]:
    method, _, path = route_name.partition(" ")
    response = DOCUMENT["paths"][path][method.lower()]["responses"][str(http_status)]
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return {**schema, "components": DOCUMENT["components"]}


def test_cases_and_approvals_fit_their_description(edge: Edge) -> None:
    """One that is decided at once, and one that waits for a second person."""
    small, large = under_review(edge), under_review(edge, 6_000_000, key="key-2")
    decided, request = decide(edge, small, "write_off"), decide(edge, large, "write_off")
    path = f"/v1/approvals/{request.json['approval']['approval_id']}"
    edge.world.clock.sleep(1)
    report = edge.call("POST", "/v1/reconciliations")
    assert report.json["written_off"]
    answers = [
        ("GET /v1/cases", edge.call("GET", "/v1/cases")),
        ("POST /v1/cases/{case_id}/decision", decided),
        ("POST /v1/cases/{case_id}/decision", request),
        ("POST /v1/cases/{case_id}/decision", decide(edge, large, "noted")),
        ("GET /v1/approvals", edge.call("GET", "/v1/approvals")),
        ("POST /v1/approvals/{approval_id}/approve", edge.call("POST", f"{path}/approve", {})),
        ("POST /v1/approvals/{approval_id}/refuse", edge.call("POST", f"{path}/refuse", {}, sub="finance2")),
        ("POST /v1/reconciliations", report),
    ]
    for route_name, answer in answers:
        jsonschema.validate(answer.json, described(route_name, answer.status))


def test_answers_fit_their_description(edge: Edge) -> None:
    payment = edge.paid()
    pid = payment["payment_id"]
    refund = edge.call("POST", f"/v1/payments/{pid}/refunds", {"amount": 100}, key="r")
    report = edge.call("POST", "/v1/reconciliations", {"dry_run": False})
    token = {"authorization": f"Bearer {payment['checkout_token']}"}
    answers = {
        "POST /v1/payments": edge.pay(),
        "GET /v1/payments/{payment_id}": edge.call("GET", f"/v1/payments/{pid}"),
        "GET /v1/payments": edge.call("GET", "/v1/payments"),
        "GET /v1/payments/{payment_id}/events": edge.call("GET", f"/v1/payments/{pid}/events"),
        "GET /v1/checkouts/{payment_id}": edge.call("GET", f"/v1/checkouts/{pid}", headers=token),
        "POST /v1/payments/{payment_id}/refunds": refund,
        "GET /v1/payments/{payment_id}/refunds": edge.call("GET", f"/v1/payments/{pid}/refunds"),
        "GET /v1/refunds/{refund_id}": edge.call("GET", f"/v1/refunds/{refund.json['refund_id']}"),
        "POST /v1/reconciliations": report,
        "GET /v1/reconciliations": edge.call("GET", "/v1/reconciliations"),
        "GET /v1/health": edge.call("GET", "/v1/health"),
    }
    for route_name, answer in answers.items():
        jsonschema.validate(answer.json, described(route_name, answer.status))
    missing = edge.call("GET", "/v1/refunds/x")
    jsonschema.validate(missing.json, described("GET /v1/refunds/{refund_id}", missing.status))
