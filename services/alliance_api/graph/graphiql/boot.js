// Starts GraphiQL. Tokens, queries and answers live in this page's memory and nowhere else.
"use strict";

(() => {
  const PLACEHOLDER = "<token>";

  // `/graphql#token=...` hands over a token: a fragment is never sent to a server, and it leaves the
  // address bar (and with it the history) before anything else runs.
  function takeToken() {
    const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
    if (window.location.hash) {
      window.history.replaceState(null, "", window.location.pathname + window.location.search);
    }
    return token || PLACEHOLDER;
  }

  // GraphiQL keeps queries, variables and its history in localStorage unless given another place;
  // they may name people, so they are forgotten with the page.
  function forgetful() {
    const kept = new Map();
    return {
      get length() {
        return kept.size;
      },
      getItem: (key) => (kept.has(key) ? kept.get(key) : null),
      setItem: (key, value) => void kept.set(key, String(value)),
      removeItem: (key) => void kept.delete(key),
      clear: () => kept.clear(),
    };
  }

  async function ask(parameters, options) {
    const headers = {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
    };
    for (const [name, value] of Object.entries((options && options.headers) || {})) {
      if (!String(value).includes(PLACEHOLDER)) headers[name] = value;
    }
    const response = await fetch("/graphql", {
      method: "POST",
      headers,
      body: JSON.stringify(parameters),
      credentials: "omit",
      cache: "no-store",
    });
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500)}` }] };
    }
  }

  const authorization = { Authorization: `Bearer ${takeToken()}` };

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher: ask,
      storage: forgetful(),
      defaultHeaders: JSON.stringify(authorization, null, 2),
      defaultEditorToolsVisibility: "headers",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
    }),
  );
})();
