// The cases about the order on this page, and a second person's approval.

import { insist, send } from "./api.js";
import { $, element, money, show } from "./page.js";

const NOTE = "decided in the demo shop";

/** Outcomes that need no further input. */
const OUTCOMES = { accept: "Accept the paid amount", refund: "Refund it", write_off: "Write it off", noted: "Read and noted" };

const TITLES = {
  amount_mismatch: "The paid amount differs from the requested one",
  currency_mismatch: "The paid currency differs from the requested one",
  merchant_mismatch: "The gateway names another merchant",
  late_success: "The payment came after the order had ended",
  refund_mismatch: "The refunded amount differs from the requested one",
  refund_returned: "A refund came back",
  excess_refund_failed: "An excess payment could not be refunded",
  capture_denied: "The gateway denied a capture that it had confirmed",
  money_returned: "The gateway refunded money without a request of ours",
  refund_and_dispute: "The same money is refunded and disputed",
  dispute_unreadable: "The gateway reports an unknown state of a dispute",
  authorization_lapsing: "The authorization ends soon",
};

/** `look` shows the order after a decision. */
export async function showCases(payment, look) {
  const [cases, approvals] = await Promise.all([send("GET", "/v1/cases?limit=200"), send("GET", "/v1/approvals?limit=200")]);
  const about = (answer) => (answer.body?.data ?? []).filter((each) => each.payment_id === payment.payment_id);
  const asked = about(approvals).filter((approval) => approval.state === "requested");
  const waiting = new Set(asked.map((approval) => approval.subject_id));
  const open = about(cases).filter((one) => !waiting.has(one.case_id));
  $("deciding").hidden = !(open.length || asked.length);
  if ($("deciding").hidden) show("case-said", "");
  $("cases").replaceChildren(...open.map((one) => asCase(one, look)), ...asked.map((one) => asApproval(one, look)));
}

function asCase(one, look) {
  const item = element("li");
  const buttons = one.outcomes
    .filter((outcome) => OUTCOMES[outcome])
    .map((outcome) => button(OUTCOMES[outcome], () => decide(one, outcome, look)));
  item.append(element("h3", TITLES[one.kind] ?? one.kind), element("p", one.note, "small"), actions(buttons));
  return item;
}

function asApproval(approval, look) {
  const item = element("li");
  const text = `${approval.outcome} ${money(approval.amount, approval.currency)}: ${approval.note} (${approval.requested_by})`;
  const path = `/v1/approvals/${approval.approval_id}`;
  const agree = button("Approve, as finance", () => post(`${path}/approve`, {}, look, "finance"));
  const refuse = button("Refuse, as finance", () => post(`${path}/refuse`, {}, look, "finance"));
  item.append(element("h3", "A second person must approve"), element("p", text, "small"), actions([agree, refuse]));
  return item;
}

function decide(one, outcome, look) {
  return post(`/v1/cases/${encodeURIComponent(one.case_id)}/decision`, { outcome, note: NOTE }, look);
}

async function post(path, body, look, sub) {
  $("cases").querySelectorAll("button").forEach((each) => (each.disabled = true));
  show("case-said", "One moment …");
  if (await insist(path, body, "", "case-said", sub)) show("case-said", "");
  await look();
}

function button(text, act) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function actions(buttons) {
  const made = element("p", "", "actions");
  made.append(...buttons);
  return made;
}
