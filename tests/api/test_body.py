from __future__ import annotations

import json

import pytest

from payments.api.body import json_object, refuse_other_media
from payments.api.errors import Refusal
from tests.security.attacks.structures import NOT_ONE_OBJECT


@pytest.mark.parametrize(
    ("body", "response"),
    [
        ("depth 21", "20 levels"),
        ("repeated", "once"),
        ("byte order mark", "byte order mark"),
        ("latin-1", "UTF-8"),
        ("lone high", "surrogate"),
        ("list", "object"),
    ],
)
def test_the_refusal_names_the_rule(body: str, response: str) -> None:
    with pytest.raises(Refusal) as refused:
        json_object(NOT_ONE_OBJECT[body])
    assert response in refused.value.message


def test_twenty_levels_pass() -> None:
    body = b'{"a":' * 20 + b"1" + b"}" * 20
    assert json.dumps(json_object(body), separators=(",", ":")).encode() == body


@pytest.mark.parametrize(
    "number", ["1e309", "-1e309", "NaN", "Infinity", "-Infinity", "1" + "0" * 5000, "-" + "9" * 20, "9" * 60_000]
)
def test_a_number_beyond_every_field_stays_a_value_that_no_field_takes(number: str) -> None:
    value = json_object(b'{"amount": %s}' % number.encode())["amount"]
    assert not isinstance(value, int | float | str)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; charset=utf8",
        "application/json;charset=UTF8",
        "application/json;",
    ],
)
def test_json_in_utf_8_is_accepted(content_type: str) -> None:
    refuse_other_media({"content-type": content_type})


@pytest.mark.parametrize(
    ("headers", "response"),
    [
        ({"content-type": "text/plain"}, ""),  # The table of errors has the words.
        ({"content-type": "application/json; charset=latin-1"}, "in UTF-8"),
        ({"content-type": "application/json", "content-encoding": "gzip"}, "not compressed"),
        ({"content-type": "application/json; charset=utf8", "content-encoding": "br"}, "without Content-Encoding"),
    ],
)
def test_what_is_wrong_with_the_media_is_reported(headers: dict[str, str], response: str) -> None:
    with pytest.raises(Refusal) as refused:
        refuse_other_media(headers)
    assert refused.value.api_code == "unsupported_media_type"
    assert response in refused.value.message
    assert bool(response) is bool(refused.value.message)


def test_media_must_be_named() -> None:
    with pytest.raises(Refusal) as refused:
        refuse_other_media({})
    assert refused.value.api_code == "unsupported_media_type"
