"use strict";
// A browser behind a line protocol: a JSON call per line in, a JSON answer per line out.
// Its only argument is the browser's program. A payer who has no mouse: nothing here clicks.

const readline = require("node:readline");
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WAITS_MS = 20_000; // For what must come; nothing waits as long unless the test fails.
const FRAME_MS = 1_000;
const TABS_MAX = 80;

let browser, page, said, gates, waiting;

async function until(look, what) {
  const givesUpAt = Date.now() + WAITS_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > givesUpAt) throw new Error(`${what} did not come; the page says: ${(await text()).slice(0, 1500)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** A frame may be replaced while it is asked, or not be there yet. */
const ask = (frame, ...what) => {
  const late = new Promise((done) => setTimeout(done, FRAME_MS, null));
  return Promise.race([frame.evaluate(...what).catch(() => null), late]);
};

async function text() {
  return (await Promise.all(page.frames().map((frame) => ask(frame, () => document.body?.innerText)))).join("\n");
}

/** Where the keyboard is, in whatever frame: its name as it is read aloud, about. */
async function focused() {
  let frame = page.mainFrame();
  for (;;) {
    const handle = await frame.evaluateHandle(() => document.activeElement);
    const inner = await handle.asElement()?.contentFrame();
    if (!inner) break;
    frame = inner;
  }
  return ask(frame, () => {
    const at = document.activeElement;
    if (!at || at === document.body) return "";
    const by = (at.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent).join(" ").trim();
    const label = by || at.getAttribute("aria-label") || at.labels?.[0]?.innerText || at.innerText || at.value || "";
    return label.replace(/\s+/g, " ").trim();
  });
}

const calls = {
  /** A payer of his own: nothing is remembered of the one before. What `block` names is not answered before `release`. */
  async open({ url, width, height, block }) {
    if (page) {
      calls.release({});
      await page.context().close();
    }
    said = [];
    gates = new Map();
    waiting = new Set();
    const context = await browser.newContext({ viewport: { width, height }, locale: "en-IN", reducedMotion: "reduce" });
    page = await context.newPage();
    page.setDefaultTimeout(WAITS_MS);
    page.on("console", (message) => message.type() === "error" && said.push(`${message.text()} at ${message.location().url}`));
    page.on("pageerror", (error) => said.push(String(error)));
    if (block) await calls.block({ pattern: block });
    await page.goto(url, { waitUntil: block ? "commit" : "load" });
  },
  async block({ pattern }) {
    const gate = Promise.withResolvers();
    gates.set(pattern, gate);
    await page.route(pattern, async (route) => {
      waiting.add(route.request().url());
      await gate.promise;
      await route.continue().catch(() => null); // Nobody may want it any more.
    });
  },
  release({ pattern }) {
    for (const [held, gate] of gates) if (!pattern || held === pattern) gate.resolve();
  },
  waiting: () => [...waiting],
  go: async ({ url }) => void (await page.goto(url)),
  size: ({ width, height }) => page.setViewportSize({ width, height }),
  errors: () => said,
  text,
  address: () => page.url(),
  shows: ({ text: wanted }) => until(async () => (await text()).includes(wanted), wanted).then(() => null),
  picture: ({ path }) => page.screenshot({ path, fullPage: true }).then(() => null),
  run: ({ code, frame }) => (frame ? page.frames().find((each) => each.url().includes(frame)) : page).evaluate(code),
  frames: () => page.frames().map((frame) => frame.url()),
  /** Posts a form from the page that is shown, as its own forms do. */
  post: ({ fields }) => Promise.all([page.waitForEvent("load"), page.evaluate((given) => {
    const form = Object.assign(document.createElement("form"), { method: "post" });
    form.append(...Object.entries(given).map(([name, value]) => Object.assign(document.createElement("input"), { name, value })));
    document.body.append(form);
    form.submit();
  }, fields)]).then(() => null),
  press: ({ key }) => page.keyboard.press(key),
  type: ({ text: typed }) => page.keyboard.type(typed),
  focused,

  /** Tab by Tab to what is named so; a list of what lies on the way. */
  async tab_to({ name }) {
    const seen = [];
    for (let turn = 0; turn < TABS_MAX; turn++) {
      await page.keyboard.press("Tab");
      seen.push(await focused());
      if (seen.at(-1)?.startsWith(name)) return seen;
    }
    throw new Error(`no Tab leads to ${name}, but to ${JSON.stringify(seen)}`);
  },

  /** What axe finds, in every frame. */
  async violations() {
    const found = await Promise.all(page.frames().map(async (frame) => {
      if (!(await frame.evaluate(() => "axe" in window))) await frame.evaluate(axe);
      const result = await frame.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ["violations"], iframes: false }), RULES);
      return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
    }));
    return found.flat();
  },

  /** By how many pixels something sticks out of its window, cut off or not, in the frame where it is most. */
  async too_wide() {
    const by = await Promise.all(page.frames().map((frame) => ask(frame, () => {
      const rights = [...document.querySelectorAll("body *")].map((each) => each.getBoundingClientRect().right);
      return Math.max(0, document.documentElement.scrollWidth, ...rights.map(Math.floor)) - innerWidth;
    })));
    return Math.max(0, ...by);
  },
};

async function answer(name, given) {
  const tooLate = Promise.withResolvers();
  const timer = setTimeout(() => tooLate.reject(new Error(`${name} took too long`)), 2 * WAITS_MS);
  try {
    return { got: (await Promise.race([calls[name](given), tooLate.promise])) ?? null };
  } catch (error) {
    return { error: String(error.message ?? error) };
  } finally {
    clearTimeout(timer);
  }
}

async function main(program) {
  browser = await chromium.launch({ executablePath: program, args: ["--disable-gpu"] });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, given] = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await answer(name, given))}\n`);
  }
  await browser.close();
}

main(process.argv[2]);
