from typing import Any

import httpx
import pytest

from gateway_simulators.phonepe.instruments import CARD_BY_NUMBER
from gateway_simulators.phonepe.settings import Settings
from simulator_tests.harness import RETURN_URL, Harness

CREDIT = {"way": "card", "number": "4208 5851 9011 6667", "expiry": "06/27", "cvv": "508"}
DEBIT = {"way": "card", "number": "4242424242424242", "expiry": "12/2027", "cvv": "936"}


class Page:
    def __init__(self, sim: Harness, **order: Any) -> None:
        self._sim = sim
        self.url = sim.pay_call(**order).json()["redirectUrl"]

    def get(self) -> httpx.Response:
        return self._sim.http.get(self.url)

    def post(self, **form: str) -> httpx.Response:
        answer = self._sim.http.post(self.url, data=form)
        self._sim.app.pump()
        return answer


@pytest.fixture
def page(sim: Harness) -> Page:
    return Page(sim)


def assert_went_back(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["location"]) == (303, RETURN_URL)


def test_the_page_shows_merchant_amount_time_and_every_way(page: Page) -> None:
    shown = page.get()
    assert shown.status_code == 200
    for text in (
        "SIMULATOR",
        "Sahyadri Handmade",
        "₹499.00",
        'data-left="1200.0"',
        "20:00",
        "att_1",
        "<svg",
        "Net banking",
    ):
        assert text in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "src=" not in shown.text  # No asset from elsewhere.


def test_every_field_has_a_label(page: Page) -> None:
    text = page.get().text
    for name in ("vpa", "number", "expiry", "cvv", "bank", "user", "password"):
        assert f'<label for="{name}">' in text
        assert f'id="{name}"' in text


def test_what_the_merchant_sends_is_escaped() -> None:
    sim = Harness(Settings(merchant_name="<b>Shop & Co"))
    flow = {"type": "PG_CHECKOUT", "message": "<script>x</script>", "merchantUrls": {"redirectUrl": 'http://a.b/"><i>'}}
    page = Page(sim, paymentFlow=flow)
    assert "<b>Shop" not in page.get().text
    assert "&lt;script&gt;x" in page.get().text
    page.post(way="decline")
    assert "<i>" not in page.get().text


@pytest.mark.parametrize(
    ("vpa", "state"),
    [
        ("success@ybl", "COMPLETED"),
        ("Success@YBL", "COMPLETED"),
        ("test@phonepe", "COMPLETED"),
        ("failed@ybl", "FAILED"),
    ],
)
def test_magic_upi_ids_end_the_order(sim: Harness, page: Page, vpa: str, state: str) -> None:
    assert_went_back(page.post(way="upi", vpa=vpa))
    assert sim.status()["state"] == state
    assert sim.status()["paymentDetails"][0]["paymentMode"] == "UPI_COLLECT"
    assert len(sim.receiver.got) == 1


@pytest.mark.parametrize("vpa", ["pending@ybl", "asha.r@okbank"])
def test_other_upi_ids_wait_for_the_payer(sim: Harness, page: Page, vpa: str) -> None:
    waiting = page.post(way="upi", vpa=vpa)
    assert "Waiting for your approval" in waiting.text
    assert f'href="{RETURN_URL}" data-follow-after="12"' in waiting.text
    assert "Waiting for your approval" in page.get().text
    status = sim.status()
    assert (status["state"], status["paymentDetails"][0]["state"]) == ("PENDING", "PENDING")
    sim.act("pay")
    [paid] = sim.status(query="?details=true")["paymentDetails"]
    assert (paid["state"], paid["paymentMode"], paid["rail"]["vpa"]) == ("COMPLETED", "UPI_COLLECT", vpa)


def test_a_pending_try_outlasts_the_expiry_of_its_order(sim: Harness, page: Page) -> None:
    page.post(way="upi", vpa="pending@ybl")
    sim.wait(2 * 86400)
    status = sim.status()
    assert (status["state"], status["paymentDetails"][0]["state"]) == ("PENDING", "PENDING")
    assert "Waiting for your approval" in page.get().text


@pytest.mark.parametrize("vpa", ["", "nobody", "<b>@ybl", "a b@ybl"])
def test_what_is_no_upi_id_is_refused(sim: Harness, page: Page, vpa: str) -> None:
    refusal = page.post(way="upi", vpa=vpa)
    assert refusal.status_code == 422
    assert 'role="alert"' in refusal.text
    assert "<b>@" not in refusal.text
    assert sim.status()["paymentDetails"] == []


@pytest.mark.parametrize("card", [CREDIT, DEBIT])
def test_the_test_cards_pay_with_the_password(sim: Harness, page: Page, card: dict[str, str]) -> None:
    request = page.post(**card)
    assert "one-time password" in request.text
    last_digits = card["number"][-4:]
    assert page.post(way="otp", last_digits=last_digits, otp="000000").status_code == 422
    assert sim.status()["state"] == "PENDING"
    assert_went_back(page.post(way="otp", last_digits=last_digits, otp="123456"))
    assert sim.status()["paymentDetails"][0]["paymentMode"] == "CARD"


@pytest.mark.parametrize(
    "change",
    [
        {"number": "4111 1111 1111 1111"},
        {"number": "5555555555554444"},
        {"number": ""},
        {"expiry": "07/27"},
        {"expiry": "06"},
        {"cvv": "509"},
    ],
)
def test_any_other_card_is_refused_and_not_shown_again(sim: Harness, page: Page, change: dict[str, str]) -> None:
    card = CREDIT | change
    refusal = page.post(**card)
    assert refusal.status_code == 422
    assert not card["number"] or card["number"] not in refusal.text.replace("4208 5851 9011 6667", "", 1)
    assert sim.ledger()["orders"][0]["attempts"] == []


def test_a_password_for_no_test_card_is_refused(sim: Harness, page: Page) -> None:
    assert page.post(way="otp", last_digits="1111", otp="123456").status_code == 422
    assert sim.status()["state"] == "PENDING"
    assert len(CARD_BY_NUMBER) == 2


def test_the_bank_may_refuse_a_card_and_the_payer_try_another_way(sim: Harness, page: Page) -> None:
    assert "Try another way" in page.post(way="bank_refuses").text
    assert_went_back(page.post(way="qr"))
    assert sim.receiver.events == ["checkout.transaction.attempt.failed", "checkout.order.completed"]


def test_net_banking_knows_one_login(sim: Harness, page: Page) -> None:
    assert page.post(way="bank", user="test", password="x").status_code == 422
    assert_went_back(page.post(way="bank", user="test", password="test"))
    assert sim.status()["paymentDetails"][0]["paymentMode"] == "NET_BANKING"


@pytest.mark.parametrize(("way", "state"), [("qr", "COMPLETED"), ("decline", "FAILED"), ("abandon", "PENDING")])
def test_paying_declining_and_walking_away_go_back(sim: Harness, page: Page, way: str, state: str) -> None:
    assert_went_back(page.post(way=way))
    assert sim.status()["state"] == state


@pytest.mark.parametrize(("way", "headline"), [("qr", "Payment received"), ("decline", "Payment not made")])
def test_an_ended_order_is_shown_as_ended_and_cannot_be_changed(page: Page, way: str, headline: str) -> None:
    page.post(way=way)
    assert headline in page.get().text
    late = page.post(way="qr")
    assert late.status_code == 409
    assert headline in late.text


def test_an_expired_order_says_so(sim: Harness, page: Page) -> None:
    sim.wait(1200)
    assert "Time is over" in page.get().text


def test_an_unknown_act_changes_nothing(sim: Harness, page: Page) -> None:
    assert page.post(way="magic").status_code == 422
    assert sim.status()["paymentDetails"] == []


def test_an_order_without_a_return_address_ends_on_its_own_page(sim: Harness) -> None:
    page = Page(sim, paymentFlow={"type": "PG_CHECKOUT", "merchantUrls": {}})
    assert page.post(way="qr").headers["location"] == page.url
    assert "Back to" not in page.get().text


def test_an_unknown_page_is_not_found(sim: Harness) -> None:
    assert sim.http.get("/transact/nothing").status_code == 404
    assert sim.http.post("/transact/nothing", data={"way": "qr"}).status_code == 404
