"""Which tokens are accepted: the local authorizer decides as API Gateway's, on a clock that stands still."""

from __future__ import annotations

import time
from datetime import UTC, datetime, tzinfo

import pytest

from dev.local.authorizer import JwtAuthorizer
from dev.local.blueprint import AuthorizerSpec
from tests.security.walls import tokens

AUTHORIZER = JwtAuthorizer(
    AuthorizerSpec(tokens.URL, (tokens.AUDIENCE, "second")), tokens.ISSUER.public_keys, lambda: tokens.NOW
)


class Standing(datetime):
    """The library reads its own clock, so the test injects one."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Standing:
        return cls.fromtimestamp(tokens.NOW, tz or UTC)


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jwt.api_jwt.datetime", Standing)


@pytest.mark.parametrize("name", tokens.REFUSED)
def test_a_token_that_is_not_the_issuers_or_not_for_us_or_not_for_now_is_refused(name: str) -> None:
    assert AUTHORIZER.claims(f"Bearer {tokens.REFUSED[name]}") is None


@pytest.mark.parametrize("name", tokens.ODD_TYPES)
def test_a_claim_of_another_type_than_the_standards_is_no_claim(name: str) -> None:
    assert AUTHORIZER.claims(f"Bearer {tokens.ODD_TYPES[name]}") is None


@pytest.mark.parametrize("name", tokens.PASSED)
@pytest.mark.parametrize("prefix", ["Bearer ", ""])
def test_a_good_token_gives_its_claims(name: str, prefix: str) -> None:
    claims = AUTHORIZER.claims(prefix + tokens.PASSED[name])
    assert claims is not None
    assert claims.get("sub") == tokens.OTHER_SUBJECTS.get(name, "owner")


def test_the_same_token_is_refused_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AUTHORIZER.claims(tokens.PASSED["exp in a second"])
    monkeypatch.setattr(tokens, "NOW", tokens.NOW + 1)
    assert AUTHORIZER.claims(tokens.PASSED["exp in a second"]) is None


def test_a_token_of_the_development_issuer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.from_the_issuer()
    monkeypatch.setattr(tokens, "NOW", int(time.time()))
    claims = AUTHORIZER.claims(token)
    assert claims
    assert int(claims["exp"]) - tokens.NOW in (3599, 3600)


def test_functions_get_every_claim_as_a_text() -> None:
    claims = AUTHORIZER.claims(tokens.claiming(groups=["a", "b"], verified=True))
    assert claims
    assert (claims["exp"], claims["groups"], claims["verified"]) == (str(tokens.NOW + 3600), "[a b]", "true")


def test_the_set_is_large_enough() -> None:
    assert len(set(tokens.REFUSED.values()) | set(tokens.ODD_TYPES.values())) >= 90
    assert len(set(tokens.PASSED.values())) >= 15
