"""The address of a gateway by the deployment's mode."""

from __future__ import annotations

import pytest

from payments.gateways.contract.errors import Misconfigured, OutcomeUnknown, Rejected
from payments.gateways.facts import Hosts
from payments.gateways.kit.hosts import endpoint_of
from payments.gateways.registry import GATEWAYS, simulator_url
from payments.gateways.transport.http import address
from tests.gateways.fakes import FakeDeployment, an_order

HOSTS = {
    "sandbox": Hosts("https://api.test.example", r"https://pay\.test\.example/[!-~]*"),
    "production": Hosts("https://api.example", r"https://pay\.example/[!-~]*"),
}


@pytest.mark.parametrize(
    ("mode", "origin", "page", "is_live"),
    [
        ("simulator", "http://127.0.0.1:8104", "http://127.0.0.1:8104/pay/1", False),
        ("sandbox", "https://api.test.example", "https://pay.test.example/1", False),
        ("production", "https://api.example", "https://pay.example/1", True),
    ],
)
def test_the_mode_says_where_a_gateway_is(mode: str, origin: str, page: str, is_live: bool) -> None:
    hosts = endpoint_of(FakeDeployment(gateway_mode=mode), "stripe", HOSTS)
    assert (hosts.mode, hosts.origin, hosts.is_live) == (mode, origin, is_live)
    for elsewhere in (
        "",
        page.replace("1", " "),
        page.replace(".", "x"),
        page + "\n",
        f"x{page}",
        "https://evil.example/",
    ):
        assert not hosts.page.fullmatch(elsewhere)
    assert hosts.page.fullmatch(page)


def test_the_first_simulator_is_where_the_setting_says() -> None:
    assert simulator_url("http://sim.example", GATEWAYS[0]) == "http://sim.example"
    assert simulator_url("http://127.0.0.1:8101", GATEWAYS[2]) == "http://127.0.0.1:8103"


def test_no_part_of_a_path_leads_elsewhere() -> None:
    assert address("https://x.example/v1", "a", "../b?c", "d/e") == "https://x.example/v1/a/..%2Fb%3Fc/d%2Fe"
    assert address("https://x.example", "a:b@c") == "https://x.example/a%3Ab%40c"
    assert address("https://x.example") == "https://x.example"


def test_another_next_step_keeps_what_the_gateway_answered() -> None:
    refusal = Rejected("no", code="BUSY", words="wait", http_status=409, answer={"a": 1}, needs_person=True)
    unknown = refusal.as_kind(OutcomeUnknown, "it exists")
    assert (str(unknown), unknown.code, unknown.http_status, unknown.answer) == ("no: it exists", "BUSY", 409, {"a": 1})
    assert (unknown.words, unknown.needs_person) == ("wait", True)
    assert str(refusal.as_kind(OutcomeUnknown)) == "no"
    same = refusal.with_status(404)
    assert (str(same), same.code, same.http_status, same.answer, same.words) == ("no", "BUSY", 404, {"a": 1}, "wait")
    assert refusal.http_status == 409
    assert [Rejected("no").as_kind(Rejected, needs_person=each).needs_person for each in (True, False)] == [
        True,
        False,
    ]


def test_what_is_misconfigured_has_the_original_text_and_is_always_for_a_person() -> None:
    refusal = Rejected("no", code="BUSY", words="wait", http_status=409, answer={"a": 1})
    turned = refusal.as_kind(Misconfigured, "fill it")
    assert (str(turned), turned.code, turned.words) == ("no: fill it", "BUSY", "wait")
    assert (turned.http_status, turned.answer, turned.needs_person) == (409, {"a": 1}, True)
    assert Misconfigured("no", needs_person=False).needs_person


@pytest.mark.parametrize(("order_id", "title"), [("ORD-1", "Order ORD-1"), ("", "Order")])
def test_what_the_payer_reads_names_the_order_where_it_has_a_name(order_id: str, title: str) -> None:
    assert an_order(merchant_order_id=order_id).title == title
