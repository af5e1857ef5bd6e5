"""The deployment's settings: where each is read, its default, and what is refused at start."""

from __future__ import annotations

import warnings

import pytest

from payments.domain.values.account import Account
from payments.gateways.registry import GATEWAYS
from payments.runtime.settings import BadSetting, Settings, read_settings

LEAST = {"TABLE_PREFIX": "pavati-dev-", "SIMULATOR_URL": "http://127.0.0.1:8101"}
PRODUCTION = {"STAGE": "production", "GATEWAY_MODE": "production", "TABLE_PREFIX": "pavati-production-"}


def test_each_setting_is_read_from_its_own_variable() -> None:
    environ = {
        "STAGE": "Dev",
        "TABLE_PREFIX": "pavati-dev-",
        "GATEWAY_MODE": "SIMULATOR",
        "SIMULATOR_URL": "http://127.0.0.1:8101/",
        "GATEWAYS": "stripe, square:eu,",
        "FORMER_ACCOUNTS": "phonepe:eu, stripe:old",
        "GATEWAY_SECRET_PREFIX": "pavati/dev/",
        "RETURN_URL_ALLOWLIST": "https://shop.example, https://admin.example",
        "PUBLIC_BASE_URL": "https://pay.example/",
        "POLL_STATE_MACHINE_ARN": "arn:machine",
        "PAVATI_CLOCK": "0,0,20",
        "SWEEP_ROWS_AT_ONCE": "8",
    }
    assert read_settings(GATEWAYS, environ) == Settings(
        stage="dev",
        table_prefix="pavati-dev-",
        gateway_mode="simulator",
        simulator_url="http://127.0.0.1:8101",
        accounts=(Account("stripe"), Account("square", "eu")),
        former_accounts=(Account("phonepe", "eu"), Account("stripe", "old")),
        gateway_secret_prefix="pavati/dev",
        return_url_allowlist=("https://shop.example", "https://admin.example"),
        public_base_url="https://pay.example",
        poll_state_machine_arn="arn:machine",
        clock="0,0,20",
        rows_at_once=8,
    )


def test_what_is_not_set_has_its_usual_value() -> None:
    assert read_settings(GATEWAYS, LEAST) == Settings(
        stage="dev",
        table_prefix="pavati-dev-",
        gateway_mode="simulator",
        simulator_url="http://127.0.0.1:8101",
        accounts=(Account("phonepe", "main"),),
        former_accounts=(),
        gateway_secret_prefix="",
        return_url_allowlist=(),
        public_base_url="",
        poll_state_machine_arn="",
        clock="",
        rows_at_once=16,
    )
    assert read_settings(GATEWAYS, LEAST | {"GATEWAYS": "", "SWEEP_ROWS_AT_ONCE": ""}) == read_settings(GATEWAYS, LEAST)


@pytest.mark.parametrize(
    ("environ", "response"),
    [
        ({"SIMULATOR_URL": "http://127.0.0.1:8101"}, "TABLE_PREFIX is not set"),
        (LEAST | {"TABLE_PREFIX": ""}, "TABLE_PREFIX is not set"),
        (LEAST | {"STAGE": "prod"}, "STAGE is one of dev, sandbox, production"),
        (LEAST | {"GATEWAY_MODE": "live"}, "GATEWAY_MODE is one of simulator, sandbox, production"),
        (LEAST | {"SIMULATOR_URL": ""}, "SIMULATOR_URL is set with GATEWAY_MODE=simulator, and only then"),
        (LEAST | {"GATEWAY_MODE": "sandbox"}, "SIMULATOR_URL is set with GATEWAY_MODE=simulator, and only then"),
        (PRODUCTION | {"GATEWAY_MODE": "sandbox"}, "STAGE=production needs GATEWAY_MODE=production"),
        (LEAST | {"STAGE": "production"}, "STAGE=production needs GATEWAY_MODE=production"),
        (PRODUCTION | {"STAGE": "sandbox"}, "GATEWAY_MODE=production needs STAGE=production"),
        (PRODUCTION | {"STAGE": "dev"}, "GATEWAY_MODE=production needs STAGE=production"),
        (PRODUCTION | {"PUBLIC_BASE_URL": "http://pay.example"}, "PUBLIC_BASE_URL is https://… outside STAGE=dev"),
        (PRODUCTION | {"PAVATI_CLOCK": "0,0,20"}, "PAVATI_CLOCK is for STAGE=dev only"),
        (LEAST | {"STAGE": "sandbox", "PAVATI_CLOCK": "0,0,20"}, "PAVATI_CLOCK is for STAGE=dev only"),
        (LEAST | {"GATEWAYS": "phonepe,nobody"}, "GATEWAYS: nobody is no account; write one of phonepe, "),
        (LEAST | {"GATEWAYS": "rzp:eu"}, "GATEWAYS: rzp:eu is no account"),
        (LEAST | {"GATEWAYS": ":eu"}, "GATEWAYS: :eu is no account"),
        (LEAST | {"GATEWAYS": "phonepe:EU"}, "GATEWAYS: phonepe:EU is no account"),
        (LEAST | {"GATEWAYS": "phonepe:eu:x"}, "GATEWAYS: phonepe:eu:x is no account"),
        (LEAST | {"GATEWAYS": f"phonepe:{'a' * 32}"}, "a is no account"),
        (LEAST | {"FORMER_ACCOUNTS": "nobody:eu"}, "FORMER_ACCOUNTS: nobody:eu is no account"),
        (
            LEAST | {"GATEWAYS": "phonepe,phonepe:main"},
            "FORMER_ACCOUNTS name phonepe:main more than once: name each account once",
        ),
        (LEAST | {"GATEWAYS": "phonepe:eu", "FORMER_ACCOUNTS": "phonepe:eu"}, "name phonepe:eu more than once"),
        (LEAST | {"SWEEP_ROWS_AT_ONCE": "many"}, "SWEEP_ROWS_AT_ONCE is a whole number from 1 to 64"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_to_set(environ: dict[str, str], response: str) -> None:
    with pytest.raises(BadSetting, match=response):
        read_settings(GATEWAYS, environ)


def test_production_and_a_sandbox_beside_it_start() -> None:
    assert read_settings(GATEWAYS, PRODUCTION).stage == "production"
    assert (
        read_settings(GATEWAYS, {"STAGE": "sandbox", "GATEWAY_MODE": "sandbox", "TABLE_PREFIX": "p"}).gateway_mode
        == "sandbox"
    )


@pytest.mark.parametrize("name", ["PHONEPE_SALT_KEY", "PHONEPE_KEY_INDEX", "PHONEPE_SALT_INDEX"])
def test_a_setting_of_the_retired_api_is_reported_and_ignored(name: str) -> None:
    with pytest.warns(UserWarning, match=f"{name} belongs to PhonePe's retired v1 API"):
        assert read_settings(GATEWAYS, LEAST | {name: "1"}) == read_settings(GATEWAYS, LEAST)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_settings(GATEWAYS, LEAST | {name: ""})
