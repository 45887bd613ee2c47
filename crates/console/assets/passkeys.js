// Passkeys (Web Authentication Level 3). A form with data-passkey ("create" or "get") asks the device before it is sent:
// its action plus "/begin" says what to ask, and the device's answer goes into its field "credential". Forms stay hidden
// where the browser has no passkeys. A form with data-conditional also offers passkeys in the autofill of the page.
"use strict";

const decode = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const descriptors = (list) => (list || []).map((one) => ({ ...one, id: decode(one.id) }));

function readOptions(kind, json) {
  const options = { ...json, challenge: decode(json.challenge) };
  if (kind === "create") {
    options.user = { ...json.user, id: decode(json.user.id) };
    options.excludeCredentials = descriptors(json.excludeCredentials);
  } else {
    options.allowCredentials = descriptors(json.allowCredentials);
  }
  return options;
}

function writeCredential(made) {
  const from = made.response;
  const response = { clientDataJSON: encode(from.clientDataJSON) };
  if (from.attestationObject) {
    response.attestationObject = encode(from.attestationObject);
    response.transports = from.getTransports ? from.getTransports() : [];
  } else {
    response.authenticatorData = encode(from.authenticatorData);
    response.signature = encode(from.signature);
    response.userHandle = from.userHandle ? encode(from.userHandle) : null;
  }
  return JSON.stringify({
    id: made.id, rawId: encode(made.rawId), type: made.type, response, clientExtensionResults: {},
  });
}

// What the device is to be asked; nothing where the browser was sent elsewhere instead.
async function begin(form) {
  const answer = await fetch(form.action.replace(/\/$/, "") + "/begin", {
    method: "POST", headers: { accept: "application/json" }, credentials: "same-origin",
  });
  if (answer.redirected) {
    window.location.assign(answer.url);
    return null;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

let waiting = null;

async function ask(form, conditional) {
  const kind = form.dataset.passkey;
  const options = await begin(form);
  if (!options) return;
  if (waiting) waiting.abort();
  waiting = new AbortController();
  const wish = { publicKey: readOptions(kind, options), signal: waiting.signal };
  if (conditional) wish.mediation = "conditional";
  const made = await navigator.credentials[kind](wish);
  if (!made) return;
  form.elements.credential.value = writeCredential(made);
  form.submit();
}

function watch(form) {
  const fault = form.querySelector("[data-fault]");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (fault) fault.hidden = true;
    ask(form, false).catch(() => {
      if (fault) fault.hidden = false;
    });
  });
}

async function start() {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  forms.forEach(watch);
  const quiet = forms.find((form) => form.dataset.conditional !== undefined);
  const can = PublicKeyCredential.isConditionalMediationAvailable;
  if (quiet && can && (await can.call(PublicKeyCredential))) {
    ask(quiet, true).catch(() => {});
  }
}

start();
