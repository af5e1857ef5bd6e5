from pathlib import Path

import pytest

from dev.local.claims import claim
from dev.local.options import Options, StackError, parse_options
from dev.local.testing import free_ports
from gateway_simulators import GATEWAYS

MORE = len(GATEWAYS) - 1  # Ports above the first simulator's.
HIGHEST = 65535 - MORE


def test_nothing_set_is_the_default() -> None:
    assert parse_options([], {}) == Options()
    assert parse_options([], {"PORT": "", "STATE": ""}) == Options()


def test_what_is_set_is_used() -> None:
    environment = {
        "PORT": "1",
        "SIM_PORT": str(HIGHEST),
        "SPEED": "0.5",
        "STATE": "x",
        "TEMPLATE": __file__,
        "WORKERS": "7",
    }
    assert parse_options([], environment) == Options(1, HIGHEST, 0.5, Path("x"), Path(__file__), 7)


@pytest.mark.parametrize(
    ("variable", "given", "wanted"),
    [
        ("PORT", "80000", "a whole number from 1 to 65535, not '80000'"),
        ("PORT", "abc", "a whole number from 1 to 65535, not 'abc'"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PORT", "8101", f"leave PORT free: 8101 to {8101 + MORE} are the simulators', and PORT is 8101"),
        (
            "PORT",
            str(8101 + MORE),
            f"leave PORT free: 8101 to {8101 + MORE} are the simulators', and PORT is {8101 + MORE}",
        ),
        ("SIM_PORT", "-1", f"a whole number from 1 to {HIGHEST}"),
        ("SIM_PORT", "7998", f"leave PORT free: 7998 to {7998 + MORE} are the simulators', and PORT is 8000"),
        ("SIM_PORT", str(HIGHEST + 1), f"a whole number from 1 to {HIGHEST}"),
        ("WORKERS", "0", "a whole number from 1"),
        ("SPEED", "fast", "a number above 0, up to 1000, not 'fast'"),
        ("SPEED", "1e9", "a number above 0, up to 1000, not '1e9'"),
        ("TEMPLATE", "/nope.yaml", "a SAM template; there is no file /nope.yaml"),
        ("SPEED", "0", "a number above 0"),
        ("SPEED", "nan", "a number above 0"),
        ("SPEED", "inf", "a number above 0"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(variable: str, given: str, wanted: str) -> None:
    with pytest.raises(StackError) as refusal:
        parse_options([], {variable: given})
    assert variable in str(refusal.value)
    assert f"must {'leave' if wanted.startswith('leave') else 'be'} " in str(refusal.value)
    assert wanted in str(refusal.value)


def allowed(environment: dict[str, str]) -> list[str]:
    return parse_options([], environment).parameters["ReturnUrlAllowList"].split(",")


def test_payers_may_return_to_any_port_of_this_machine() -> None:
    assert allowed({}) == ["http://127.0.0.1:8000", "http://localhost:*", "http://127.0.0.1:*"]
    assert allowed({"RETURN_ORIGINS": " "}) == allowed({})


def test_other_origins_take_the_place_of_these_and_the_demo_shop_stays() -> None:
    given = {"PORT": "8001", "RETURN_ORIGINS": "https://shop.test, http://localhost:5173"}
    assert allowed(given) == ["http://127.0.0.1:8001", "https://shop.test", "http://localhost:5173"]


@pytest.mark.parametrize(
    "origin",
    ["shop.test", "http://shop.test", "https://shop.test/", "https://shop.test:*", "http://*:80", "*", "https://a b"],
)
def test_what_is_no_origin_is_refused_with_the_form(origin: str) -> None:
    with pytest.raises(StackError, match=r"RETURN_ORIGINS must be origins .* http://localhost:\*, without a path; not"):
        parse_options([], {"RETURN_ORIGINS": origin})


def test_an_option_says_where_to_set_it_instead() -> None:
    with pytest.raises(StackError, match="PORT, SIM_PORT, SPEED, STATE or RETURN_ORIGINS"):
        parse_options(["--port", "1"], {})


def test_a_state_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for state in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StackError, match="STATE must name a folder"):
            claim(Options(*free_ports(), state=state))
