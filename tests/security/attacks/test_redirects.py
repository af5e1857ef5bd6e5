from __future__ import annotations

from dataclasses import replace

import pytest

from tests.security.attacks.judge import Judge
from tests.security.attacks.redirects import ALLOWED, BAD, GOOD, MINIMUM
from tests.security.attacks.scene import a_payment
from tests.world import SETTINGS

EMPTY_OR_LONG = [url for url in BAD if not 0 < len(url) <= 2048]


@pytest.fixture(autouse=True)
def _allows_four_origins(judge: Judge) -> None:
    judge.edge.wired.given = replace(SETTINGS, return_url_allowlist=ALLOWED)


@pytest.mark.parametrize("url", [url for url in BAD if url not in EMPTY_OR_LONG], ids=lambda url: ascii(url)[:60])
def test_an_address_that_only_looks_allowed_is_refused(judge: Judge, url: str) -> None:
    response = judge(a_payment(return_url=url), "redirect_not_allowed", url)
    assert "https://shop.example, https://pay.shop.example:443" in response.message
    assert "evil" not in response.text


@pytest.mark.parametrize("url", EMPTY_OR_LONG, ids=lambda url: str(len(url)))
def test_an_address_has_1_to_2048_characters(judge: Judge, url: str) -> None:
    judge(a_payment(return_url=url), "invalid_request", url)


@pytest.mark.parametrize(
    "value", [None, 1, True, [], {}, ["https://shop.example/"], {"url": "https://shop.example/"}, 0.5], ids=str
)
def test_an_address_is_a_text(judge: Judge, value: object) -> None:
    judge(a_payment(return_url=value), "invalid_request")


@pytest.mark.parametrize("field", ["redirect_url", "callback_url", "cancel_url", "webhook_url", "returnUrl"])
def test_no_other_field_accepts_an_address(judge: Judge, field: str) -> None:
    judge(a_payment(**{field: "https://evil.example/"}), "invalid_request", "https://evil.example/")


@pytest.mark.parametrize(("url", "rebuilt"), GOOD.items())
def test_an_allowed_address_is_stored_as_it_was_rebuilt(judge: Judge, url: str, rebuilt: str) -> None:
    response = judge.edge.send(a_payment(return_url=url))
    assert response.status == 201
    assert judge.edge.world.payment(response.json["payment_id"]).return_url == rebuilt


def test_there_are_enough_addresses() -> None:
    assert len(set(BAD)) == len(BAD) >= MINIMUM
