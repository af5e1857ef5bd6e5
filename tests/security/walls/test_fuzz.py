"""Parsers of callers' input, given anything: they accept what is valid and refuse the rest."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from logging import StreamHandler
from typing import Any, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from payments.api.body import json_object
from payments.api.cursor import Cursor
from payments.api.errors import Refusal
from payments.api.forms import from_body
from payments.api.guards.redirects import check_return_url
from payments.api.refund.requests import RefundRequest
from payments.domain.values import checkout_tokens
from payments.domain.values.clock import to_text
from payments.domain.values.urls import with_payment_id
from payments.runtime import log
from payments.runtime.card_numbers import has_card_number
from payments.runtime.issuers import TABLE
from tests.api.asking import request
from tests.security.walls.fuzz import TIMES, browser_origin, json_like, pieces, tried
from tests.world import SETTINGS

T = TypeVar("T")


def captured(read: Callable[[], T], *codes: str) -> T | None:
    """What was read; None if it was refused with the right error."""
    try:
        return read()
    except Refusal as refused:
        code = refused.api_code
    assert code in codes
    return None


ALLOWED = {"https://shop.example:443"}
MARKS = (
    "https:", "http:", "//", "/", "\\", "shop.example", "evil.example", "@", ":", "443", "80", "#", "?", ".",
    "\t", "\n", " ", "\u3002", "\uff0f", "HTTPS://SHOP.EXAMPLE", "https://shop.example",
    "%2f", "%00", "javascript:", "[::1]", "xn--",
)  # fmt: skip
URLS = st.one_of(pieces(*MARKS), pieces(*MARKS, most=4).map(lambda rest: "https://shop.example" + rest))


@tried(250)
@given(url=URLS)
@example(url="https://evil.example\\@shop.example/")
@example(url="https://shop.example\t.evil.example/")
@example(url="https://shop.example\uff0f.evil.example/")
@example(url="https://shop.example/?a=//evil.example")
@example(url="https://shop.example/a\\b")
@example(url="HTTPS://Shop.Example")
def test_an_address_that_is_accepted_leads_a_browser_to_a_listed_origin(url: str) -> None:
    rebuilt = captured(lambda: check_return_url(url, SETTINGS), "redirect_not_allowed")
    if rebuilt is None:
        return
    assert {browser_origin(u) for u in (url, rebuilt, with_payment_id(rebuilt, "pay_1"))} == ALLOWED
    assert re.fullmatch(r"https://shop\.example/[!-\[\]-~]*", rebuilt), "rebuilt, and plain"
    assert check_return_url(rebuilt, SETTINGS) == rebuilt


def test_the_browser_of_these_proofs_is_not_fooled_itself() -> None:
    assert browser_origin("https://evil.example\\@shop.example/") == "https://evil.example:443"
    assert browser_origin(" ht\ttps:\\\\shop.example") == "https://shop.example:443"
    assert browser_origin("https://shop.example@evil.example:80") == "https://evil.example:80"


NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    json_like("100", "1e2", "NaN").map(json.dumps),
    pieces("-", "0", "1", "9", "00", ".", "e", "E", "+", '"', " ", "\u0661", "\uff11", "_", most=8),
)


@tried(80)
@given(text=NUMBERS)
@example(text="1.0")
@example(text="1e2")
@example(text="true")
@example(text="100000000")
def test_an_amount_that_is_accepted_is_exactly_the_integer_that_was_written(text: str) -> None:
    codes = ("invalid_amount", "invalid_request", "raw_card_data_rejected")
    wanted = captured(lambda: from_body(RefundRequest, request(f'{{"amount": {text}}}')), *codes)
    if wanted is None:
        return
    amount = wanted.amount
    assert type(amount) is int
    assert (str(amount), 1 <= amount <= 99_999_999) == (text.strip(" "), True)


@tried(100)
@given(body=st.one_of(st.binary(max_size=60), json_like("a").map(lambda value: json.dumps(value).encode())))
def test_a_body_is_one_object_or_refused(body: bytes) -> None:
    value = captured(lambda: json_object(body), "invalid_request")
    assert value is None or list(value) == list(json.loads(body))


SECRET_PART, WORKSPACES = "0123456789abcdef" * 4, st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
TOKEN = checkout_tokens.checkout_token(SECRET_PART, "ws_demo")


@tried(80)
@given(text=st.one_of(st.text(max_size=90), pieces("ct_", "rt_", ".", SECRET_PART, "ws_demo", "\x00")))
def test_a_token_names_a_workspace_only_if_it_has_the_form_of_one(text: str) -> None:
    for kind in (checkout_tokens.CHECKOUT, checkout_tokens.RETURN):
        workspace_id = checkout_tokens.workspace_of(text, kind)
        assert not workspace_id or re.fullmatch(rf"{kind}[^.]{{64}}\.{re.escape(workspace_id)}", text, re.DOTALL)


@tried(80)
@given(workspace_id=WORKSPACES, place=st.integers(0, len(TOKEN) - 1), other=st.characters(exclude_categories=["Cs"]))
def test_a_token_opens_what_it_was_made_for_and_no_changed_one_does(workspace_id: str, place: int, other: str) -> None:
    token = checkout_tokens.checkout_token(SECRET_PART, workspace_id)
    changed = token[:place] + other + token[place + 1 :]
    stored = (checkout_tokens.fingerprint("another"), checkout_tokens.fingerprint(token))
    assert checkout_tokens.workspace_of(token, checkout_tokens.CHECKOUT) == workspace_id
    assert checkout_tokens.is_one_of(token, stored)
    assert checkout_tokens.is_one_of(changed, stored) == (changed == token)
    assert not checkout_tokens.is_one_of(checkout_tokens.return_token(token, workspace_id), stored)


LIST = "payments all"
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2999, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
CURSORS = st.one_of(
    st.builds(
        lambda start, end, at, rest: Cursor(LIST, start, end, to_text(at) + rest).to_text("ws_demo"),
        MOMENTS,
        MOMENTS,
        MOMENTS,
        st.text("#pay_0Z", max_size=5),
    ),
    st.text(max_size=40),
    st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")),
    pieces("payments all", "2026-11-20T10:30:00.000Z", "|", "2026-10-20T10:30:00.000Z", "#", "pay_1", "T#ws_other").map(
        lambda plain: base64.urlsafe_b64encode(plain.encode(errors="replace")).decode().rstrip("=")
    ),
)


@tried(80)
@given(text=CURSORS)
@example(
    text=base64.urlsafe_b64encode(
        b"payments all|2026-10-20T10:30:00.000Z|2026-11-20T10:30:00.000Z|2026-11-01#x"
    ).decode()
)
@example(
    text=base64.urlsafe_b64encode(
        b"payments all|2026-10-20T10:30:00.000Z|2026-11-20T10:30:00.000Z|2026-12-01#x"
    ).decode()
)
@example(
    text=base64.urlsafe_b64encode(
        b"payments all|2026-10-20T10:30:00.000Z|2026-11-20T10:30:00.000Z|2026-11-01 x"
    ).decode()
)
def test_a_cursor_is_one_of_ours_or_refused(text: str) -> None:
    cursor = captured(lambda: Cursor.of(text, LIST, "ws_demo"), "invalid_request")
    if cursor is None:
        return
    assert Cursor.of(cursor.to_text("ws_demo"), LIST, "ws_demo") == cursor
    assert cursor.created_to - cursor.created_from < timedelta(days=366_000)
    assert re.fullmatch(r"[-:.#~_A-Za-z0-9]+", cursor.place, re.ASCII)


@contextmanager
def caught() -> Iterator[io.StringIO]:
    handler, stream = log.logger.registered_handler, io.StringIO()
    assert isinstance(handler, StreamHandler)
    before = handler.setStream(stream)
    try:
        yield stream
    finally:
        handler.setStream(before)


@tried(80)
@given(
    value=st.one_of(json_like("a b", "att_1"), st.text(max_size=300)), name=st.sampled_from(["reason", "body", "code"])
)
@example(value='a"}\n{"message":"forged', name="reason")
@example(value="\u2028", name="code")
@example(value="a@b.example sk_live_abc 4111 1111 1111 1111", name="code")
def test_a_log_line_is_one_printable_line_without_an_address_a_key_or_a_card(value: Any, name: str) -> None:
    with caught() as stream:
        log.note("decision", **{name: value})
    (line,) = stream.getvalue().splitlines()
    response = json.loads(line).get(name)
    assert name != "body" or response is None
    if isinstance(response, str):
        assert response.isprintable()
        assert len(response) <= 500
        assert not re.search(r"\w@\w|[sr]k_live_\w", response)
        assert not has_card_number(response)


@tried(80)
@given(secret=st.text(min_size=6, max_size=40), kind=st.sampled_from([KeyError, ValueError, OSError, RuntimeError]))
def test_a_crash_says_nothing_of_what_the_error_contains(secret: str, kind: type[Exception]) -> None:
    secret = f"zq{secret}"
    with caught() as stream, pytest.raises(log.Withheld), log.Guard():
        raise kind(secret)
    assert secret not in stream.getvalue()


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if has_card_number(digits + last))


CARDS = [(low, length) for issuer in TABLE for low, _ in issuer.prefixes for length in sorted(issuer.lengths)]


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(st.sampled_from(CARDS))
    missing = length - len(prefix) - 1
    return with_check_digit(prefix + draw(st.text("123456789", min_size=missing, max_size=missing)))


@tried(80)
@given(
    digits=cards(),
    gap=st.sampled_from(["", " ", "-", ".", "\u00a0", "\u200b", "\u2013", "  "]),
    around=st.text("abc ,;", max_size=6).map(lambda text: f"{text};" if text[-1:].isalpha() else text),
)
def test_a_cards_number_is_known_however_it_is_grouped(digits: str, gap: str, around: str) -> None:
    assert has_card_number(f"{around}{gap.join(re.findall('.{1,4}', digits))} {around}")
    assert has_card_number("".join(chr(0xFF10 + int(digit)) for digit in digits))


def test_the_number_of_examples_is_a_setting() -> None:
    assert (tried(10).max_examples, tried(10).derandomize) == (10 * TIMES, True)
