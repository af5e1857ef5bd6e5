from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.api.driver import ROUTES, an_event
from tests.security.attacks.headers import (
    BEARERS,
    IMPOSTORS,
    MINIMUM,
    REPEATED_KEYS,
    REQUEST_IDS,
    WITHOUT_EFFECT,
    WORKSPACES,
    Headers,
)
from tests.security.attacks.judge import Judge
from tests.security.attacks.scene import Scene, a_payment
from tests.world import SETTINGS

NOBODYS = "pay_00000000000000000000000000"


def with_headers(event: dict[str, Any], given: Headers, *without: str) -> dict[str, Any]:
    stored = {name: value for name, value in event["headers"].items() if name not in without}
    return event | {"headers": stored | given}


@pytest.mark.parametrize("name", WORKSPACES)
def test_the_workspace_is_named_once_and_plainly(judge: Judge, scene: Scene, name: str) -> None:
    given, code = WORKSPACES[name]
    for event in (a_payment(), an_event("GET", f"/v1/payments/{scene.ours.payment_id}")):
        judge(with_headers(event, given, "x-tenant-id"), code, *given.values())


@pytest.mark.parametrize("given", REPEATED_KEYS, ids=str)
def test_there_is_one_key(judge: Judge, given: Headers) -> None:
    assert "Idempotency-Key" in judge(with_headers(a_payment(), given, "idempotency-key"), "invalid_request").message


@pytest.mark.parametrize("name", IMPOSTORS)
def test_no_header_says_who_calls(judge: Judge, name: str) -> None:
    for route in (route for route in ROUTES if route.roles):
        path = route.path.replace("{", "").replace("}", "")
        event = an_event(route.method, path, {} if route.body else None, sub=None, key="key-1")
        judge(with_headers(event, IMPOSTORS[name]), "unauthorized", *IMPOSTORS[name].values())


@pytest.mark.parametrize("name", IMPOSTORS)
def test_no_header_lifts_a_role(judge: Judge, scene: Scene, name: str) -> None:
    event = an_event("POST", scene.ours.refunds, {"amount": 100}, sub="member", key="key-1")
    judge(with_headers(event, IMPOSTORS[name]), "forbidden_role")


def token_of(judge: Judge) -> tuple[str, str]:
    made = judge.edge.send(a_payment()).json
    return made["payment_id"], made["checkout_token"]


@pytest.mark.parametrize("template", BEARERS, ids=lambda text: ascii(text)[:40])
def test_a_checkout_opens_for_its_own_token_only(judge: Judge, template: str) -> None:
    payment_id, token = token_of(judge)
    forms = {"short": token[:-1], "upper": token.upper(), "bare": token.partition(".")[0]}
    forms |= {"theirs": token.replace("ws_demo", "ws_other"), "other_kind": token.replace("ct_", "rt_")}
    bearer = {"authorization": template.format(token=token, **forms)}
    response = judge(checkout(payment_id, bearer), "not_found", token, token.partition(".")[0])
    assert response.text == judge(checkout(NOBODYS, bearer), "not_found").text


def checkout(payment_id: str, given: Headers) -> dict[str, Any]:
    return an_event("GET", f"/v1/checkouts/{payment_id}", sub=None, tenant=None, headers=given)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
def test_a_checkout_opens_for_its_own_token(judge: Judge, scheme: str) -> None:
    payment_id, token = token_of(judge)
    response = judge.watched(checkout(payment_id, {"Authorization": scheme + token}))
    assert (response.status, response.json["payment_id"]) == (200, payment_id)


@pytest.mark.parametrize("given", REQUEST_IDS, ids=lambda text: ascii(text)[:40])
def test_a_request_id_that_is_no_plain_text_is_shown_nowhere(judge: Judge, given: str) -> None:
    event = an_event("GET", "/v1/nowhere", headers={"x-request-id": given})
    response = judge(event, "not_found", given, "CANARY-s3cr3t")
    assert response.headers["X-Request-ID"].startswith("req_")


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_headers_that_mean_nothing_here_change_nothing(judge: Judge, scene: Scene, name: str) -> None:
    event = an_event("GET", f"/v1/payments/{scene.ours.payment_id}")
    plain = judge.watched(event)
    response = judge.watched(with_headers(event, WITHOUT_EFFECT[name]))
    assert (response.status, response.text, response.headers) == (200, plain.text, plain.headers)


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_no_header_moves_the_address_that_a_payer_comes_back_to(judge: Judge, name: str) -> None:
    judge.edge.wired.given = replace(SETTINGS, public_base_url="")
    headers = {key: value for key, value in WITHOUT_EFFECT[name].items() if key != "content-type"}
    made = judge.edge.send(with_headers(a_payment(), headers))
    assert made.status == 201
    order = judge.edge.world.sim.model.known_order(made.json["attempts"][0]["attempt_id"])
    assert order.redirect_url.startswith(f"https://api.example/v1/checkouts/{made.json['payment_id']}/return?rt=rt_")


def test_there_are_enough_headers() -> None:
    assert len(set(BEARERS)) == len(BEARERS)
    assert len(WORKSPACES) + len(REPEATED_KEYS) + len(IMPOSTORS) >= MINIMUM
    assert len(BEARERS) + len(REQUEST_IDS) + len(WITHOUT_EFFECT) >= MINIMUM
