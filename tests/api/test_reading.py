from __future__ import annotations

from typing import Any

from tests.api.driver import Edge, Reply

UNKNOWN = "pay_00000000000000000000000000"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_payment_shows_its_checkout_and_once_it_is_paid_its_receipt(edge: Edge) -> None:
    opened = edge.pay().json
    (order,) = edge.world.sim.model.ledger_orders()
    assert (opened["receipt"], opened["attempt_count"], opened["installments"]) == (None, 1, None)
    assert opened["checkout_ref"] == order.ref
    edge.world.payer("pay", opened["attempts"][0]["attempt_id"])
    edge.world.advance(1)
    paid = edge.call("POST", f"/v1/payments/{opened['payment_id']}/refresh").json
    assert (paid["status"], paid["receipt"]) == ("completed", "ORDER-1-PAY-001")


def test_a_payment_is_read(edge: Edge) -> None:
    payment = edge.paid()
    response = edge.call("GET", f"/v1/payments/{payment['payment_id']}")
    assert (response.status, response.json["status"], response.json["amount_captured"]) == (200, "completed", 49900)
    assert "checkout_token" not in response.json


def test_a_payment_shows_what_the_merchant_wrote_about_it(edge: Edge) -> None:
    shown_of_it = {"metadata": {"cart": "7"}, "customer": {"id": "cust-1", "name": "Asha"}}
    made = edge.pay(**shown_of_it).json
    read = edge.call("GET", f"/v1/payments/{made['payment_id']}").json
    assert made["metadata"] == read["metadata"] == {"cart": "7"}
    assert (read["customer"]["id"], read["customer"]["name"]) == ("cust-1", "Asha")


def test_refresh_asks_the_gateway_first(edge: Edge) -> None:
    payment = edge.pay().json
    path = f"/v1/payments/{payment['payment_id']}"
    edge.world.fault("no_webhook", "*", -1)
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    assert edge.call("GET", path).json["status"] == "pending"
    assert edge.call("POST", f"{path}/refresh").json["status"] == "completed"


def test_lists_go_page_by_page_without_a_gap_or_a_repeat(edge: Edge) -> None:
    for number in range(5):
        edge.pay(merchant_order_id=f"ORDER-{number}", key=f"key-{number}")
        edge.world.clock.sleep(1)
    seen, cursor = [], ""
    while True:
        response = edge.call("GET", f"/v1/payments?limit=2{cursor and f'&cursor={cursor}'}")
        assert response.status == 200
        seen += [payment["merchant_order_id"] for payment in response.json["data"]]
        edge.world.clock.sleep(3600)
        if not response.json["next_cursor"]:
            break
        cursor = response.json["next_cursor"]
    assert seen == [f"ORDER-{number}" for number in (4, 3, 2, 1, 0)]


def test_a_list_is_narrowed_by_status(edge: Edge) -> None:
    edge.paid()
    edge.world.clock.sleep(1)
    assert len(edge.call("GET", "/v1/payments?status=completed").json["data"]) == 1
    assert edge.call("GET", "/v1/payments?status=failed").json["data"] == []


def test_an_order_is_found_by_its_own_id(edge: Edge) -> None:
    payment_id = edge.pay().json["payment_id"]
    response = edge.call("GET", "/v1/payments?merchant_order_id=ORDER-1")
    assert [payment["payment_id"] for payment in response.json["data"]] == [payment_id]
    assert edge.call("GET", "/v1/payments?merchant_order_id=ORDER-2").json["data"] == []


def test_the_timeline_is_in_order(edge: Edge) -> None:
    payment_id = edge.paid()["payment_id"]
    events = edge.call("GET", f"/v1/payments/{payment_id}/events").json["data"]
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert events[0]["actor"] == "user:owner"
    assert (events[2]["from"], events[2]["to"]) == ("pending", "completed")


def test_the_holder_of_a_checkout_token_sees_the_reduced_view(edge: Edge) -> None:
    payment = edge.pay().json
    path = f"/v1/checkouts/{payment['payment_id']}"
    response = edge.call("GET", path, sub=None, tenant=None, headers=bearer(payment["checkout_token"]))
    assert (response.status, response.json["status"]) == (200, "pending")
    assert not {"workspace_id", "customer", "attempts", "metadata"} & set(response.json)


def unknown(edge: Edge) -> Reply:
    return edge.call("GET", f"/v1/payments/{UNKNOWN}")


def test_a_token_opens_its_own_payment_only(edge: Edge) -> None:
    token = edge.pay().json["checkout_token"]
    other = edge.pay(merchant_order_id="ORDER-2", key="key-2").json["payment_id"]
    response = edge.call("GET", f"/v1/checkouts/{other}", headers=bearer(token))
    assert (response.status, response.text) == (404, unknown(edge).text)


def return_address(edge: Edge) -> tuple[str, str]:
    order = str(edge.world.ledger()["orders"][0])
    start = order.index("/v1/checkouts/")
    address = order[start : start + 400].split("'")[0]
    return address, address.partition("rt=")[2]


def test_the_payer_is_redirected_after_one_check_without_details(edge: Edge) -> None:
    payment = edge.pay().json
    edge.world.fault("no_webhook", "*", -1)
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    address, token = return_address(edge)
    response = edge.call("GET", address, sub=None, tenant=None)
    assert response.status == 302
    assert response.headers["Location"] == f"https://shop.example/thanks?cart=7&payment_id={payment['payment_id']}"
    assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert edge.call("GET", f"/v1/payments/{payment['payment_id']}").json["status"] == "completed"
    assert token not in edge.written.text()


def test_what_a_gateway_adds_to_the_return_address_does_no_harm(edge: Edge) -> None:
    edge.pay()
    address, _ = return_address(edge)
    assert edge.call("GET", f"{address}&ts=1795170600005&code=OK").status == 302


def test_a_removed_member_is_out_within_a_minute(edge: Edge) -> None:
    assert edge.call("GET", "/v1/payments", sub="support").status == 200
    key: Any = {"pk": {"S": "T#ws_demo#WS"}, "sk": {"S": "MEMBER#support"}}
    edge.world.dynamo.delete_item(TableName="pavati-dev-workspaces", Key=key)
    edge.world.clock.sleep(60)
    assert edge.call("GET", "/v1/payments", sub="support").code == "tenant_forbidden"
