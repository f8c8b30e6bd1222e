// npm openid-client: code with PKCE, pushed and bound to a key; refresh, revoke; a device; a back end.
import * as client from "openid-client";
import { did, refused, run, sure, visited } from "./steps.mjs";

// The server is on this machine, and has no certificate here.
const plain = { execute: [client.allowInsecureRequests] };

const discovered = async (plan) => {
  let proves = client.None();
  if (plan.key) {
    const algorithm = { name: "ECDSA", namedCurve: plan.key.crv };
    const key = await crypto.subtle.importKey("jwk", plan.key, algorithm, false, ["sign"]);
    proves = client.PrivateKeyJwt({ key, kid: plan.key.kid });
  }
  const config = await client.discovery(new URL(plan.issuer), plan.client_id, {}, proves, plain);
  did("discovery", config.serverMetadata().issuer);
  return config;
};

const asking = (config, plan, options) => async (token) => {
  const headers = new Headers({ "content-type": "application/json" });
  const query = JSON.stringify({ query: plan.query });
  const at = new URL("/graphql", plan.issuer);
  const answer = await client.fetchProtectedResource(config, token, at, "POST", query, headers, options);
  sure((await answer.text()).includes(plan.case), "the case is there");
  return "the case";
};

const person = async (plan) => {
  const config = await discovered(plan);
  const options = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) };
  const ask = asking(config, plan, options);
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const there = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: plan.redirect_uri,
    scope: plan.scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  }, options);
  sure(there.searchParams.has("request_uri") && !there.searchParams.has("scope"), "it was pushed");
  did("pushed request", "nothing of it in the address");

  const back = await visited(there);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const other = new URL(back);
  other.searchParams.set("iss", "https://somebody.else.example");
  did("an answer of another issuer", await refused(
    () => client.authorizationCodeGrant(config, other, checks, undefined, options),
    "OAUTH_INVALID_RESPONSE",
  ));
  const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, options);
  did("code redeemed", `${tokens.token_type}, ${tokens.scope}`);
  sure(tokens.claims().fhirUser, "the id token names the FHIR user");
  did("id token", tokens.claims().fhirUser.split("/").at(-2));
  const about = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, options);
  did("userinfo", about.sub === tokens.claims().sub ? "the same person" : "somebody else");
  did("asked", await ask(tokens.access_token));
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  sure(fresh.access_token !== tokens.access_token, "another token");
  did("refreshed", fresh.refresh_token === tokens.refresh_token ? "the same refresh token" : "another refresh token");
  did("asked with the new token", await ask(fresh.access_token));
  await client.tokenRevocation(config, fresh.refresh_token ?? tokens.refresh_token);
  did("revoked");
  did("asking after that", await refused(() => ask(fresh.access_token), "401"));
  did("refreshing after that", await refused(
    () => client.refreshTokenGrant(config, tokens.refresh_token, undefined, options),
    "invalid_grant",
  ));
};

const device = async (plan) => {
  const config = await discovered(plan);
  const ask = asking(config, plan);
  const shown = await client.initiateDeviceAuthorization(config, { scope: plan.scope });
  did("a code to show", shown.verification_uri);
  await visited(`${shown.verification_uri}#${shown.user_code}`);
  const tokens = await client.pollDeviceAuthorizationGrant(config, shown);
  did("asked until the person had agreed", `${tokens.token_type}, ${tokens.scope}`);
  did("asked", await ask(tokens.access_token));
  await client.tokenRevocation(config, tokens.access_token);
  did("revoked");
  did("asking after that", await refused(() => ask(tokens.access_token), "401"));
};

const system = async (plan) => {
  const config = await discovered(plan);
  const ask = asking(config, plan);
  const tokens = await client.clientCredentialsGrant(config, { scope: plan.scope });
  did("token of a back end", `${tokens.token_type}, ${tokens.scope}, ${tokens.expires_in} seconds`);
  did("asked", await ask(tokens.access_token));
  const told = await client.tokenIntrospection(config, tokens.access_token);
  sure(told.active, "it is active");
  did("introspection", "active");
  await client.tokenRevocation(config, tokens.access_token);
  did("revoked");
  did("asking after that", await refused(() => ask(tokens.access_token), "401"));
};

run((plan) => ({ person, device, system })[plan.way](plan));
