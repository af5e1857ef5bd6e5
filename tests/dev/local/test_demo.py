import io
import re
from string import ascii_lowercase
from typing import Any

import pytest

from dev.local import demo, demo_client, stories
from dev.local.console import Console
from dev.local.options import ROOT
from dev.local.story import Story
from dev.local.timeline import MEANING, table
from payments.gateways.registry import GATEWAYS

Json = dict[str, Any]
EVENTS = [
    {"seq": 1, "kind": "payment.created", "from": "", "to": "created", "amount": 49900, "note": ""},
    {"seq": 2, "kind": "attempt.completed", "from": "pending", "to": "completed", "amount": 49900, "note": "late"},
]
USUAL = {
    "attempt.cancel_requested",
    "attempt.capture_requested",
    "attempt.capture_refused",
    "attempt.completed",
    "attempt.created",
    "attempt.resent",
    "payment.created",
    "refund.created",
    "refund.sending",
}
BY_WHOM = {"actor": "system", "cause": "poll", "gateway_event": "", "at": "2026-11-20T14:05:00.516Z"}


class Books(demo_client.Stack):
    """A paid order of ₹499, in the API and in the gateway's ledger."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:8000", {})
        self.payment: Json = {"payment_id": "pay_1", "attempts": [{"attempt_id": "att_1"}], "review": None}
        amounts = {"amount": 49900, "amount_captured": 49900, "amount_refunded": 0, "amount_reserved": 0}
        self.payment |= {"gateway": "phonepe", **amounts}
        self.captures = [{"order": "att_1", "amount": 49900}]

    def get(self, workspace: str, path: str) -> Json:
        return {"data": [event | BY_WHOM for event in EVENTS]} if path.endswith("/events") else self.payment

    def ledger(self, gateway: str) -> Json:
        return {"orders": [{"id": "att_1", "amount": 49900}], "captures": self.captures, "refunds": []}


def a_story(books: Books) -> Story:
    return Story("a", "paid", stories.PHONEPE, stories.pays, books, Console(io.StringIO()), payment=books.payment)


def test_a_timeline_is_a_table_of_aligned_columns() -> None:
    head, line, first, second = table([event | BY_WHOM for event in EVENTS], "INR")
    assert head.split() == ["time", "(UTC)", "event", "who", "why", "from", "→", "to", "more"]
    assert set(line.strip()) == {"-"}
    assert first.split() == ["14:05:00", "payment.created", "system", "poll", "·", "→", "created", "₹499.00"]
    assert second.index("₹499.00, late") == first.index("₹499.00") == head.index("more")


def test_books_that_agree_pass() -> None:
    assert len(a_story(Books()).check_books(captured=49900, refunds=[])) == 2


def test_a_second_capture_at_the_gateway_is_not_ok() -> None:
    books = Books()
    books.captures *= 2
    with pytest.raises(demo_client.WentWrong, match="captures at the gateway"):
        a_story(books).check_books(captured=49900, refunds=[])


def test_another_amount_than_requested_is_not_ok() -> None:
    books = Books()
    books.payment["amount_captured"] = 49800
    with pytest.raises(demo_client.WentWrong, match="amount captured: 49800, but it must be 49900"):
        a_story(books).check_books(captured=49900, refunds=[])


def test_another_gateway_than_requested_is_not_ok() -> None:
    books = Books()
    books.payment["gateway"] = "razorpay"
    with pytest.raises(demo_client.WentWrong, match="gateway: 'razorpay', but it must be 'phonepe'"):
        a_story(books).check_books(captured=49900, refunds=[])


def test_every_gateway_has_its_story() -> None:
    assert {shop.gateway for _, _, shop, _ in stories.STORIES} == set(GATEWAYS)
    assert "".join(letter for letter, *_ in stories.STORIES) == ascii_lowercase[: len(stories.STORIES)]


def test_a_story_that_goes_wrong_is_reported_and_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()

    def fails(story: Story) -> None:
        raise demo_client.WentWrong("no such thing")

    story = Story("x", "failing", stories.PHONEPE, fails, Books(), Console(output))
    story.run()
    assert story.wrong == "no such thing"
    assert "NOT OK: no such thing" in output.getvalue()


def test_only_the_demos_own_fault_is_cleared() -> None:
    own = {"fault": "no_webhook", "op": "pay", "times": 1, "seconds": 499.0}
    other = {"fault": "slow", "op": "status", "times": -1, "seconds": None}
    assert faults_left([own, other]) == [{"fault": "slow", "op": "status", "times": -1}]
    assert faults_left([other]) == [other]


def faults_left(armed: list[Json]) -> list[Json]:
    left = list(armed)

    class Simulator(demo_client.Stack):
        def _admin(self, gateway: str, method: str, path: str, body: Json | None = None) -> Json:
            if method == "DELETE":
                left.clear()
            if method == "POST" and body:
                left.append(body)
            return {"faults": list(left)}

    Simulator("http://127.0.0.1:8000", {}).forget_own_fault()
    return left


def test_without_a_stack_it_says_what_to_run_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setattr(demo, "Console", lambda: Console(io.StringIO()))
    assert demo.main() == 2


def test_every_rarer_event_has_its_meaning() -> None:
    sources = [path.read_text() for path in (ROOT / "layers/common/payments/domain").rglob("*.py")]
    kinds = {kind for text in sources for kind in re.findall(r'Step\(\s*"([a-z]+\.[a-z_]+)"', text)}
    assert len(kinds) > 10
    assert sorted(kinds - MEANING.keys() - USUAL) == []


def test_a_timeline_of_days_has_dates_and_long_notes_go_on_below() -> None:
    event = EVENTS[1] | BY_WHOM | {"kind": "refund.returned", "note": "declined " + "very " * 9}
    lines = table([event, event | {"at": "2026-11-24T14:05:00.516Z"}], "INR")
    assert [line.split()[0] for line in (lines[2], lines[5])] == ["11-20", "11-24"]
    assert "₹499.00, the refund came back" in lines[2]
    column = lines[0].index("more")
    assert [line[:column].strip() for line in lines[3:5]] == ["", ""]
    assert max(map(len, lines[2:])) <= column + 44


def test_stories_in_which_days_pass_come_last_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def plays(letter: str) -> tuple[str, str, Any, Any]:
        return letter, "", stories.PHONEPE, lambda story: order.append(story.letter)

    monkeypatch.setattr(demo, "STORIES", tuple(map(plays, "abkc")))
    assert demo.tell(Books(), Console(io.StringIO())) == 0
    assert sorted(order[:3]) == ["a", "b", "c"]
    assert order[3:] == ["k"]


def test_a_story_that_goes_wrong_makes_the_demo_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(story: Story) -> None:
        raise demo_client.WentWrong("no such thing")

    monkeypatch.setattr(demo, "STORIES", (("k", "failing", stories.PHONEPE, fails),))
    output = io.StringIO()
    assert demo.tell(Books(), Console(output)) == 1
    assert "NOT OK  (k) failing  no such thing" in output.getvalue()
