"""The deployment's settings, read from the environment and checked once at start."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Mapping

from payments.domain.values.account import FORM, Account
from payments.record import record


class BadSetting(Exception):
    """A setting is missing or contradicts another; the message says what to set."""


@record
class Settings:
    stage: str
    table_prefix: str
    gateway_mode: str  # simulator | sandbox | production
    simulator_url: str
    accounts: tuple[Account, ...]  # For new payments; the first is the default.
    former_accounts: tuple[Account, ...]  # Accounts that take no new payments.
    gateway_secret_prefix: str  # An account's secrets are <prefix>/<gateway>/<account>/api and …/webhook.
    return_url_allowlist: tuple[str, ...]
    public_base_url: str
    poll_state_machine_arn: str
    clock: str
    rows_at_once: int = 16  # Rows that a sweep or a reconciliation works on in parallel.


_RETIRED = ("PHONEPE_SALT_KEY", "PHONEPE_KEY_INDEX", "PHONEPE_SALT_INDEX")


def read_settings(gateways: Collection[str], environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of this deployment. `gateways` are the valid gateway names of an account.

    Raises:
        BadSetting: the message names the variable and its valid values.
    """
    for name in _RETIRED:
        if environ.get(name):
            warnings.warn(f"{name} belongs to PhonePe's retired v1 API and is ignored; remove it", stacklevel=2)
    settings = Settings(
        stage=_one_of(environ, "STAGE", "dev", "sandbox", "production"),
        table_prefix=_require(environ, "TABLE_PREFIX"),
        gateway_mode=_one_of(environ, "GATEWAY_MODE", "simulator", "sandbox", "production"),
        simulator_url=environ.get("SIMULATOR_URL", "").rstrip("/"),
        accounts=_accounts(environ, "GATEWAYS", gateways) or (Account("phonepe"),),
        former_accounts=_accounts(environ, "FORMER_ACCOUNTS", gateways),
        gateway_secret_prefix=environ.get("GATEWAY_SECRET_PREFIX", "").rstrip("/"),
        return_url_allowlist=_list(environ, "RETURN_URL_ALLOWLIST"),
        public_base_url=environ.get("PUBLIC_BASE_URL", "").rstrip("/"),
        poll_state_machine_arn=environ.get("POLL_STATE_MACHINE_ARN", ""),
        clock=environ.get("PAVATI_CLOCK", ""),
        rows_at_once=_count(environ, "SWEEP_ROWS_AT_ONCE", 16, 64),
    )
    _refuse_contradictions(settings)
    return settings


def _refuse_contradictions(settings: Settings) -> None:
    if settings.stage == "production" and settings.gateway_mode != "production":
        raise BadSetting("STAGE=production needs GATEWAY_MODE=production")
    if settings.gateway_mode == "production" and settings.stage != "production":
        raise BadSetting("GATEWAY_MODE=production needs STAGE=production")
    if (settings.gateway_mode == "simulator") != bool(settings.simulator_url):
        raise BadSetting("SIMULATOR_URL is set with GATEWAY_MODE=simulator, and only then")
    named = [*settings.accounts, *settings.former_accounts]
    if twice := {str(account) for account in named if named.count(account) > 1}:
        named_twice = ", ".join(sorted(twice))
        raise BadSetting(f"GATEWAYS and FORMER_ACCOUNTS name {named_twice} more than once: name each account once")
    if settings.stage != "dev" and settings.public_base_url.startswith("http:"):
        raise BadSetting("PUBLIC_BASE_URL is https://… outside STAGE=dev")
    if settings.stage != "dev" and settings.clock:
        raise BadSetting("PAVATI_CLOCK is for STAGE=dev only; remove it")


def _require(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise BadSetting(f"{name} is not set")
    return value


def _list(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, environ.get(name, "").split(","))))


def _accounts(environ: Mapping[str, str], name: str, gateways: Collection[str]) -> tuple[Account, ...]:
    given = _list(environ, name)
    for text in given:
        if not FORM.fullmatch(text) or Account.of(text).gateway not in gateways:
            names = ", ".join(gateways)
            raise BadSetting(
                f"{name}: {text} is no account; write one of {names}, or a further account, for example phonepe:eu"
            )
    return tuple(map(Account.of, given))


def _count(environ: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = environ.get(name, "") or str(usual)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise BadSetting(f"{name} is a whole number from 1 to {most}")
    return int(text)


def _one_of(environ: Mapping[str, str], name: str, *words: str) -> str:
    value = environ.get(name, words[0]).lower()
    if value not in words:
        raise BadSetting(f"{name} is one of {', '.join(words)}")
    return value
