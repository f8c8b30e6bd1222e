// npm oauth4webapi: code with PKCE, pushed, bound to a key where the plan says so; refresh, revoke.
import * as oauth from "oauth4webapi";
import { did, refused, run, sure, visited } from "./steps.mjs";

// The server is on this machine, and has no certificate here.
const plain = { [oauth.allowInsecureRequests]: true };

run(async (plan) => {
  const issuer = new URL(plan.issuer);
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: plan.discovery, ...plain }),
  );
  did("discovery", as.issuer);

  const client = { client_id: plan.client_id };
  let proves = oauth.None();
  if (plan.key) {
    const algorithm = { name: "ECDSA", namedCurve: plan.key.crv };
    const key = await crypto.subtle.importKey("jwk", plan.key, algorithm, false, ["sign"]);
    proves = oauth.PrivateKeyJwt({ key, kid: plan.key.kid });
  }
  const given = { ...plain };
  if (plan.dpop) given.DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
  // The server's nonce is not known before it was asked once.
  const asked = async (ask, read) => {
    try {
      return await read(await ask());
    } catch (error) {
      if (!given.DPoP || !oauth.isDPoPNonceError(error)) throw error;
      return read(await ask());
    }
  };

  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const wanted = {
    response_type: "code",
    redirect_uri: plan.redirect_uri,
    scope: plan.scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  const pushed = await asked(
    () => oauth.pushedAuthorizationRequest(as, client, proves, wanted, given),
    (answer) => oauth.processPushedAuthorizationResponse(as, client, answer),
  );
  did("pushed request", `good for ${pushed.expires_in} seconds`);

  const there = new URL(as.authorization_endpoint);
  there.searchParams.set("client_id", plan.client_id);
  there.searchParams.set("request_uri", pushed.request_uri);
  const back = await visited(there);
  const other = new URL(back);
  other.searchParams.set("iss", "https://somebody.else.example");
  did("an answer of another issuer", await refused(
    async () => oauth.validateAuthResponse(as, client, other, state),
    "iss",
  ));
  const checked = oauth.validateAuthResponse(as, client, back, state);
  did("answer with code, state and iss", back.searchParams.get("iss"));

  const redeemed = () =>
    oauth.authorizationCodeGrantRequest(as, client, proves, checked, plan.redirect_uri, verifier, given);
  const tokens = await asked(redeemed, (answer) =>
    oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true }),
  );
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  did("code redeemed", `${tokens.token_type}, ${tokens.scope}`);
  sure(claims.fhirUser, "the id token names the FHIR user");
  did("id token", claims.fhirUser.split("/").at(-2));

  const about = await oauth.processUserInfoResponse(
    as, client, claims.sub, await oauth.userInfoRequest(as, client, tokens.access_token, given),
  );
  did("userinfo", about.sub === claims.sub ? "the same person" : "somebody else");

  const headers = new Headers({ "content-type": "application/json" });
  const query = JSON.stringify({ query: plan.query });
  const ask = async (token) => {
    const at = new URL("/graphql", issuer);
    const answer = await oauth.protectedResourceRequest(token, "POST", at, headers, query, given);
    sure((await answer.text()).includes(plan.case), "the case is there");
    return "the case";
  };
  did("asked", await ask(tokens.access_token));

  const refreshed = await asked(
    () => oauth.refreshTokenGrantRequest(as, client, proves, tokens.refresh_token, given),
    (answer) => oauth.processRefreshTokenResponse(as, client, answer),
  );
  const rotated = refreshed.refresh_token !== tokens.refresh_token;
  sure(rotated === plan.rotates, `rotated: ${rotated}`);
  did("refreshed", rotated ? "another refresh token" : "the same refresh token");
  did("asked with the new token", await ask(refreshed.access_token));

  if (plan.key) {
    const told = await oauth.processIntrospectionResponse(
      as, client, await oauth.introspectionRequest(as, client, proves, refreshed.access_token, plain),
    );
    sure(told.active && told.cnf?.jkt, "the token is active and bound");
    did("introspection", "active");
  }
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, proves, refreshed.refresh_token, plain),
  );
  did("revoked");
  did("asking after that", await refused(() => ask(refreshed.access_token), "401"));
  did("refreshing after that", await refused(
    () => asked(
      () => oauth.refreshTokenGrantRequest(as, client, proves, refreshed.refresh_token, given),
      (answer) => oauth.processRefreshTokenResponse(as, client, answer),
    ),
    "invalid_grant",
  ));
});
