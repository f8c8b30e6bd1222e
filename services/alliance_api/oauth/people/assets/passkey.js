// The one thing on these pages that needs a script: asking the browser for a passkey.
// It reads its options from the form, and sends the answer in the form.
"use strict";

const octets = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const spelled = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const named = (list) => (list || []).map((one) => ({ ...one, id: octets(one.id) }));

const forCreation = (options) => ({
  ...options,
  challenge: octets(options.challenge),
  user: { ...options.user, id: octets(options.user.id) },
  excludeCredentials: named(options.excludeCredentials),
});

const forRequest = (options) => ({
  ...options,
  challenge: octets(options.challenge),
  allowCredentials: named(options.allowCredentials),
});

const told = (credential) => {
  const response = credential.response;
  const parts = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) {
      parts[name] = spelled(response[name]);
    }
  }
  return JSON.stringify({
    id: credential.id,
    rawId: spelled(credential.rawId),
    type: credential.type,
    response: parts,
    clientExtensionResults: {},
  });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button[type=submit]");
  const unable = document.getElementById("unable");
  button.disabled = !window.PublicKeyCredential;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    unable.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const credential =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: forCreation(options) })
          : await navigator.credentials.get({ publicKey: forRequest(options) });
      form.elements.answer.value = told(credential);
      form.submit();
    } catch {
      button.disabled = false;
      unable.hidden = false;
      unable.focus();
    }
  });
}
