import io

import pytest

from dev.local.console import Console, masked
from dev.local.stack import Stack
from gateway_simulators.kit.messages import Request, Response


@pytest.mark.parametrize(
    "digits",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "4111%201111%201111%201111",
        "4111/1111/1111/1111",
        "4111_1111.1111,1111",
        "4111+1111 1111%2D1111",
        "%34111111111111111",
        "%34%31%31%31%31%31%31%31%31",
        "%2534111111111111",
        "123456789",
    ],
)
def test_digits_that_may_be_a_card_are_masked(digits: str) -> None:
    assert masked(f"/v1/payments/pay_{digits}x/events") == "/v1/payments/pay_***x/events"


@pytest.mark.parametrize(
    "path", ["/v1/payments", "/v1/payments/12345678", "/v1/payments/pay_01JCV7Q2K9ZB3M4N5P6Q7R8S9T"]
)
def test_other_paths_are_printed_as_they_are(path: str) -> None:
    assert masked(path) == path


def test_a_long_path_is_masked_at_once() -> None:
    assert masked("/" + "%34%20" * 20000 + "x").endswith("***%20x")
    assert len(masked("/" + "1%20%" * 20000)) == 100_001


def test_the_request_log_is_one_line_without_query_and_card() -> None:
    output = io.StringIO()
    Console(output).request(Request("GET", "/v1/payments/4111111111111111?token=x"), Response(404), 0.001)
    assert output.getvalue().endswith("GET    /v1/payments/*** 404 1 ms\n")


def test_a_crash_of_ours_is_an_answer_and_a_line_too() -> None:
    output = io.StringIO()
    stack = Stack.__new__(Stack)
    stack.console = Console(output)

    def crash(_: Request) -> Response:
        raise RuntimeError("ours")

    assert stack._logged(crash, Request("GET", "/v1/payments")).http_status == 500
    assert "GET    /v1/payments 500" in output.getvalue()
