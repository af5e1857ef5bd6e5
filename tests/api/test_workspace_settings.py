"""Workspace settings of a wrong form: what the API answers, and what still works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payments.usecases.reconciliation.run import Window, reconcile
from tests.api.driver import GOOD_ORDER, ROUTES, Edge
from tests.runtime.written import written_to
from tests.usecases.payment.test_late_and_wrong import settle
from tests.world import WORKSPACE, World, a_world

BAD: dict[str, tuple[dict[str, Any], str]] = {  # setting: a value as DynamoDB has it, and its form
    "late_success": ({"S": "keep"}, "a text of 4 characters"),
    "country": ({"S": "UK"}, "a text of 2 characters"),
    "gateways": ({"L": [{"S": "paytm"}]}, "a list of 1"),
    "two_person_above": ({"N": "99.5"}, "a number with a fraction"),
    "name": ({"N": "7"}, "a whole number"),
}
MEMBER_ROUTES = [route for route in ROUTES if route.roles]


def put(world: World, setting: str, value: dict[str, Any], workspace: str = WORKSPACE) -> None:
    world.dynamo.update_item(
        TableName="pavati-dev-workspaces",
        Key={"pk": {"S": f"T#{workspace}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": setting},
        ExpressionAttributeValues={":value": value},
    )


@pytest.fixture
def silent_edge(silent_world: World, capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    with written_to(capfd) as written:
        yield Edge(silent_world, written)


@pytest.mark.parametrize("setting", BAD)
def test_each_bad_setting_is_answered_503_with_its_name_and_logged_as_an_error(edge: Edge, setting: str) -> None:
    value, form = BAD[setting]
    put(edge.world, setting, value)
    response = edge.pay()
    assert (response.status, response.code, response.json["error"]["retryable"]) == (503, "workspace_invalid", True)
    assert response.json["error"]["details"] == {"fields": [setting]}
    assert "Settings of this workspace are invalid" in response.message
    assert response.headers["Retry-After"] == "60"
    text = edge.written.text()
    assert '"WorkspaceInvalid"' in text
    assert f'"field":"{setting}","form":"{form}"' in text
    assert '"level":"ERROR"' in text
    assert '"workspace_id":"ws_demo"' in text
    assert "keep" not in text
    assert "paytm" not in text


def test_every_route_of_members_says_so(edge: Edge) -> None:
    put(edge.world, *("country", {"S": "UK"}))
    codes = set()
    for route in MEMBER_ROUTES:
        path = route.path.replace("{payment_id}", "pay_x").replace("{refund_id}", "rfd_x")
        codes.add((route.name, edge.call(route.method, path, {}, key="key-1").code))
    assert {code for _, code in codes} == {"workspace_invalid"}


def test_no_other_workspace_notices(edge: Edge) -> None:
    put(edge.world, "late_success", {"S": "keep"})
    assert edge.pay().status == 503
    response = edge.call("POST", "/v1/payments", GOOD_ORDER, key="key-1", sub="other_owner", tenant="ws_other")
    assert response.status == 201


def test_strangers_see_nothing_of_it(edge: Edge) -> None:
    put(edge.world, "late_success", {"S": "keep"})
    assert edge.call("GET", "/v1/payments", sub="stranger").code == "tenant_forbidden"


def test_what_is_mended_counts_at_once(edge: Edge) -> None:
    put(edge.world, "late_success", {"S": "keep"})
    assert edge.pay().status == 503
    put(edge.world, "late_success", {"S": "review"})
    assert edge.pay().status == 201


def paid_meanwhile(edge: Edge, setting: str) -> Any:
    """An order that is paid while a setting is wrong; nobody calls the API."""
    payment = edge.pay().json
    put(edge.world, setting, BAD[setting][0])
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    return payment


@pytest.mark.parametrize("setting", BAD)
def test_a_webhook_completes_a_payment_whatever_the_settings_are(edge: Edge, setting: str) -> None:
    payment = paid_meanwhile(edge, setting)
    edge.world.advance(1)
    assert edge.world.payment(payment["payment_id"]).status == "completed"


@pytest.mark.parametrize("setting", BAD)
def test_the_sweep_completes_a_payment_whatever_the_settings_are(silent_edge: Edge, setting: str) -> None:
    payment = paid_meanwhile(silent_edge, setting)
    silent_edge.world.advance(61)
    assert silent_edge.world.sweep()["failed"] == 0
    assert silent_edge.world.payment(payment["payment_id"]).status == "completed"


def test_the_payer_sees_the_checkout_and_comes_back_whatever_the_settings_are(edge: Edge) -> None:
    payment = paid_meanwhile(edge, "country")
    path, token = f"/v1/checkouts/{payment['payment_id']}", payment["checkout_token"]
    response = edge.call("GET", path, sub=None, tenant=None, headers={"authorization": f"Bearer {token}"})
    assert response.status == 200


def late(world: World) -> str:
    """An order that expired in our books and was paid at the gateway afterwards; there was no check since."""
    world.fault("late_success", "pay")
    answer = world.initiate(world.order(expires_in_s=300))
    world.payer("abandon", answer["attempt_id"])
    world.advance(301)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "expired"
    return str(answer["payment_id"])


def test_late_money_waits_for_its_setting_and_nothing_of_it_is_lost(silent_world: World) -> None:
    world = silent_world
    payment_id = late(world)
    put(world, "late_success", {"S": "keep"})
    world.clock.sleep(3600)
    world.sim.pump()
    version = world.payment(payment_id).version
    assert world.sweep()["failed"] == 1
    assert (world.payment(payment_id).version, world.payment(payment_id).status) == (version, "expired")
    lines = [line for line in world.log if line["message"] == "workspace.invalid"]
    form = "a text of 4 characters"
    facts = {"workspace_id": WORKSPACE, "field": "late_success", "form": form}
    assert lines == [{"message": "workspace.invalid", "level": "ERROR", **facts}]
    assert world.metrics["WorkspaceInvalid"] == 1
    put(world, "late_success", {"S": "grant"})
    world.advance(61)
    assert world.sweep()["failed"] == 0
    assert (world.payment(payment_id).status, world.payment(payment_id).current.is_late) == ("completed", True)


@pytest.mark.parametrize("setting", sorted(set(BAD) - {"late_success"}))
def test_late_money_does_not_wait_for_another_setting(silent_world: World, setting: str) -> None:
    payment_id = late(silent_world)
    put(silent_world, setting, BAD[setting][0])
    silent_world.clock.sleep(3600)
    silent_world.sim.pump()
    assert silent_world.sweep()["failed"] == 0
    assert silent_world.payment(payment_id).status == "completed"


def test_a_webhook_about_late_money_is_stored_and_applied_when_the_setting_is_mended() -> None:
    with a_world() as world:
        world.flow.accepts = False
        payment_id = late(world)
        put(world, "late_success", {"S": "keep"})
        for _ in range(30):  # More than a day: a delivery whose gateway never answers would have ended.
            world.advance(3600)
            world.sweep()
        assert world.payment(payment_id).status == "expired"
        put(world, "late_success", {"S": "review"})
        world.advance(900)  # What keeps failing is tried every 15 minutes.
        settle(world)
        assert world.payment(payment_id).review_kind == "late_success"


def test_other_rows_of_the_sweep_and_other_workspaces_go_on(silent_world: World) -> None:
    world = silent_world
    late(world)
    order = world.order("ORD-2", workspace=world.read_workspace("ws_other"))
    put(world, "late_success", {"S": "keep"})
    world.clock.sleep(3600)
    world.sim.pump()
    world.sweep()
    other = world.initiate(order, key="key-2")
    world.payer("pay", other["attempt_id"])
    world.advance(61)
    world.sweep()
    assert world.ports.store.within("ws_other").get_payment(other["payment_id"]).status == "completed"


def test_a_reconciliation_names_what_waits_and_ends(silent_world: World) -> None:
    world = silent_world
    created_from = world.clock.now()
    late(world)
    put(world, "late_success", {"S": "keep"})
    world.clock.sleep(3600)
    world.sim.pump()
    report: Any = reconcile(Window(created_from, world.clock.now()), True, world.context())
    assert [(issue["kind"], issue["note"]) for issue in report["issues"]] == [("unanswered", "InvalidWorkspace")]
    assert report["complete"] is True


def test_without_a_second_gateway_for_certain_the_first_ones_failure_is_answered(world: World) -> None:
    """The setting became wrong within the minute for which the caller's settings are cached."""
    order = world.order(gateway="")
    put(world, "country", {"S": "UK"})
    world.fault("refuse", "pay")
    with pytest.raises(Exception, match="gateway"):
        world.initiate(order)
    assert [line["field"] for line in world.log if line["message"] == "workspace.invalid"] == ["country"]
