// Small things both pages use.

export const $ = (id) => document.getElementById(id);
export const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const inRupees = new Intl.NumberFormat("en-IN", { style: "currency", currency: "INR" });
export const rupees = (minor) => inRupees.format(minor / 100).replace(".00", "");
export const atClock = (text) => new Date(text).toLocaleTimeString("en-IN", { timeStyle: "medium" });
export const atMoment = (text) => new Date(text).toLocaleString("en-IN", { dateStyle: "medium", timeStyle: "short" });

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

export function show(id, text) {
  // The same words again would be read aloud again.
  if ($(id).textContent !== text) $(id).textContent = text;
}

/** What this tab remembers: the cart's key, and each payment's checkout token. */
export const memory = {
  get: (name) => JSON.parse(sessionStorage.getItem(name) ?? "null"),
  set: (name, value) => sessionStorage.setItem(name, JSON.stringify(value)),
  drop: (name) => sessionStorage.removeItem(name),
};
