// Drives Debian's Chromium through the pages of people, by keyboard, as `evidence/browser.py` asks:
// node browser.mjs PLAN.json. Says what it found as one line of JSON.
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(join(plan.modules, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const found = { pages: [], faults: [], steps: 0 };
const fault = (text) => found.faults.push(text);
const sure = (truth, text) => {
  found.steps += 1;
  if (!truth) throw new Error(text);
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const bytes = (base32) => {
  const bits = [...base32].map((sign) => ALPHABET.indexOf(sign).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
};
const code = (seed, ahead) => {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
  const made = createHmac("sha1", bytes(seed)).update(step).digest();
  const at = made[19] & 15;
  return String((made.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
};

// Goes to an element with the Tab key alone.
const tabTo = async (page, selector) => {
  for (let pressed = 0; pressed < 80; pressed += 1) {
    if (await page.evaluate((one) => document.activeElement?.matches(one), selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no way by keyboard to ${selector} on ${await page.title()}`);
};
const settled = (page, act) => Promise.all([page.waitForEvent("domcontentloaded"), act]);
const enter = async (page, selector) => {
  await tabTo(page, selector);
  await settled(page, page.keyboard.press("Enter"));
};
const type = async (page, selector, text) => {
  await tabTo(page, selector);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
};
const title = (page) => page.textContent("h1");

// Every focusable thing is reached by Tab, and shows that it is.
const walk = async (page, name) => {
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, input, summary")];
    const seen = all.filter((one) => one.checkVisibility() && !one.disabled && one.type !== "hidden");
    const groups = new Set(seen.map((one) => (one.type === "radio" ? `radio:${one.name}` : one)));
    return groups.size;
  });
  const reached = new Set();
  for (let pressed = 0; pressed < wanted + 3; pressed += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      window.known = window.known || [];
      const key = one.type === "radio" ? `radio:${one.name}` : one;
      if (!window.known.includes(key)) window.known.push(key);
      const style = getComputedStyle(one);
      const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      return { at: window.known.indexOf(key), shown, tag: one.outerHTML.slice(0, 80) };
    });
    if (here) {
      reached.add(here.at);
      if (!here.shown) fault(`${name}: no focus is shown on ${here.tag}`);
    }
  }
  if (reached.size < wanted) fault(`${name}: ${reached.size} of ${wanted} reached by keyboard`);
};

const look = async (page, run, name, { walks = true } = {}) => {
  const label = `${run.name}-${name}`;
  await page.screenshot({ path: join(plan.folder, `${label}.png`), fullPage: true });
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run());
  for (const one of result.violations) {
    fault(`${label}: axe ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 90)).join(" | ")}`);
  }
  const lang = await page.evaluate(() => document.documentElement.lang);
  if (lang !== run.language) fault(`${label}: speaks ${lang}`);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (over > 0) fault(`${label}: ${over} px too wide for a small phone`);
  await page.setViewportSize(size);
  if (walks) await walk(page, label);
  found.pages.push({ name: label, rules: result.passes.length, unsure: result.incomplete.length });
};

const watch = (page, run) => {
  page.on("pageerror", (error) => fault(`${run.name}: ${error.message}`));
  page.on("console", (line) => {
    // Chromium notes every answer that is not 2xx; those are asked for here.
    const asked = line.text().startsWith("Failed to load resource");
    if (line.type() === "error" && !asked) fault(`${run.name}: console: ${line.text()}`);
  });
};

const story = async (browser, run) => {
  const context = await browser.newContext({
    locale: run.language,
    colorScheme: run.scheme,
    viewport: run.viewport,
    baseURL: plan.address,
  });
  const page = await context.newPage();
  watch(page, run);
  const keys = await context.newCDPSession(page);
  await keys.send("WebAuthn.enable");
  await keys.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });

  // An account from its link: a password, an app, recovery codes, a passkey.
  await page.goto(run.link);
  sure(!page.url().includes("invitation"), "the link's secret is gone from the address");
  await look(page, run, "enrol");
  await type(page, "#password", "short");
  await type(page, "#again", "short");
  await enter(page, "form[action='/account/enrol'] button");
  sure(await page.evaluate(() => document.activeElement.classList.contains("errors")), "errors have the focus");
  await look(page, run, "enrol-refused");
  await type(page, "#password", plan.password);
  await type(page, "#again", plan.password);
  await enter(page, "form[action='/account/enrol'] button");
  await look(page, run, "second-step");
  await enter(page, "form[action='/account/app'] button");
  await look(page, run, "app");
  const seed = (await page.textContent(".seed")).replaceAll(" ", "");
  await type(page, "#code", code(seed, 0));
  await enter(page, "form[action='/account/app/confirm'] button");
  await look(page, run, "recovery-codes");
  const codes = await page.$$eval(".codes code", (all) => all.map((one) => one.textContent));
  sure(codes.length === 10, "ten recovery codes");
  await enter(page, "main a.primary");
  await look(page, run, "account");
  await enter(page, "form[action='/account/passkeys/new'] button");
  await look(page, run, "new-passkey");
  await tabTo(page, "form[data-passkey] button");
  await Promise.all([page.waitForURL("**/account"), page.keyboard.press("Enter")]);
  sure((await page.$$("ul.plain li")).length === 1, "the passkey is listed");
  await look(page, run, "account-with-passkey");

  // In again by password and code.
  await enter(page, "form[action='/account/sign-out'] button");
  await look(page, run, "signed-out");
  await enter(page, "main a.primary");
  await look(page, run, "sign-in");
  await type(page, "#name", run.person);
  await type(page, "#password", "not the password");
  await enter(page, "form[action='/account/sign-in'] button");
  sure(await page.evaluate(() => document.activeElement.classList.contains("errors")), "errors have the focus");
  await look(page, run, "sign-in-refused");
  await type(page, "#name", run.person);
  await type(page, "#password", plan.password);
  await enter(page, "form[action='/account/sign-in'] button");
  await look(page, run, "code");
  await type(page, "#code", "000000");
  await enter(page, "form[action='/account/sign-in/code'] button");
  await look(page, run, "code-refused");
  await type(page, "#code", code(seed, 1));
  await enter(page, "form[action='/account/sign-in/code'] button");
  sure(page.url().endsWith("/account"), "in by password and code");
  await enter(page, "form[action='/account/sign-out'] button");

  // For an application, by passkey: for whom, what, allow.
  await page.goto(`/oauth/login?request=${run.requests[0]}`);
  await look(page, run, "sign-in-for-application");
  await enter(page, "form[action='/account/sign-in/passkey'] button");
  await look(page, run, "passkey");
  await tabTo(page, "form[data-passkey] button");
  await Promise.all([page.waitForURL("**/oauth/consent**"), page.keyboard.press("Enter")]);
  await look(page, run, "consent");
  await enter(page, "button[value=allow]");
  sure(await page.evaluate(() => document.activeElement.classList.contains("errors")), "errors have the focus");
  await look(page, run, "consent-refused");
  await tabTo(page, "input[type=radio]");
  await page.keyboard.press("Space");
  await tabTo(page, "input[type=checkbox]");
  await page.keyboard.press("Space");
  const left = await page.$$eval("input[type=checkbox]:checked", (all) => all.length);
  sure(left === run.scopes - 1, `one thing is left out, ${left} stay`);
  await enter(page, "button[value=allow]");
  sure(new URL(page.url()).searchParams.has("code"), `the application has its code: ${page.url()}`);

  // And decline.
  await page.goto(`/oauth/login?request=${run.requests[1]}`);
  await enter(page, "button[value=decline]");
  sure(new URL(page.url()).searchParams.get("error") === "access_denied", "the application was told no");

  // A device.
  await page.goto("/oauth/device");
  await look(page, run, "device");
  await type(page, "#user_code", "WRONG");
  await enter(page, "form[action='/oauth/device'] button");
  await look(page, run, "device-refused");
  await type(page, "#user_code", run.device);
  await enter(page, "form[action='/oauth/device'] button");
  await look(page, run, "device-consent");
  await enter(page, "button[value=allow]");
  sure(page.url().includes("ended=granted"), "the device is connected");
  await look(page, run, "device-done");

  // What was allowed, and taking it back.
  await page.goto("/account/applications");
  await look(page, run, "applications");
  while (await page.$("form[action='/account/applications'] button")) {
    await enter(page, "form[action='/account/applications'] button");
  }
  await look(page, run, "applications-none");
  await page.goto("/account/password");
  await look(page, run, "password");
  await page.goto(`/oauth/login?request=${run.requests[0]}`);
  await look(page, run, "request-over");
  await page.goto(run.link);
  await look(page, run, "link-over");
  await context.close();

  // The same sign-in without a script.
  const plain = await browser.newContext({ javaScriptEnabled: false, locale: run.language, baseURL: plan.address });
  const bare = await plain.newPage();
  await bare.goto("/account/sign-in");
  await bare.focus("#name");
  await bare.keyboard.type(run.person);
  await bare.keyboard.press("Tab");
  await bare.keyboard.type(plan.password);
  await settled(bare, bare.keyboard.press("Enter"));
  await bare.focus("summary");
  await bare.keyboard.press("Enter");
  await bare.focus("#recovery");
  await bare.keyboard.type(codes[0]);
  await settled(bare, bare.keyboard.press("Enter"));
  sure(bare.url().endsWith("/account"), `in without a script: ${await title(bare)}`);
  await plain.close();
};

const browser = await chromium.launch({
  executablePath: plan.chromium,
  args: ["--no-sandbox", "--no-proxy-server", "--force-color-profile=srgb", "--disable-gpu"],
});
try {
  for (const run of plan.runs) {
    try {
      await story(browser, run);
    } catch (error) {
      fault(`${run.name}: ${error.message}`);
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));
