// npm oidc-provider with the clients of evidence/rfc9700_places.py. `node peer.mjs PLAN.json`, where the
// plan is {folder, clients, port, resource}. Whoever comes is signed in, and agrees to all of it.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const entry = `${plan.folder}/node_modules/oidc-provider/lib/index.js`;
const { default: Provider, errors } = await import(pathToFileURL(entry).href);
const issuer = `http://127.0.0.1:${plan.port}`;

const provider = new Provider(issuer, {
  clients: plan.clients,
  cookies: { keys: ["of no use elsewhere"] },
  scopes: plan.scopes,
  clientAuthMethods: ["none", "private_key_jwt", "client_secret_basic"],
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed("refresh_token"),
  // Its own rule is the same as ours: it rotates what nothing binds.
  features: {
    devInteractions: { enabled: false },
    dPoP: {
      enabled: true,
      nonceSecret: Buffer.alloc(32, 7),
      requireNonce: (ctx) => Boolean(ctx.oidc.client?.requirePushedAuthorizationRequests),
    },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => {
        throw new errors.InvalidTarget();
      },
    },
    userinfo: { enabled: true },
  },
  pkce: { required: () => true },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
});

async function agree(request, response) {
  const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    const result = { login: { accountId: "amira" } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const known = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = known ?? new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const handle = provider.callback();
const server = createServer((request, response) => {
  if (request.url.startsWith("/interaction/")) {
    agree(request, response).catch(() => response.writeHead(500).end());
  } else {
    handle(request, response);
  }
});
server.listen(plan.port, "127.0.0.1", () => console.log("ready"));
