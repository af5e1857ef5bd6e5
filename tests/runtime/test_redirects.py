from __future__ import annotations

from dataclasses import replace

import pytest

from payments.domain.urls import with_payment_id
from payments.runtime.errors import Refusal
from payments.runtime.redirects import allowed_return_url
from payments.runtime.settings import Settings
from tests.attacks.redirects import ALLOWED, GOOD
from tests.world import SETTINGS


def settings(stage: str = "dev", *origins: str) -> Settings:
    return replace(SETTINGS, stage=stage, return_url_allowlist=origins or ALLOWED)


@pytest.mark.parametrize(("url", "rebuilt"), GOOD.items())
def test_an_allowed_address_is_rebuilt_from_its_parts(url: str, rebuilt: str) -> None:
    assert allowed_return_url(url, settings()) == rebuilt
    assert allowed_return_url(rebuilt, settings()) == rebuilt


@pytest.mark.parametrize("stage", ["sandbox", "production"])
def test_this_machine_is_an_origin_in_development_only(stage: str) -> None:
    with pytest.raises(Refusal):
        allowed_return_url("http://localhost:3000/a", settings(stage))


@pytest.mark.parametrize(
    "origin",
    ["http://shop.example", "https://shop.example:8443", "https://*.example", "shop.example", "ftp://localhost:21"],
)
def test_a_listed_origin_that_breaks_the_rule_allows_nothing(origin: str) -> None:
    with pytest.raises(Refusal):
        allowed_return_url(f"{origin}/a", settings("dev", origin))


def test_an_empty_list_says_so() -> None:
    with pytest.raises(Refusal) as refused:
        allowed_return_url("https://shop.example/", replace(SETTINGS, return_url_allowlist=()))
    assert "none are configured" in refused.value.message


@pytest.mark.parametrize(
    ("url", "then"),
    [
        ("https://shop.example/", "https://shop.example/?payment_id=pay_1"),
        ("https://shop.example/a?b=%20c&d=", "https://shop.example/a?b=%20c&d=&payment_id=pay_1"),
        ("https://shop.example/?payment_id=pay_0&a=1", "https://shop.example/?a=1&payment_id=pay_1"),
        ("https://shop.example/?payment%5Fid=pay_0", "https://shop.example/?payment_id=pay_1"),
    ],
)
def test_the_payment_id_is_last_in_the_query_and_there_once(url: str, then: str) -> None:
    assert with_payment_id(url, "pay_1") == then
