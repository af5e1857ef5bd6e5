from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.api.driver import ROUTES, an_event
from tests.security.attacks.ids import (
    ENCODED,
    KEYS,
    MINIMUM,
    NAMES_NOTHING,
    ODD_KEYS,
    ODD_ORDER_IDS,
    ORDER_IDS,
    OTHER_CASES,
    OTHER_PAYMENTS,
    OTHER_REFUNDS,
    OUR_ORDER_IDS,
)
from tests.security.attacks.judge import Judge
from tests.security.attacks.scene import Scene, a_payment

BY_ID = [route for route in ROUTES if "_id}" in route.path]
OF_PAYMENTS = [route for route in BY_ID if "{payment_id}" in route.path]
NOBODYS = "pay_00000000000000000000000000"
NEEDED = {"verify": {"proof": {"a": "b"}}, "decision": {"outcome": "write_off", "note": "n"}}  # By the path's end.
TOKEN = f"ct_{'0' * 64}.ws_demo"


def wanted(route: Any, segment: str) -> dict[str, Any]:
    """A request that is valid except for the id in its path."""
    start, _, rest = route.path.partition("{")
    path = start + segment + rest.partition("}")[2] + ("?token=" + TOKEN if route.path.endswith("/return") else "")
    bearer = {} if route.roles else {"Authorization": f"Bearer {TOKEN}"}
    body = NEEDED.get(route.path.rpartition("/")[2], {})
    return an_event(route.method, path, body if route.body else None, key="key-1", headers=bearer)


def unknown(judge: Judge, segment: str, routes: Any = BY_ID) -> None:
    """Every route answers with the same bytes as for an id that never existed."""
    reported = {judge(wanted(route, segment), "not_found", segment).text for route in routes}
    assert reported == {judge(wanted(routes[0], NOBODYS), "not_found").text}


@pytest.mark.parametrize("name", NAMES_NOTHING, ids=ascii)
def test_an_id_of_no_possible_form_is_as_unknown_as_any_other(judge: Judge, name: str) -> None:
    unknown(judge, quote(name, safe="") if {"/", "?"} & set(name) else name)


def test_none_of_them_reaches_the_store(judge: Judge) -> None:
    for route in BY_ID:
        judge.edge.send(wanted(route, NOBODYS))  # From here on the caller's role is cached.
    before = judge.edge.world.client.calls.total()
    for name in NAMES_NOTHING:
        for route in BY_ID:
            judge.edge.send(wanted(route, quote(name, safe="")))
        assert judge.edge.world.client.calls.total() == before, name


@pytest.mark.parametrize("segment", ENCODED)
def test_no_encoding_makes_an_id_known(judge: Judge, segment: str) -> None:
    unknown(judge, segment)


def filled(scene: Scene, template: str) -> str:
    own = scene.ours.payment_id
    ids = {"ours": scene.ours, "theirs": scene.theirs, "open": scene.open}
    return template.format(**ids, lower=own.lower(), ulid=own.removeprefix("pay_"))


@pytest.mark.parametrize("template", OTHER_PAYMENTS)
def test_what_is_not_our_payment_is_no_payment(judge: Judge, scene: Scene, template: str) -> None:
    unknown(judge, filled(scene, template), OF_PAYMENTS)


@pytest.mark.parametrize("template", OTHER_REFUNDS)
def test_what_is_not_our_refund_is_no_refund(judge: Judge, scene: Scene, template: str) -> None:
    unknown(judge, filled(scene, template), [route for route in BY_ID if "{refund_id}" in route.path])


@pytest.mark.parametrize("template", OTHER_CASES)
def test_what_is_not_our_case_or_report_is_none(judge: Judge, scene: Scene, template: str) -> None:
    routes = [route for route in BY_ID if "{case_id}" in route.path or "{reconciliation_id}" in route.path]
    unknown(judge, filled(scene, template), routes)


@pytest.mark.parametrize("order_id", ORDER_IDS, ids=lambda text: ascii(text)[:40])
def test_an_order_id_is_short_and_of_visible_ascii(judge: Judge, order_id: str) -> None:
    response = judge(a_payment(merchant_order_id=order_id), "invalid_request", order_id)
    assert response.message.startswith(
        "merchant_order_id: 1 to 50 visible ASCII characters, with spaces only between them"
    )
    search = f"/v1/payments?merchant_order_id={quote(order_id, safe='')}"
    judge(an_event("GET", search), "invalid_request", order_id)


@pytest.mark.parametrize("order_id", ODD_ORDER_IDS)
def test_an_odd_order_id_is_still_just_an_order_id(judge: Judge, order_id: str) -> None:
    made = judge.edge.send(a_payment(merchant_order_id=order_id))
    assert (made.status, made.json["merchant_order_id"]) == (201, order_id)
    found = judge.edge.call("GET", f"/v1/payments?merchant_order_id={quote(order_id, safe='')}").json["data"]
    assert [each["payment_id"] for each in found] == [made.json["payment_id"]]
    judge(a_payment(merchant_order_id=order_id), "duplicate_order")


@pytest.mark.parametrize("order_id", OUR_ORDER_IDS)
def test_ids_of_subscriptions_orders_are_not_the_merchants(judge: Judge, order_id: str) -> None:
    response = judge(a_payment(merchant_order_id=order_id), "invalid_request")
    assert "must not begin with sub_" in response.message
    assert judge.edge.call("GET", f"/v1/payments?merchant_order_id={order_id}").json["data"] == []


def test_the_same_order_id_in_two_workspaces_names_two_payments(judge: Judge, scene: Scene) -> None:
    found = judge.watched(an_event("GET", "/v1/payments?merchant_order_id=SCENE-PAID")).json["data"]
    assert [each["payment_id"] for each in found] == [scene.ours.payment_id]


@pytest.mark.parametrize("key", KEYS, ids=lambda text: ascii(text)[:40])
def test_a_key_is_one_visible_text(judge: Judge, scene: Scene, key: str) -> None:
    for path, body in (("/v1/payments", a_payment()["body"]), (scene.ours.refunds, "e30=")):
        response = judge(an_event("POST", path, {}, key=key) | {"body": body}, "invalid_request", key)
        assert "one Idempotency-Key header of 1 to 255 visible ASCII characters" in response.message


@pytest.mark.parametrize("key", ODD_KEYS)
def test_an_odd_key_is_still_just_a_key(judge: Judge, key: str) -> None:
    event = a_payment()
    event["headers"]["idempotency-key"] = key
    first, second = judge.edge.send(event), judge.watched(event)
    assert (first.status, second.text) == (201, first.text)


def test_a_key_of_another_workspace_is_nobodys_here(judge: Judge) -> None:
    event = a_payment()
    theirs = judge.edge.call("POST", "/v1/payments", raw=b"{}", sub="other_owner", tenant="ws_other", key="shared")
    assert theirs.status == 400
    event["headers"]["idempotency-key"] = "shared"
    ours = judge.edge.send(event)
    other = event | {"headers": event["headers"] | {"x-tenant-id": "ws_other"}}
    other["requestContext"] = an_event("POST", "/v1/payments", sub="other_owner")["requestContext"]
    made = judge.edge.send(other)
    assert (ours.status, made.status) == (201, 201)
    assert made.json["payment_id"] != ours.json["payment_id"]


def test_there_are_enough_ids_and_keys() -> None:
    corpora = (NAMES_NOTHING, ENCODED, OTHER_PAYMENTS, OTHER_REFUNDS, OTHER_CASES, ORDER_IDS, KEYS)
    assert all(len(set(corpus)) == len(corpus) for corpus in corpora)
    assert sum(map(len, corpora)) >= 2 * MINIMUM
    assert len(NAMES_NOTHING) + len(ENCODED) >= MINIMUM
