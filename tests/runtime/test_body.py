from __future__ import annotations

import json

import pytest

from payments.runtime.body import json_object, refuse_other_media
from payments.runtime.errors import Refusal

BAD_BODIES = {
    "nothing": b"",
    "white": b"  \n",
    "half": b'{"a": 1',
    "trailing": b'{"a": 1} x',
    "two": b'{"a": 1}{"b": 2}',
    "trailing comma": b'{"a": 1,}',
    "comment": b'{"a": 1 /* one */}',
    "single quotes": b"{'a': 1}",
    "bare key": b"{a: 1}",
    "hex": b'{"a": 0x10}',
    "plus": b'{"a": +1}',
    "leading zero": b'{"a": 01}',
    "dot": b'{"a": .5}',
    "list": b"[1]",
    "text": b'"a"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "nan": b"NaN",
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "utf-16 le": '{"a": 1}'.encode("utf-16-le"),
    "utf-32": '{"a": 1}'.encode("utf-32"),
    "latin-1": '{"a": "é"}'.encode("latin-1"),
    "overlong": b'{"a": "\xc0\xaf"}',
    "raw surrogate": b'{"a": "\xed\xa0\x80"}',
    "lone high": rb'{"a": "\ud800"}',
    "lone low": rb'{"a": "\udc00"}',
    "lone in key": rb'{"\ud800": 1}',
    "swapped pair": rb'{"a": "\udc00\ud800"}',
    "raw newline in text": b'{"a": "x\ny"}',
    "raw nul in text": b'{"a": "\x00"}',
    "bad escape": rb'{"a": "\x41"}',
    "short escape": rb'{"a": "\u12"}',
    "repeated": b'{"a": 1, "a": 1}',
    "repeated by escape": rb'{"a": 1, "\u0061": 2}',
    "repeated inside": b'{"b": [{"a": 1, "a": 2}]}',
    "depth 21": b'{"a":' * 21 + b"1" + b"}" * 21,
    "depth 21 lists": b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
    "depth 10000": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "depth 60000 open": b"[" * 60_000,
    "gzip": b"\x1f\x8b\x08\x00\x00",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_not_one_plain_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        json_object(body)
    assert refused.value.code == "invalid_request"
    assert "Send" in refused.value.message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("depth 21", "20 levels"),
        ("repeated", "once"),
        ("byte order mark", "byte order mark"),
        ("latin-1", "UTF-8"),
        ("lone high", "surrogate"),
        ("list", "object"),
    ],
)
def test_the_refusal_names_the_rule(body: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        json_object(BAD_BODIES[body])
    assert said in refused.value.message


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
        "application/json;",
    ],
)
def test_json_in_utf_8_is_taken(content_type: str) -> None:
    refuse_other_media({"content-type": content_type})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "text/plain"},
        {"content-type": "text/json"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json, text/plain"},
        {"content-type": "application/json-patch+json"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_any_other_media_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        refuse_other_media(headers)
    assert refused.value.code == "unsupported_media_type"
