// The staff's view: timeline, captures, cancellation, refunds.

import { current, insist, send } from "./api.js";
import { showCases } from "./cases.js";
import { NAMES } from "./market.js";
import { $, atClock, atMoment, element, money, show } from "./page.js";

const OPEN = ["created", "pending", "authorized"];

/** What only the staff's view knows about the order on this page. */
export const seen = { isUnderReview: false, isInProgress: false, isLeaving: false, captured: 0, payment: null };

let lookAgain = () => {};
const here = (minor) => money(minor, seen.payment.currency);

const FINDERS = [
  ["webhook", "the gateway sent a webhook, and we checked"],
  ["poll", "our polling checked at the gateway"],
  ["sweep", "our sweep checked at the gateway"],
  ["return", "we checked when the payer came back"],
  ["verify", "the payer's browser brought a proof, and we checked"],
  ["refresh", "the staff checked at the gateway"],
  ["capture", "the staff"],
  ["cancel", "the staff"],
  ["initiate", "the shop"],
  ["retry", "the shop"],
  ["refund", "the staff"],
  ["case decided", "the staff"],
  ["approved", "the staff, two persons"],
  ["refused", "the staff, a second person"],
  ["decision", "the staff's decision"],
  ["hourly report", "our report compared with the gateway"],
];

/** False if nothing could be read. `look` shows the order as it is now; `isLate` returns true once another page is shown. */
export async function showStaff(id, look, isLate) {
  lookAgain = look;
  const [payment, events] = await Promise.all([send("GET", `/v1/payments/${id}`), send("GET", `/v1/payments/${id}/events`)]);
  if (isLate() || !payment.ok || !events.ok) return false;
  $("staff").hidden = false;
  const { review, in_progress: isInProgress, amount_captured: captured, gateway } = payment.body;
  Object.assign(seen, { isUnderReview: Boolean(review), isInProgress, captured, payment: payment.body });
  current.gateway = NAMES[gateway] ?? gateway;
  const timeOf = (kind) => events.body.data.find((event) => event.kind === kind)?.at;
  seen.paidAt = timeOf("attempt.completed") ?? (payment.body.status === "completed" && timeOf("case.decided"));
  const meanings = await meaningsOfEvents();
  $("events").replaceChildren(...events.body.data.map((event) => asItem(event, meanings)));
  await showCases(payment.body, look);
  await showCapturing(payment.body);
  if (payment.body.status === "completed") await showRefunds(payment.body);
  return true;
}

let meaningsRead = null;

function meaningsOfEvents() {
  meaningsRead ??= fetch("/meanings.json").then((answer) => answer.json()).catch(() => ({}));
  return meaningsRead;
}

const at = (text) => (text.slice(0, 10) === seen.payment.created_at.slice(0, 10) ? atClock(text) : atMoment(text));

function asItem(event, meanings) {
  const item = element("li");
  const finder = FINDERS.find(([start]) => event.cause.startsWith(start))?.[1] ?? event.cause;
  const moved = event.from && event.from !== event.to && `${event.from} → ${event.to}`;
  item.append(element("b", [event.kind, event.amount && here(event.amount)].filter(Boolean).join(" · ")));
  if (meanings[event.kind]) item.append(element("p", meanings[event.kind]));
  item.append(element("p", [moved, event.note].filter(Boolean).join(" · "), "small"));
  const cause = [event.cause, event.gateway_event].filter(Boolean).join(" ");
  item.append(element("p", `${at(event.at)}: ${finder} (${event.actor}, ${cause})`, "small"));
  return item;
}

let offers = null;

/** What the gateway can do beside captures and refunds. */
async function abilitiesOf({ gateway, currency }) {
  offers ??= send("GET", `/v1/gateways?currency=${currency}`);
  const answer = await offers;
  if (!answer.ok) offers = null;
  return answer.body?.data?.find(({ name }) => name === gateway)?.abilities ?? {};
}

/** An authorization may be captured, whole or in part, or voided; an unpaid order may be cancelled. */
async function showCapturing(payment) {
  const { status, amount_capturable: capturable } = payment;
  const isOpen = OPEN.includes(status) && !seen.isLeaving;
  const can = isOpen ? await abilitiesOf(payment) : {};
  $("capturing").hidden = !isOpen || !(capturable || can.cancel);
  $("capture-all").hidden = !capturable;
  $("capture-half").hidden = !capturable || !can.partial_capture;
  $("cancel").hidden = !can.cancel;
  show("capture-all", `Capture ${here(capturable)}`);
  show("capture-half", `Capture only ${here(Math.ceil(capturable / 2))}`);
  $("capture-half").dataset.amount = Math.ceil(capturable / 2);
}

async function act(what, body) {
  const buttons = ["capture-all", "capture-half", "cancel"].map($);
  buttons.forEach((button) => (button.disabled = true));
  show("capture-said", "One moment …");
  const done = await insist(`/v1/payments/${seen.payment.payment_id}/${what}`, body, `${what}-${seen.payment.payment_id}-${body.amount ?? ""}`, "capture-said");
  if (done) show("capture-said", "");
  if (done && what === "cancel") seen.isLeaving = true;
  buttons.forEach((button) => (button.disabled = false));
  await lookAgain();
}

async function showRefunds(payment) {
  const refunds = await send("GET", `/v1/payments/${payment.payment_id}/refunds`);
  if (!refunds.ok) return;
  const { amount_disputed: disputed, amount_written_off: writtenOff } = payment;
  const left = Math.max(0, payment.amount_captured - payment.amount_refunded - payment.amount_reserved - disputed - writtenOff);
  $("refunds").dataset.count = refunds.body.data.length;
  $("refunds").replaceChildren(...refunds.body.data.map((refund) => {
    const item = element("li", `${here(refund.amount)} at ${at(refund.created_at)} `);
    item.append(element("strong", refund.status === "returned" ? "came back" : refund.status));
    return item;
  }));
  const part = Math.min(10000, Math.floor(payment.amount_captured / 4));
  $("refund-some").dataset.amount = part;
  show("refund-some", `Refund ${here(part)}`);
  $("refund-some").disabled = left < part;
  $("refund-all").disabled = !left;
  show("refund-all", left ? `Refund all (${here(left)})` : "Refund all");
  $("refunding").hidden = false;
  if (payment.amount_reserved) setTimeout(lookAgain, 2000);
}

async function refund(amount) {
  $("refund-some").disabled = $("refund-all").disabled = true;
  show("refund-said", "One moment …");
  // One key per number of refunds: a double click is one refund.
  const key = `refund-${seen.payment.payment_id}-${$("refunds").dataset.count}`;
  const body = { ...(amount && { amount }), reason_code: "customer_request" };
  const made = await insist(`/v1/payments/${seen.payment.payment_id}/refunds`, body, key, "refund-said");
  if (made) show("refund-said", `We sent ${here(made.amount)} back; the list shows how far it is.`);
  await lookAgain();
}

$("capture-all").addEventListener("click", () => act("capture", {}));
$("capture-half").addEventListener("click", ({ target }) => act("capture", { amount: Number(target.dataset.amount) }));
$("cancel").addEventListener("click", () => act("cancel", { reason: "cancelled in the shop" }));
$("refund-some").addEventListener("click", ({ target }) => refund(Number(target.dataset.amount)));
$("refund-all").addEventListener("click", () => refund(0));
