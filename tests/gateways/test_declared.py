"""The facts of each gateway: of the same kinds everywhere, and equal to the page, the template and the simulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dev.local.credentials import secrets_of
from payments.gateways.contract.errors import Misconfigured
from payments.gateways.facts import API, PRODUCTION, SANDBOX, SIMULATOR, WEBHOOK, facts_of
from payments.gateways.kit.secret import Secret
from payments.gateways.registry import GATEWAYS

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("ALIASES", "HOSTS", "MINIMUMS", "ROWS", "STEPS", "fields_of")
MODES = (SIMULATOR, SANDBOX, PRODUCTION)
EACH_GATEWAY = pytest.mark.parametrize("name", GATEWAYS)
DESCRIBED = re.compile(r"Name: !Sub pavati/\S+?/(\w+)/main/(\w+)\n +Description: 'JSON \{(.*)\};")


@EACH_GATEWAY
def test_every_gateway_states_the_same_kinds_of_facts(name: str) -> None:
    facts = facts_of(name)
    assert [kind for kind in KINDS if not hasattr(facts, kind)] == []
    assert set(facts.HOSTS) == {SANDBOX, PRODUCTION}
    assert {row.gateway for row in facts.ROWS} == {name}


@EACH_GATEWAY
def test_a_secret_has_the_same_fields_in_every_mode(name: str) -> None:
    reported = [[(each.name, each.part, each.is_needed) for each in facts_of(name).fields_of(mode)] for mode in MODES]
    assert reported[0] == reported[1] == reported[2]
    assert len({field for field, _, _ in reported[0]}) == len(reported[0])
    assert {part for _, part, _ in reported[0]} == {API, WEBHOOK}


@EACH_GATEWAY
def test_the_simulators_secrets_are_of_these_fields(name: str) -> None:
    fields = facts_of(name).fields_of(SIMULATOR)
    given = dict(zip((API, WEBHOOK), secrets_of(name, "http://127.0.0.1:8000/v1/webhooks/x"), strict=True))
    secret = Secret(f"pavati/dev/{name}/main", lambda where: given[where.rpartition("/")[2]], fields)
    for part, reported in given.items():
        assert set(reported) <= {field.name for field in fields if field.part == part}
        secret.check(part)


@EACH_GATEWAY
@pytest.mark.parametrize("part", [API, WEBHOOK])
def test_an_empty_secret_is_refused_by_the_first_field_that_it_needs(name: str, part: str) -> None:
    fields = facts_of(name).fields_of(SIMULATOR)
    needed = [field.name for field in fields if field.part == part and field.is_needed]
    secret = Secret("here", lambda _: {}, fields)
    if needed:
        with pytest.raises(Misconfigured, match=f"^here/{part}: field {needed[0]} is empty"):
            secret.check(part)
    else:
        secret.check(part)


@EACH_GATEWAY
def test_the_template_and_the_page_name_the_fields(name: str) -> None:
    fields, page = facts_of(name).fields_of(SANDBOX), (ROOT / f"docs/gateways/{name}.md").read_text()
    assert [field.name for field in fields if f"`{field.name}`" not in page] == []
    described = {
        part: reported
        for its, part, reported in DESCRIBED.findall((ROOT / "stacks/data.yaml").read_text())
        if its == name
    }
    for part in (API, WEBHOOK):
        reported = re.findall(r'"(\w+)"', described[part])
        assert set(reported) <= {field.name for field in fields if field.part == part}
        assert {field.name for field in fields if field.part == part and field.is_needed} <= set(reported)


@EACH_GATEWAY
def test_the_page_names_the_hosts(name: str) -> None:
    page = (ROOT / f"docs/gateways/{name}.md").read_text()
    assert [host.api for host in facts_of(name).HOSTS.values() if host.api not in page] == []


def test_an_alias_is_nobodys_name() -> None:
    aliases = [alias for name in GATEWAYS for alias in facts_of(name).ALIASES]
    assert "rzp" in aliases
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & set(GATEWAYS)
