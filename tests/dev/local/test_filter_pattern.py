"""CloudWatch Logs' filter patterns, by the examples of its documentation."""

import pytest

from dev.local.filter_pattern import BadPatternError, compiled

LINE = (
    '{"message": "gateway.failed", "http_status": 503, "why": "PhonePe answered 503", "at": {"zone": "a"}, "no": null}'
)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        '{ $.message = "gateway.failed" }',
        "{ $.message = gateway.failed }",
        '{$.message="gateway.*"}',
        '{ $.message != "request" }',
        "{ $.http_status >= 502 }",
        '{ $.http_status = 503 && $.message = "gateway.failed" }',
        '{ $.http_status = 200 || $.message = "*failed" }',
        "{ $.http_status = 200 && $.http_status = 201 || $.http_status = 503 }",
        "{ ($.http_status = 200 || $.http_status = 503) && $.http_status > 502 }",
        '{ $.at.zone = "a" }',
        "{ $.no IS NULL }",
        "{ $.code NOT EXISTS }",
        "gateway.failed",
        '"PhonePe answered 503" gateway',
        "?nothing ?PhonePe",
        "-nothing",
    ],
)
def test_a_line_is_found(pattern: str) -> None:
    assert compiled(pattern)(LINE)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.message = "request" }',
        '{ $.message = "gateway" }',
        '{ $.message = "gateway?failed" }',
        "{ $.http_status > 503 }",
        '{ $.http_status = 503 && $.message = "request" }',
        '{ $.code = "x" }',
        '{ $.code != "x" }',
        "{ $.message NOT EXISTS }",
        "{ $.message IS NULL }",
        '"gateway failed"',
        "?nothing ?neither",
        "gateway.failed -PhonePe",
    ],
)
def test_a_line_is_passed_over(pattern: str) -> None:
    assert not compiled(pattern)(LINE)


def test_a_line_that_is_no_object_has_no_fields() -> None:
    matches = compiled("{ $.code NOT EXISTS }")
    assert [matches(line) for line in ("Traceback (most recent call last):", "[1]", "{}")] == [False, False, True]


@pytest.mark.parametrize(
    "pattern",
    [
        "{ code = 1 }",
        "{ $.code }",
        "{ $.code = }",
        "{ $.code ~ 1 }",
        "{ ($.code = 1 }",
        "{ $.code = 1",
        "{ $.code > x }",
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(BadPatternError):
        compiled(pattern)
