// node subscriptions.mjs graphql-ws|graphql-sse URL: watches as it is told, a line of JSON each way.
import { createInterface } from "node:readline";

const [name, url] = process.argv.slice(2);
const say = (step, told) => console.log(JSON.stringify({ step, told }));
let token = "";
const credentials = async () => ({ authorization: `Bearer ${token}` });
const patience = { retryAttempts: 8, retryWait: () => new Promise((go) => setTimeout(go, 200)) };
let client;
if (name === "graphql-ws") {
  const { createClient } = await import("graphql-ws");
  const { default: WebSocket } = await import("ws");
  client = createClient({
    url: `${url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams: credentials, ...patience,
  });
} else {
  const { createClient } = await import("graphql-sse");
  client = createClient({ url: `${url}/graphql`, headers: credentials, ...patience });
}

const watch = async ({ query, variables }) => {
  try {
    for await (const answer of client.iterate({ query, variables })) say("next", answer);
    say("complete");
  } catch (error) {
    say("failed", String(error?.message ?? error));
  }
};
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  if (told.token) token = told.token;
  if (told.query) watch(told);
}
process.exit(0);
