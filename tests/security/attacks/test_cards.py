from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.driver import GOOD_ORDER, an_event
from tests.security.attacks.cards import HARMLESS, HARMLESS_KEYS, HARMLESS_MINIMUM, KEYS, MINIMUM, PAN, PLACES, TEXTS
from tests.security.attacks.judge import Judge
from tests.security.attacks.scene import Scene, a_payment, a_post, a_raw_payment

CODE = "raw_card_data_rejected"


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_card_number_is_seen_however_it_is_written(judge: Judge, scene: Scene, text: str) -> None:
    judge(a_payment(metadata={"note": text}), CODE, text)
    refund = json.dumps({"amount": 100, "reason_text": text}).encode()
    response = judge(a_post(scene.ours.refunds, refund), CODE, text)
    assert response.json["error"]["details"] == {"field": "reason_text"}


@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_a_field_for_card_data_is_refused_whatever_it_holds(judge: Judge, key: str) -> None:
    judge(a_payment(metadata={key: "CANARY-123"}), CODE, "CANARY-123")
    judge(a_payment(customer={"card": [{key: 123}]}), CODE)


@pytest.mark.parametrize("changes", PLACES.values(), ids=PLACES)
def test_a_card_is_refused_wherever_it_hides(judge: Judge, changes: dict[str, Any]) -> None:
    judge(a_payment(**changes), CODE, PAN)


@pytest.mark.parametrize(
    "body",
    [
        f'{{"note": {PAN}.0}}',
        '{"note": 4.111111111111111e15}',
        f'{{"note": "\\u0034{PAN[1:]}"}}',
        '{"\\u0063vv": "1"}',
        f'[{{"note": "{PAN}"}}]'.join(('{"a": ', "}")),
    ],
)
def test_no_spelling_of_json_hides_a_card(judge: Judge, body: str) -> None:
    judge(a_raw_payment(body.encode()), CODE, PAN)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/payments/{payment}/retry"),
        ("POST", "/v1/reconciliations"),
        ("POST", "/v1/cases/amount_mismatch:{payment}/decision"),
        ("POST", "/v1/payments/{payment}/refunds"),
    ],
)
def test_every_body_is_read_for_cards(judge: Judge, scene: Scene, method: str, path: str) -> None:
    path = path.format(payment=scene.ours.payment_id)
    judge(an_event(method, path, {"note": f"card {PAN}"}, key="attack-1"), CODE, PAN)


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", f"/v1/payments?merchant_order_id={PAN}", {}),
        ("GET", "/v1/payments?cursor=4111-1111-1111-1111", {}),
        ("GET", f"/v1/payments?{PAN}=1", {}),
        ("GET", "/v1/payments?cvv=123", {}),
        ("GET", "/v1/payments?x=4111%201111%201111%201111", {}),
        ("GET", f"/v1/payments/{PAN}", {}),
        ("GET", f"/v1/payments/pay_{PAN}", {}),
        ("GET", f"/v1/refunds/{PAN}", {}),
        ("POST", f"/v1/payments/{PAN}/refunds", {"key": "attack-1"}),
        ("POST", "/v1/payments", {"key": PAN}),
        ("POST", "/v1/payments", {"key": "4111-1111-1111-1111"}),
    ],
)
def test_paths_queries_and_headers_are_read_for_cards(judge: Judge, method: str, path: str, more: Any) -> None:
    body = GOOD_ORDER if method == "POST" else None
    response = judge(an_event(method, path, body, **more), CODE, PAN)
    assert "put a letter right before it" in response.message or "give it another name" in response.message


@pytest.mark.parametrize("who", [{"sub": "stranger"}, {"tenant": "ws_other"}, {"tenant": PAN}])
def test_a_stranger_is_refused_as_a_stranger_whatever_he_sends(judge: Judge, who: Any) -> None:
    for path, body in (("/v1/payments", {"note": PAN}), (f"/v1/payments/{PAN}/retry?{PAN}=1", {"cvv": 1})):
        judge(an_event("POST", path, body, key=PAN, **who), "tenant_forbidden", PAN)


def test_a_number_that_is_no_card_is_accepted_and_stored(judge: Judge) -> None:
    for text in HARMLESS:
        response = judge.edge.send(a_payment(metadata={"note": text}))
        assert response.status == 201, text
        assert judge.edge.world.payment(response.json["payment_id"]).metadata == {"note": text}


def test_a_field_that_merely_sounds_like_a_card_is_accepted(judge: Judge) -> None:
    for key in HARMLESS_KEYS:
        response = judge.edge.send(a_payment(metadata={key: "411001"}))
        assert response.status == 201, key


def test_there_are_enough_cards() -> None:
    for corpus in (TEXTS, KEYS, HARMLESS, HARMLESS_KEYS):
        assert len(set(corpus)) == len(corpus)
    assert len(TEXTS) >= MINIMUM
    assert len({json.dumps(place, sort_keys=True) for place in PLACES.values()}) + len(KEYS) >= MINIMUM
    assert len(HARMLESS) >= HARMLESS_MINIMUM
