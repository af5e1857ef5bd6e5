"""An account's two JSON secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured, WebhookForged
from payments.gateways.contract.webhooks import WebhookRequest
from payments.gateways.facts import CHOSEN, Field
from payments.gateways.kit.secret import Secret, secret_of
from payments.gateways.registry import GATEWAYS, build_gateway
from tests.gateways.fakes import FakeDeployment, a_secret, an_attempt, parts
from tests.simulated import simulator_secret

HOOK = "https://api.example/v1/webhooks/x"
FIELDS = (Field("key", r"sk_\w+", "begin with sk_"), Field("keys"), Field("chosen", CHOSEN, "be one line"))
ALL = [(name, field) for name in GATEWAYS for field in simulator_secret(name, HOOK)]
NEEDED = {
    "phonepe": ("client_id", "client_secret"),
    "razorpay": ("key_id", "key_secret"),
    "paypal": ("client_id", "client_secret"),
    "stripe": ("secret_key",),
    "square": ("access_token", "location_id"),
}
WEBHOOK = {
    "phonepe": "webhook_logins",
    "razorpay": "webhook_secrets",
    "paypal": "webhook_id",
    "stripe": "webhook_secrets",
    "square": "webhook_signature_keys",
}


def a_secret_of(**given: object) -> Secret:
    return Secret("pavati/dev/sim/main", lambda _: given, FIELDS)


def named(secret: Secret, name: str) -> str:
    with pytest.raises(Misconfigured) as raised:
        secret.require(name)
    return str(raised.value)


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", "  {}", "\t{} ", "\ufeff{}", "{}\u200b", "\u00a0{}\u00a0"])
def test_what_stands_around_a_text_is_dropped(around: str) -> None:
    secret = a_secret_of(key=around.format("sk_1"), keys=[around.format("a"), "b", around.format("a")])
    assert (secret.text("key"), secret.texts("keys")) == ("sk_1", ("a", "b"))
    secret.require("key", "keys")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("", "is empty; fill it"),
        ("  \n", "is empty; fill it"),
        (None, "is empty; fill it"),
        ("sk_1\nsk_2", "has a line break inside; paste the key again"),
        ("sk_1\r\n2", "has a line break inside; paste the key again"),
        ("sk_1 2", "has a space inside; paste the key again"),
        ('"sk_1"', "has quotes around it; paste the key without them"),
        ("'sk_1'", "has quotes around it; paste the key without them"),
        ("“sk_1”", "has quotes around it; paste the key without them"),
        ("sk_é", "has a character that no key has; paste the key again"),
        ("pk_1", "does not fit: it must begin with sk_"),
        (5, "is not a text; put it into double quotes"),
        ({"a": "b"}, "is not a text; put it into double quotes"),
        ([5], "holds something that is not a text; put it into double quotes"),
    ],
)
def test_what_does_not_fit_is_named_with_its_secret_and_not_shown(given: object, fault: str) -> None:
    secret = a_secret_of(key=given)
    assert named(secret, "key") == f"pavati/dev/sim/main/api: field key {fault}"
    assert secret.text("key") == ""


def test_one_entry_of_a_list_that_fits_is_enough_to_work_and_the_other_is_named() -> None:
    secret = a_secret_of(keys=["good", "of two words"])
    assert secret.texts("keys") == ("good",)
    assert "has a space inside" in named(secret, "keys")


def test_one_text_is_a_list_of_one() -> None:
    assert a_secret_of(keys="ab").texts("keys") == ("ab",)


def test_a_secret_that_the_merchant_chose_may_have_spaces() -> None:
    secret = a_secret_of(chosen=["it's a “long” one", '"quoted"'])
    assert secret.texts("chosen") == ("it's a “long” one",)


def test_a_field_that_may_be_empty_is_refused_only_where_it_does_not_fit() -> None:
    a_secret_of(key="").refuse_misfits("key", "keys")
    with pytest.raises(Misconfigured, match="field keys has a space"):
        a_secret_of(keys=["a b"]).refuse_misfits("key", "keys")


def test_a_secret_shows_nothing() -> None:
    assert "sk_1" not in repr(a_secret_of(key="sk_1"))


@pytest.mark.parametrize(("name", "field"), ALL)
@pytest.mark.parametrize("around", ["{}\n", "\r\n{}", "  {} ", "\ufeff{}"])
def test_every_field_of_every_gateway_may_be_pasted_with_what_stands_around_it(
    name: str, field: str, around: str
) -> None:
    whole = simulator_secret(name, HOOK)
    pasted = {**whole, field: _each(whole[field], around)}
    secret, clean = a_secret(name, pasted), a_secret(name, whole)
    assert secret.texts(field) == clean.texts(field) != ()


@pytest.mark.parametrize(("name", "field"), ALL)
@pytest.mark.parametrize("around", ['"{}"', "'{}'", "{}\nx"])
def test_every_field_of_every_gateway_names_quotes_and_line_breaks(name: str, field: str, around: str) -> None:
    whole = simulator_secret(name, HOOK)
    message = named(a_secret(name, {**whole, field: _each(whole[field], around)}), field)
    assert re.match(f"pavati/dev/{name}/main/(api|webhook): field {field} has ", message)


def _each(value: Any, around: str) -> Any:
    return [around.format(text) for text in value] if isinstance(value, list) else around.format(value)


def unsent(request: object) -> Any:
    raise AssertionError("nothing may be sent")


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("given", [{}, {"value": "0f" * 16}])
def test_an_unfilled_gateway_names_its_first_field_and_sends_nothing(name: str, given: Mapping[str, Any]) -> None:
    gateway = build_gateway(Account(name), parts(unsent, secret=given))
    for ask in (gateway.require_settings, lambda: gateway.fetch_payment(an_attempt_at(name))):
        with pytest.raises(Misconfigured) as raised:
            ask()
        assert str(raised.value) == f"pavati/dev/{name}/main/api: field {NEEDED[name][0]} is empty; fill it"


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_filled_gateway_has_its_settings(name: str) -> None:
    build_gateway(Account(name), parts(unsent, secret=simulator_secret(name, HOOK))).require_settings()


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in NEEDED.items() for field in fields])
def test_each_field_that_calls_need_is_requested(name: str, field: str) -> None:
    gateway = build_gateway(Account(name), parts(unsent, secret={**simulator_secret(name, HOOK), field: ""}))
    with pytest.raises(Misconfigured, match=f"field {field} is empty"):
        gateway.require_settings()


@pytest.mark.parametrize("name", WEBHOOK)
@pytest.mark.parametrize("value", ["", [], None, "\n", 'a\nb"', 5])
def test_without_its_webhook_secret_a_webhook_is_forged(name: str, value: object) -> None:
    secret = {**simulator_secret(name, HOOK), WEBHOOK[name]: value}
    gateway = build_gateway(Account(name), parts(unsent, FakeDeployment(), secret))
    with pytest.raises(WebhookForged):
        gateway.read_webhook(WebhookRequest(b"{}", {}))


def an_attempt_at(name: str) -> Any:
    refs = {"razorpay": "order_1", "paypal": "ORDER1", "stripe": "cs_1", "square": "O1/L1"}
    return replace(an_attempt(), gateway=name, checkout_ref=refs.get(name, ""))


def test_each_of_the_two_secrets_is_read_once_and_when_a_field_of_it_is_needed() -> None:
    read: list[str] = []

    def reads(name: str) -> Mapping[str, Any]:
        read.append(name)
        return {"key": "a", "hook": "b"}

    secret = Secret("pavati/dev/sim/main", reads, (Field("key"), Field("hook", part="webhook")))
    assert read == []
    secret.require("key")
    assert (secret.text("key"), read) == ("a", ["pavati/dev/sim/main/api"])
    secret.refuse_misfits("hook")
    assert (secret.text("hook"), read[1:]) == ("b", ["pavati/dev/sim/main/webhook"])


@pytest.mark.parametrize("unseen", ["\ufeff", "\u200b", "\u200c", "\u200d", "\u2060"])
@pytest.mark.parametrize("around", ["{0}{1}", "{1}{0}", " {0}{1}{0} ", "{0} {1} {0}"])
def test_what_is_copied_with_a_text_and_not_seen_is_dropped(unseen: str, around: str) -> None:
    secret = a_secret_of(key=around.format(unseen, "sk_1"))
    secret.require("key")
    assert secret.text("key") == "sk_1"


@pytest.mark.parametrize("inside", ["\r", "\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_every_kind_of_line_break_inside_is_called_one(inside: str) -> None:
    assert named(a_secret_of(key=f"sk_{inside}1"), "key").endswith("has a line break inside; paste the key again")
    assert a_secret_of(chosen=f"it is{inside}long").texts("chosen") == ()


@pytest.mark.parametrize("quote", ['"', "'", "`", "\u2018", "\u2019", "\u201a", "\u201c", "\u201d", "\u201f"])
@pytest.mark.parametrize("around", ["{0}sk_1", "sk_1{0}", "{0}sk_1{0}"])
def test_a_quote_at_either_end_is_called_one(quote: str, around: str) -> None:
    fault = named(a_secret_of(key=around.format(quote)), "key")
    assert fault.endswith("has quotes around it; paste the key without them")


EVERY_SIGN = "".join(map(chr, range(33, 127)))


def test_a_key_is_of_every_sign_but_quotes_and_of_no_more_than_500() -> None:
    plain = EVERY_SIGN.translate(dict.fromkeys(map(ord, "\"'`")))
    assert a_secret_of(keys=[plain, "k" * 500]).texts("keys") == (plain, "k" * 500)
    assert a_secret_of(keys=["k" * 501, *(f"k{sign}k" for sign in "\"'` é\x7f")]).texts("keys") == ()


def test_a_chosen_secret_is_one_line_of_up_to_255_without_quotes_at_both_ends() -> None:
    good = [EVERY_SIGN, "c" * 255, '"open', "shut'", "\"mixed'", '"a" b', "é \u201cü\u201d"]
    assert a_secret_of(chosen=good).texts("chosen") == tuple(good)
    bad = ["c" * 256, "'a'", "`a`", "''", *(f"a{sign}b" for sign in "\x00\t\x1f\x7f")]
    assert a_secret_of(chosen=bad).texts("chosen") == ()


def test_a_key_of_another_alphabet_is_none() -> None:
    assert a_secret_of(key="sk_\u0661").text("key") == ""


def test_a_rotated_secret_is_used_by_the_next_call() -> None:
    given = {"key": "old"}
    secret = secret_of("sim", replace(parts(unsent), read_secret=lambda _: dict(given)), (Field("key"),))
    assert secret().text("key") == "old"
    given["key"] = "new"
    assert secret().text("key") == "new"
