// npm fhirclient in headless Chromium: an application of another origin launches, alone or from an EHR.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { did, run, sure } from "./steps.mjs";

const require = createRequire(import.meta.url);
const library = readFileSync(require.resolve("fhirclient/build/fhir-client.js"));
const LAUNCH = "FHIR.oauth2.authorize(CONFIG).catch((error) => { window.failed = error.message; });";
const READY = `FHIR.oauth2.ready().then(
  (client) => { window.client = client; window.done = true; },
  (error) => { window.failed = error.message; window.done = true; });`;
const page = (title, script) =>
  `<!doctype html><html lang=en><title>${title}</title><h1>${title}</h1><script src=/fhir-client.js></script><script>${script}</script>`;

// Serves the application, which has nothing but two pages and the library.
const serve = (config) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url, "http://127.0.0.1");
      const told = JSON.stringify({ ...config, redirect_uri: `http://${request.headers.host}/app.html` });
      const files = {
        "/launch.html": ["text/html", page("Launch", LAUNCH.replace("CONFIG", told))],
        "/app.html": ["text/html", page("App", READY)],
        "/fhir-client.js": ["text/javascript", library],
      };
      const [type, body] = files[pathname] ?? ["text/plain", ""];
      response.writeHead(files[pathname] ? 200 : 404, { "content-type": type });
      response.end(body);
    });
    server.listen(0, "127.0.0.1", () => resolve(server));
  });

const ask = (tab, plan) =>
  tab.evaluate(
    async ([url, query, id]) => {
      const body = JSON.stringify({ query });
      const headers = { "content-type": "application/json" };
      try {
        const answer = await window.client.request({ url, method: "POST", body, headers });
        return JSON.stringify(answer).includes(id) ? "the case" : "nothing";
      } catch (error) {
        return `refused: ${error.status ?? error.statusCode ?? error.message}`;
      }
    },
    [`${plan.issuer}/graphql`, plan.query, plan.case],
  );

const signIn = async (tab, plan) => {
  await tab.fill("#name", plan.person);
  await tab.fill("#password", plan.password);
  await tab.click("form[action='/account/sign-in'] button");
  await tab.click("summary");
  await tab.fill("#recovery", plan.recovery);
  await tab.click("form:has(#recovery) button");
};

const story = async (browser, plan, origin) => {
  const context = await browser.newContext({ locale: "en" });
  const tab = await context.newPage();
  const query = plan.launch ? `?${new URLSearchParams({ iss: `${plan.issuer}/fhir`, launch: plan.launch })}` : "";
  await tab.goto(`${origin}/launch.html${query}`);
  await tab.waitForURL(`${plan.issuer}/**`);
  did("discovery, and sent to log in", await tab.textContent("h1"));
  await signIn(tab, plan);
  await tab.waitForURL("**/oauth/consent**");
  did("signed in, and asked", await tab.textContent("h1"));
  const choice = tab.locator(`input[type=radio][value='${plan.patient}']`);
  sure((await choice.count()) === (plan.launch ? 0 : 1), "who chooses the client");
  if (!plan.launch) await choice.check();
  await tab.click("button[value=allow]");
  await tab.waitForURL(`${origin}/app.html**`);
  await tab.waitForFunction(() => window.done);
  const wrong = await tab.evaluate(() => window.failed);
  sure(!wrong, wrong);
  const state = await tab.evaluate(() => ({
    type: window.client.state.tokenResponse.token_type,
    scope: window.client.state.tokenResponse.scope,
    verified: Boolean(window.client.state.codeVerifier),
    intent: window.client.state.tokenResponse.intent,
    patient: window.client.patient.id,
    user: window.client.getUserType(),
    code: new URL(location.href).searchParams.has("code"),
  }));
  sure(state.verified, "the library used PKCE");
  did("code redeemed with PKCE", `${state.type}, ${state.scope}`);
  sure(state.patient === plan.patient, "the right client");
  if (plan.launch) sure(state.intent === plan.intent, "what the EHR said");
  did("launch context", plan.launch ? `the EHR's client, and intent ${state.intent}` : "the client who was chosen");
  sure(state.user === "Practitioner", `fhirUser is a ${state.user}`);
  did("id token", state.user);
  const cases = await ask(tab, plan);
  sure(cases === "the case", cases);
  did("asked from its own origin", cases);
  const refreshed = await tab.evaluate(async () => {
    const before = window.client.state.tokenResponse.access_token;
    const after = await window.client.refresh();
    return after.tokenResponse.access_token !== before;
  });
  sure(refreshed, "another token");
  did("refreshed", "another access token");
  const again = await ask(tab, plan);
  sure(again === "the case", again);
  did("asked with the new token", again);

  const own = await context.newPage();
  await own.goto(`${plan.issuer}/account/applications`);
  await own.click("form[action='/account/applications'] button");
  did("the person takes it back", await own.textContent("h1"));
  // Two seconds is what the server promises for every replica.
  let after = await ask(tab, plan);
  for (const until = Date.now() + 2000; after === "the case" && Date.now() < until; ) {
    after = await ask(tab, plan);
  }
  sure(after === "refused: 401", after);
  did("asking after that", after);
  await context.close();
};

run(async (plan) => {
  const config = { clientId: plan.client_id, scope: plan.scope };
  if (!plan.launch) config.iss = `${plan.issuer}/fhir`;
  const server = await serve(config);
  const browser = await chromium.launch({
    executablePath: plan.chromium,
    args: ["--no-sandbox", "--no-proxy-server", "--disable-gpu"],
  });
  try {
    await story(browser, plan, `http://127.0.0.1:${server.address().port}`);
  } finally {
    await browser.close();
    server.close();
  }
});
