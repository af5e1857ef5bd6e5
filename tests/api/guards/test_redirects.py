from __future__ import annotations

from dataclasses import replace

import pytest

from payments.api.errors import Refusal
from payments.api.guards.redirects import check_return_url
from payments.domain.values.urls import with_payment_id
from payments.runtime.settings import Settings
from tests.security.attacks.redirects import ALLOWED, GOOD
from tests.world import SETTINGS


def settings(stage: str = "dev", *origins: str) -> Settings:
    return replace(SETTINGS, stage=stage, return_url_allowlist=origins or ALLOWED)


@pytest.mark.parametrize(("url", "rebuilt"), GOOD.items())
def test_an_allowed_address_is_rebuilt_from_its_parts(url: str, rebuilt: str) -> None:
    assert check_return_url(url, settings()) == rebuilt
    assert check_return_url(rebuilt, settings()) == rebuilt


@pytest.mark.parametrize("stage", ["sandbox", "production"])
def test_this_machine_is_an_origin_in_development_only(stage: str) -> None:
    with pytest.raises(Refusal):
        check_return_url("http://localhost:3000/a", settings(stage))


@pytest.mark.parametrize(
    "origin",
    ["http://shop.example", "https://shop.example:8443", "https://*.example", "shop.example", "ftp://localhost:21"],
)
def test_a_listed_origin_that_breaks_the_rule_allows_nothing(origin: str) -> None:
    with pytest.raises(Refusal):
        check_return_url(f"{origin}/a", settings("dev", origin))


ANY_PORT = ("http://localhost:*", "http://127.0.0.1:*")


@pytest.mark.parametrize("url", ["http://localhost/", "http://localhost:5173/a", "http://127.0.0.1:65535/b?c=1"])
def test_any_port_of_this_machine_is_allowed_where_the_list_says_so(url: str) -> None:
    assert check_return_url(url, settings("dev", *ANY_PORT)) == url
    with pytest.raises(Refusal):
        check_return_url(url, settings("dev", "https://shop.example"))


@pytest.mark.parametrize("stage", ["sandbox", "production"])
def test_any_port_of_this_machine_counts_in_development_only(stage: str) -> None:
    with pytest.raises(Refusal):
        check_return_url("http://localhost:5173/a", settings(stage, *ANY_PORT))


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost:5173/",
        "http://localhost:*/",
        "http://localhost:0/",
        "http://localhost:65536/",
        "http://localhost:5173@evil.example/",
        "http://localhost.evil.example:5173/",
        "http://[::1]:5173/",
        "http://127.0.0.2:5173/",
        "http://0.0.0.0:5173/",
    ],
)
def test_what_only_looks_like_a_port_of_this_machine_is_refused(url: str) -> None:
    with pytest.raises(Refusal):
        check_return_url(url, settings("dev", *ANY_PORT))


@pytest.mark.parametrize("entry", ["https://shop.example:*", "http://shop.example:*", "http://*:*", "*:*", ":*"])
def test_any_port_of_another_host_allows_nothing(entry: str) -> None:
    for url in ("https://shop.example:8443/", "http://shop.example:80/", "https://shop.example/", "http://x:1/"):
        with pytest.raises(Refusal):
            check_return_url(url, settings("dev", entry))


def test_an_empty_list_says_so() -> None:
    with pytest.raises(Refusal) as refused:
        check_return_url("https://shop.example/", replace(SETTINGS, return_url_allowlist=()))
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
