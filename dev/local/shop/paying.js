// What the payer does next, by the payment's next_action.

import { current, send } from "./api.js";
import { $, show } from "./page.js";

const METHODS = ["upi", "card", "netbanking", "wallet", "emi"];
const UPI = {
  upi_intent: "Open this address on the payer's phone: it opens a UPI app.",
  upi_qr: "Scan this with a UPI app.",
};

/** Whether pressing a button takes the payer on. */
export const goesOn = ({ type, values }) => type === "redirect" || (type === "client_sdk" && Boolean(values.script));

/** `whenOver` is called when the gateway's script has ended, whatever the outcome. */
export async function go(paymentId, action, whenOver) {
  if (action.type === "redirect") return location.assign(action.url);
  show("order-said", `One moment: we open ${current.gateway}'s page …`);
  try {
    await loaded(action.values.script);
    show("order-said", "");
    openScript(paymentId, action.values, whenOver);
  } catch {
    show("order-said", "The gateway's script could not be loaded. Please try again.");
  }
}

/** For UPI: the address to open, or the QR code to scan. */
export function showUpi({ type, url }) {
  const isPicture = type === "upi_qr" && url.startsWith("http");
  $("upi").hidden = !UPI[type];
  show("upi-text", UPI[type] ?? "");
  $("upi-image").hidden = !isPicture;
  $("upi-link").hidden = isPicture;
  if (isPicture && $("upi-image").src !== url) $("upi-image").src = url;
  if (!isPicture && url) Object.assign($("upi-link"), { href: url, textContent: url });
}

const scripts = new Map();

function loaded(address) {
  if (!scripts.has(address)) scripts.set(address, new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: address, onload: done });
    script.onerror = () => {
      scripts.delete(address);
      failed(new Error(address));
    };
    document.head.append(script);
  }));
  return scripts.get(address);
}

/** Razorpay's script: its handler receives a proof, which the shop's server checks first. */
function openScript(paymentId, { script, retry, method, timeout, amount, ...more }, whenOver) {
  const checkout = new window.Razorpay({
    ...more,
    amount: Number(amount),
    timeout: Number(timeout),
    retry: { enabled: retry !== "false" },
    ...(method && { method: Object.fromEntries(METHODS.map((name) => [name, name === method])) }),
    handler: async ({ razorpay_payment_id, razorpay_order_id, razorpay_signature }) => {
      const proof = { razorpay_payment_id, razorpay_order_id, razorpay_signature };
      await send("POST", `/v1/payments/${paymentId}/verify`, { body: { proof } });
      whenOver();
    },
    modal: { ondismiss: whenOver },
  });
  checkout.open();
}
