// What waits for a person: the cases about the order on this page, and a second person's word about them.

import { insist, send } from "./api.js";
import { $, element, money, show } from "./page.js";

const NOTE = "decided in the demo shop";

/** Other outcomes need more than a press of a button. */
const OUTCOMES = { accept: "Accept what was paid", refund: "Send it back", write_off: "Write it off", noted: "Read and noted" };

const TITLES = {
  amount_mismatch: "Another amount was paid than asked",
  currency_mismatch: "Another currency was paid than asked",
  merchant_mismatch: "The gateway names another merchant",
  late_success: "The money came after the order had ended",
  refund_mismatch: "The gateway refunds another amount than asked",
  refund_returned: "A refund came back",
  excess_refund_failed: "Money that is not the shop's could not be sent back",
  capture_denied: "The gateway took back its word",
  money_returned: "The gateway gave money back without us",
  refund_and_dispute: "A refund and a dispute are about the same money",
  dispute_unreadable: "The gateway says something new about a dispute",
  authorization_lapsing: "The authorization ends soon",
};

/** `look` shows the order as it is after a decision. */
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
  const agree = button("Agree, as finance", () => post(`${path}/approve`, {}, look, "finance"));
  const refuse = button("Refuse, as finance", () => post(`${path}/refuse`, {}, look, "finance"));
  item.append(element("h3", "A second person must agree"), element("p", text, "small"), actions([agree, refuse]));
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
