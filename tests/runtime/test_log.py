from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.runtime import VERSION, log
from tests.runtime.written import Written, written_to

ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Written]:
    with written_to(capfd) as found:
        yield found


def test_a_decision_is_one_line_of_json(written: Written) -> None:
    log.note("attempt.completed", attempt_id="att_1", from_status="pending", to_status="completed")
    (line,) = written.lines()
    assert (line["message"], line["attempt_id"], line["service"]) == ("attempt.completed", "att_1", "pavati")


def test_a_field_that_is_not_allowed_is_left_out(written: Written) -> None:
    log.note("attempt", body="4111111111111111", token="ct_x", email="a@x.example", attempt_id="att_1")
    (line,) = written.lines()
    assert not {"body", "token", "email"} & set(line)


PRIVATE = {
    "a@x.example": "(withheld)",
    "user:fin.zq@kestrelmail.example": "user:(withheld)",
    "paid by quillfeather@okzanbank": "paid by (withheld)",
    "a%40x.example": "(withheld)",
    "sk_test_51HxYz": "(withheld)",
    "key rk_live_51HxYz of the shop": "key (withheld) of the shop",
    "whsec_abc1234": "(withheld)",
    "Bearer abcdef0123456789": "(withheld)",
    "EAAAsimSquareAccessToken": "(withheld)",
    "ct_" + "5a" * 32 + ".ws_demo": "(withheld)",
    "otp 738261": "(withheld)",
    "QZXPL4821K": "(withheld)",
    "4111111111111111": "(withheld)",
    "card 5555 5555 5555 4444 declined": "(withheld)",
}


@pytest.mark.parametrize("value", PRIVATE)
def test_what_is_secret_or_personal_is_withheld(value: str, written: Written) -> None:
    log.note("attempt", why=value)
    (line,) = written.lines()
    assert line["why"] == PRIVATE[value]


HARMLESS = (
    "PhonePe's answer was lost: ReadTimeout",
    "pavati/sandbox/stripe: field secret_key has a line break inside; paste the key again",
    'pavati/dev/square/main/api is no JSON object; write it as {"field": "text", …} with straight quotes',
    "Razorpay answered 400 BAD_REQUEST_ERROR: The amount must be at least INR 1.00, isn't it? 100% sure!",
    "Stripe answered 401: Invalid API Key provided: sk_test_**** (check the keys in its secret, and GATEWAY_MODE)",
    "no access token: PayPal answered 401 invalid_client: Client Authentication failed",
    "Basic authentication = needed",
    "user:auth0|5f7c8ec7c33c6c004bbafe82",
    "user:8f14e45f-ceea-467f-a9d0-8f14e45fceea",
    "POST /v1/payments/{payment_id}/refunds",
    "att_01JD0000000000000000000001",
    "dp_1MtJUT2eZvKYlo2CNaw2HvEv",
    "a=b&c=d",
    '{"a": 1}',
    "ünïcode",
)


@pytest.mark.parametrize("value", HARMLESS)
def test_what_is_harmless_is_shown_as_it_is(value: str, written: Written) -> None:
    log.note("attempt", why=value)
    (line,) = written.lines()
    assert line["why"] == value


@pytest.mark.parametrize(
    ("value", "shown"), [("a\nb", "a b"), ("a\r\nb", "a  b"), ("a\x1b[31m", "a [31m"), ("x" * 501, "x" * 500)]
)
def test_a_text_is_one_printable_line_of_bounded_length(value: str, shown: str, written: Written) -> None:
    log.note("attempt", why=value)
    (line,) = written.lines()
    assert line["why"] == shown


@pytest.mark.parametrize("level", ["INFO", "WARNING", "ERROR"])
def test_a_line_has_its_level(level: str, written: Written) -> None:
    log.note("gateway.failed", level=level, gateway="stripe")
    (line,) = written.lines()
    assert (line["level"], line["gateway"]) == (level, "stripe")


def crash_with(secret: str) -> None:
    nothing: dict[str, str] = {}
    try:
        nothing[secret]
    except KeyError as error:
        raise ValueError(f"bad {secret}") from error


def test_a_crash_logs_only_where_and_what_kind(written: Written) -> None:
    with pytest.raises(log.Withheld, match="ValueError") as withheld, log.Guard():
        crash_with("4111111111111111")
    assert withheld.value.__suppress_context__
    text = written.text()
    line = json.loads(text)
    assert "4111111111111111" not in text
    assert (line["error"], line["causes"]) == ("ValueError", ["KeyError"])
    assert re.fullmatch(r"tests/runtime/test_log.py:\d+:crash_with", line["frames"][-1])


def crash_while_looking() -> None:
    try:
        dict[str, str]()["x"]
    except KeyError:
        int("x")


def crash_while_handling() -> None:
    try:
        crash_while_looking()
    except ValueError:
        list[str]().pop()


def test_a_crash_while_others_were_handled_names_them_all(written: Written) -> None:
    with pytest.raises(log.Withheld), log.Guard():
        crash_while_handling()
    (line,) = written.lines()
    assert (line["level"], line["message"]) == ("ERROR", "crash")
    assert (line["error"], line["causes"]) == ("IndexError", ["ValueError", "KeyError"])


def test_a_deep_crash_logs_its_innermost_thirty_places(written: Written) -> None:
    def sink(depth: int) -> None:
        if not depth:
            raise OSError
        sink(depth - 1)

    with pytest.raises(log.Withheld), log.Guard():
        sink(40)
    (line,) = written.lines()
    assert len(line["frames"]) == 30
    assert {frame.rpartition(":")[2] for frame in line["frames"]} == {"sink"}


def test_a_crash_names_five_of_its_causes_and_no_more(written: Written) -> None:
    error = cause = IndexError()
    for _ in range(7):
        cause.__cause__ = cause = KeyError()  # type: ignore[assignment]
    log.crash(error)
    (line,) = written.lines()
    assert line["causes"] == ["KeyError"] * 5


def test_what_ends_a_process_passes_guard_and_probe(written: Written) -> None:
    for watch in (log.Guard(), log.Probe()):
        with pytest.raises(KeyboardInterrupt), watch:
            raise KeyboardInterrupt
    assert written.lines() == []


def test_an_expected_error_passes_as_it_is(written: Written) -> None:
    with pytest.raises(KeyError), log.Guard(KeyError):
        raise KeyError("rung")
    assert written.lines() == []


def test_a_probe_remembers_that_it_failed(written: Written) -> None:
    with log.Probe() as probe:
        raise OSError("secret")
    assert probe.has_failed
    assert "secret" not in json.dumps(written.lines())


def test_counts_go_out_together_and_once(written: Written) -> None:
    log.count("PaymentCreated", 1)
    log.count("PaymentCreated", 1)
    log.flush()
    log.flush()
    (metrics,) = written.lines()
    assert metrics["PaymentCreated"] == [1.0, 1.0]
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Pavati"
    assert metrics["service"] == "pavati"


def test_every_field_that_is_noted_anywhere_is_allowed() -> None:
    package = ROOT / "layers/common/payments"
    source = "\n".join(path.read_text() for path in package.rglob("*.py") if path.name != "log.py")
    calls = re.findall(r"\bnote\(((?:[^()]|\([^()]*\))*)\)", source)
    names = {name for call in calls for name in re.findall(r"\b(\w+)=(?!=)", call)}
    facts = re.findall(r"\bfacts\b[^=\n]*\|?= \{([^{}]*)\}", source)
    names |= {name for each in facts for name in re.findall(r'"(\w+)": ', each)}
    assert {"payment_id", "from_status", "operation", "delivery_id"} <= names
    assert names - log.FIELDS == {"level"}


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


@pytest.mark.parametrize(
    "text", ["a" * 490 + " 4111 1111 1111 1111", "somebody@example.com " * 30 + "4111 1111 1111 1111"]
)
def test_a_card_number_at_or_past_the_cut_is_withheld(text: str) -> None:
    assert "4111" not in str(log._safe(text))


def _noted(written: Written) -> list[tuple[str, str, str]]:
    return [(line["message"], line.get("payment_id", ""), line.get("events", "")) for line in written.lines()]


def test_a_request_s_line_has_the_events_of_one_payment_and_those_of_others_are_lines(written: Written) -> None:
    log.begin("req-1")
    for number in (1, 2, 1):
        log.note(
            "attempt.failed", payment_id=f"pay_{number}", subject_id=f"att_{number}", from_status="a", to_status="b"
        )
    log.end(route="r", payment_id="")
    assert _noted(written) == [
        ("attempt.failed", "pay_2", ""),
        ("request", "pay_1", "attempt.failed att_1 a>b; attempt.failed att_1 a>b"),
    ]


def test_what_a_request_s_line_has_no_room_for_is_a_line_of_its_own(written: Written) -> None:
    log.begin("req-1")
    for _ in range(12):
        log.note("attempt.searched", payment_id="pay_1", subject_id="x" * 40)
    log.end(route="r")
    *beyond, (message, _, events) = _noted(written)
    assert (message, events.count("attempt.searched") + len(beyond)) == ("request", 12)
    assert {kind for kind, _, _ in beyond} == {"attempt.searched"}
    assert events.endswith("x" * 40)


def test_between_requests_nothing_is_gathered(written: Written) -> None:
    log.begin("req-1")
    log.end(route="r")
    log.note("attempt.failed", payment_id="pay_1")
    first, second = written.lines()
    assert (first["request_id"], "request_id" in second, second["message"]) == ("req-1", False, "attempt.failed")
