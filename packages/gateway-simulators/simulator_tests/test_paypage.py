import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from threading import RLock

import httpx
import pytest

from gateway_simulators.kit.gateway import ClosedError
from gateway_simulators.kit.http import Router
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.paypage import Brand, Instrument, PayPages, Sheet
from gateway_simulators.kit.screens import money_text, time_left

BACK, AWAY = "http://shop.example/back?order=1", "http://shop.example/cancel"
GOOD, POOR = "4111111111111111", "4000000000000002"
CARDS = (
    Instrument(GOOD, "Visa", "pays"),
    Instrument(POOR, "Visa", "is declined; the payer may try again"),
    Instrument("success@upi", "<u>UPI", "pays & pays", "upi"),
)
BRAND = Brand("Testpay", merchant="<b>Shop & Co", colour="#123456")


@dataclass
class Book:
    now: Sheet
    done: list[tuple[str, str]] = field(default_factory=list)
    next_instruments: Sequence[Instrument] = ()

    def sheet(self, token: str) -> Sheet | None:
        return self.now if token == "tok" else None

    def pay_with(self, token: str, instrument: str) -> str:
        self.done.append(("pay", instrument))
        if instrument == POOR:
            self.now = replace(self.now, instruments=self.next_instruments or self.now.instruments)
            return "<i>Your card was declined."
        self.now = replace(self.now, state="paid", back_url=BACK + "&paid=1")
        return ""

    def decline(self, token: str) -> str:
        if self.done:
            raise ClosedError("raced")
        self.done.append(("decline", ""))
        self.now = replace(self.now, state="failed")
        return ""

    def walk_away(self, token: str) -> None:
        self.done.append(("walk_away", ""))


class App(Router):
    speed = 2.0

    def __init__(self, book: Book, *, is_framed: bool = False) -> None:
        self.lock: AbstractContextManager[object] = RLock()
        self.did: list[str] = []
        pages = PayPages(self, BRAND, book, is_framed=is_framed)
        super().__init__([*pages.routes("/pay"), *pages.routes("/checkoutnow", query="token")])

    def tick(self) -> None:
        self.did.append("tick")

    def post_webhooks(self) -> None:
        self.did.append("news")


class Payer:
    def __init__(self, sheet: Sheet, *, is_framed: bool = False) -> None:
        self.book = Book(sheet)
        self.app = App(self.book, is_framed=is_framed)
        self.http = httpx.Client(transport=InProcessTransport(self.app), base_url="http://sim.test")

    def get(self, path: str = "/pay/tok") -> httpx.Response:
        return self.http.get(path)

    def post(self, act: str, instrument: str = "", path: str = "/pay/tok") -> httpx.Response:
        return self.http.post(path, data={"act": act, "instrument": instrument})


def open_sheet(instruments: Sequence[Instrument] = CARDS, back_url: str = BACK) -> Sheet:
    return Sheet(123450, "USD", "open", "att_<1>", back_url, AWAY, 900.0, instruments, "<script>Two mugs")


@pytest.fixture
def payer() -> Payer:
    return Payer(open_sheet())


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (1234567890, "INR", "₹1,23,45,678.90"),
        (10000000, "INR", "₹1,00,000.00"),
        (100000, "INR", "₹1,000.00"),
        (99999, "INR", "₹999.99"),
        (5, "INR", "₹0.05"),
        (123450, "USD", "$1,234.50"),
        (500, "JPY", "¥500"),
        (1234567, "KWD", "1,234.567 KWD"),
        (999, "PLN", "9.99 PLN"),
    ],
)
def test_amounts_are_shown_in_the_currencys_own_way(minor: int, currency: str, shown: str) -> None:
    assert money_text(minor, currency) == shown


def test_the_page_shows_amount_time_and_every_instrument(payer: Payer) -> None:
    shown = payer.get()
    for text in ("SIMULATOR", "not Testpay", "$1,234.50", 'data-left="900.0" data-speed="2"', "15:00", "#123456",
                 "4000 0000 0000 0002", "is declined; the payer may try again", "success@upi"):  # fmt: skip
        assert text in shown.text
    assert shown.status_code == 200
    assert "src=" not in shown.text  # No asset from elsewhere.


def test_every_value_on_the_page_is_escaped(payer: Payer) -> None:
    text = payer.get().text + payer.post("pay", POOR).text
    for markup in ("<b>Shop", "att_<1>", "<script>Two", "<i>Your", "<u>UPI", "pays & pays"):
        assert markup not in text
    assert "&lt;script&gt;Two mugs" in text


def test_the_page_allows_no_script_or_image_from_elsewhere(payer: Payer) -> None:
    headers = payer.get().headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")


def test_a_page_made_for_a_frame_may_be_framed() -> None:
    assert "x-frame-options" not in Payer(open_sheet(), is_framed=True).get().headers


@pytest.mark.parametrize("path", ["/pay/tok", "/checkoutnow?token=tok"])
@pytest.mark.parametrize("typed", [GOOD, GOOD.replace(" ", "")])
def test_paying_goes_back_with_what_the_payment_made_after_its_webhook(payer: Payer, path: str, typed: str) -> None:
    answer = payer.post("pay", typed, path)
    assert (answer.status_code, answer.headers["location"]) == (303, BACK + "&paid=1")
    assert payer.book.done == [("pay", GOOD)]
    assert payer.app.did == ["tick", "news"]


def test_a_refused_instrument_is_reported_and_another_may_be_tried(payer: Payer) -> None:
    refusal = payer.post("pay", POOR)
    assert refusal.status_code == 200
    assert 'role="alert"' in refusal.text
    assert payer.post("pay", "success@upi").status_code == 303


def test_the_banks_question_is_a_step_and_no_error(payer: Payer) -> None:
    checks = (Instrument("123456", "Enter the code", "pays", "check"), Instrument("no", "No", "refuses", "check"))
    payer.book.next_instruments = checks
    request = payer.post("pay", POOR).text
    assert "Your bank asks you" in request
    assert 'role="status"' in request
    assert 'role="alert"' not in request
    assert "123456" in request
    assert "Your bank asks you" in payer.get().text
    assert 'role="alert"' in payer.post("pay", GOOD).text


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (59.9, "0:59"), (3599, "59:59"), (3600, "1:00:00"), (82798, "22:59:58")]
)
def test_time_is_shown_in_hours_from_an_hour_on(seconds: float, shown: str) -> None:
    assert time_left(seconds) == shown


@pytest.mark.parametrize(("order", "shown"), [("order_1", "<dd>order_1</dd>"), ("", "")])
def test_an_id_is_shown_only_where_there_is_one(order: str, shown: str) -> None:
    page = Payer(replace(open_sheet(), order=order, left_seconds=None)).get().text
    assert re.findall("<dd>.*</dd>", page) == [shown] * bool(shown)
    assert ("<dl>" in page) is bool(shown)


@pytest.mark.parametrize(("act", "instrument"), [("pay", ""), ("pay", "4242424242424242"), ("magic", GOOD), ("", "")])
def test_an_instrument_that_is_not_offered_is_refused(payer: Payer, act: str, instrument: str) -> None:
    refusal = payer.post(act, instrument)
    assert refusal.status_code == 422
    assert "4242424242424242" not in refusal.text
    assert payer.book.done == []


def test_declining_goes_back_and_walking_away_goes_where_the_sheet_says(payer: Payer) -> None:
    assert payer.post("walk_away").headers["location"] == AWAY
    assert payer.post("pay", POOR).status_code == 200
    assert Payer(open_sheet()).post("decline").headers["location"] == BACK


@pytest.mark.parametrize("act", ["pay", "decline", "walk_away"])
def test_an_ended_order_is_shown_as_ended_and_cannot_be_changed(payer: Payer, act: str) -> None:
    payer.post("pay", GOOD)
    assert "Payment received" in payer.get().text
    late = payer.post(act, GOOD)
    assert (late.status_code, len(payer.book.done)) == (409, 1)
    assert "Payment received" in late.text


def test_paying_an_order_that_has_just_closed_is_a_conflict(payer: Payer) -> None:
    payer.post("walk_away")
    assert payer.post("decline").status_code == 409


@pytest.mark.parametrize(
    ("state", "headline"),
    [
        ("authorized", "Payment approved"),
        ("failed", "Payment not made"),
        ("expired", "Time is over"),
        ("cancelled", "Payment cancelled"),
    ],
)
def test_every_end_has_its_text_and_the_way_back(state: str, headline: str) -> None:
    shown = Payer(replace(open_sheet(), state=state)).get().text  # type: ignore[arg-type]
    assert headline in shown
    assert f'href="{BACK}"' in shown
    assert "data-left=" not in shown


def test_an_order_without_a_return_address_ends_on_its_own_page() -> None:
    payer = Payer(replace(open_sheet(back_url=""), away_url=""))
    assert payer.post("walk_away").headers["location"] == "http://sim.test/pay/tok"


@pytest.mark.parametrize("path", ["/pay/other", "/checkoutnow", "/checkoutnow?token=other"])
def test_an_unknown_page_is_not_found(payer: Payer, path: str) -> None:
    assert payer.get(path).status_code == 404
    assert payer.post("pay", GOOD, path).status_code == 404
    assert payer.book.done == []
