"""openapi-typescript makes types of openapi.json under which what docs/api.md sends and a shop reads compiles."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.bodies import ROOT, documented
from tests.lines import node_command

MODULES = Path(__file__).parent / "node_modules"
READS = """
type Payment = components["schemas"]["PaymentView"];
export function whereTo(payment: Payment): string {
  const action = payment.next_action;
  switch (action.type) {
    case "redirect": case "upi_intent": case "upi_qr": return action.url;
    case "client_sdk": return action.values["key"] ?? "";
    case "none": return payment.created_at;
  }
}
export function refusalOf(error: components["schemas"]["Error"]): boolean {
  return error.error.code === "busy" && error.error.retryable;
}
export function paymentOf({ error }: components["schemas"]["Error"]): string | undefined {
  switch (error.code) {
    case "duplicate_order": case "outcome_unknown": return error.details.payment_id;
    case "invalid_state": return error.details.replaced_by;
    case "refund_exceeds_payment": return `${error.details.available.toFixed()} ${error.details.currency}`;
  }
}
"""


def run(package: str, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = node_command(MODULES / package / script, "")
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("types") / "api.ts"
    response = run("openapi-typescript", "bin/cli.js", str(ROOT / "openapi.json"), "-o", str(made))
    assert response.returncode == 0, response.stdout + response.stderr
    return made


def compiled(types: Path, text: str) -> str:
    source = types.parent / "shop.ts"
    source.write_text(f'import type {{ components, operations }} from "./api";\n{text}')
    done = run("typescript", "bin/tsc", "--noEmit", "--strict", "--moduleResolution", "bundler", "--module", "es2022",
               "--target", "es2022", str(source))  # fmt: skip
    return done.stdout


def sent(operation: str, body: object) -> str:
    kind = f'NonNullable<operations["{operation}"]["requestBody"]>["content"]["application/json"]'
    return f"export const body: {kind} = {json.dumps(body)};\n"


def test_each_body_of_the_guide_and_a_reader_of_payments_compile(types: Path) -> None:
    bodies = [sent(name, body).replace("const body", f"const body{n}") for n, (name, body) in enumerate(documented())]
    assert compiled(types, "".join(bodies) + READS) == ""


@pytest.mark.parametrize(
    ("operation", "body"),
    [("create_payment", {"amount": 100}), ("create_refund", {"amount": "100"}), ("capture_payment", {"amonut": 1})],
)
def test_a_body_that_we_refuse_does_not_compile(types: Path, operation: str, body: object) -> None:
    assert "error TS" in compiled(types, sent(operation, body))


def test_a_detail_of_another_code_does_not_compile(types: Path) -> None:
    reads = 'export const f = (e: components["schemas"]["CaseChangedProblem"]): string => e.details.days;\n'
    assert "error TS2339" in compiled(types, reads)
