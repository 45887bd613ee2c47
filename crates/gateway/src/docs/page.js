// Shows openapi.json and sends requests to this host; asks nobody else.
"use strict";

const $ = (id) => document.getElementById(id);

// An element with children; text becomes text and never markup.
const el = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

const resolve = (api, node) => {
  if (!node || !node.$ref) return node || {};
  const found = node.$ref.slice(2).split("/").reduce((at, step) => at[step], api);
  return { ...found, ...node };
};

const typeOf = (api, schema) => {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.type === "array") return typeOf(api, schema.items) + "[]";
  return [schema.type, schema.format].filter(Boolean).join(" ");
};

const rows = (api, entries) => el("table", {}, ...entries.map(([name, place, schema, text]) =>
  el("tr", {}, el("td", {}, el("code", {}, name)), el("td", { class: "soft" }, place),
    el("td", {}, typeOf(api, schema)), el("td", {}, text || ""))));

const fields = (api, schema) => Object.entries(resolve(api, schema).properties || {}).map(
  ([name, field]) => [name, field.writeOnly ? "secret" : "", field, field.description]);

// A body to begin with: each field with an empty value of its type.
const sample = (api, schema, depth = 0) => {
  const whole = resolve(api, schema);
  if (whole.type === "array") return [];
  if (whole.type === "boolean") return false;
  if (whole.type === "integer" || whole.type === "number") return 0;
  if (whole.type !== "object") return "";
  if (depth > 3) return {};
  return Object.fromEntries(Object.entries(whole.properties || {})
    .map(([name, field]) => [name, sample(api, field, depth + 1)]));
};

const trial = (api, verb, path, operation, parameters, body) => {
  const inputs = parameters.filter((parameter) => parameter.in !== "header").map((parameter) =>
    [parameter, el("input", { placeholder: parameter.name })]);
  const text = body ? el("textarea", { spellcheck: "false" }) : null;
  if (text) text.value = JSON.stringify(sample(api, body), null, 2);
  const output = el("pre", {});
  const send = async () => {
    let target = path.slice(1);
    const query = new URLSearchParams();
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") {
        target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      } else if (input.value) query.append(parameter.name, input.value);
    }
    if (query.size) target += `?${query}`;
    const headers = {};
    if ($("token").value) headers.Authorization = `Bearer ${$("token").value}`;
    if ($("tenant").value) headers["X-Tenant-ID"] = $("tenant").value;
    if (text) headers["Content-Type"] = "application/json";
    output.textContent = "…";
    try {
      const reply = await fetch(target, { method: verb, headers, body: text?.value });
      output.textContent = `${reply.status} ${reply.statusText}\n`;
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      let answer = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        answer += part.value;
        output.textContent = `${reply.status} ${reply.statusText}\n${pretty(answer)}`;
      }
    } catch (problem) {
      output.textContent = String(problem);
    }
  };
  return el("div", {}, el("h4", {}, "Try it"),
    ...inputs.map(([parameter, input]) => el("label", {}, `${parameter.name} `, input, " ")),
    text, el("p", {}, el("button", { type: "button", onclick: send }, "Send")), output);
};

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

const show = (api, verb, path, operation) => {
  const parameters = operation.parameters.map((parameter) => resolve(api, parameter));
  const body = operation.requestBody?.content["application/json"].schema;
  const content = operation.responses["200"].content;
  const answer = (content["application/json"] || {}).schema
    || content["text/event-stream"].schema["x-usher-event"];
  const inside = el("div", {});
  const details = el("details", { id: operation.operationId },
    el("summary", {}, el("span", { class: "verb" }, verb.toUpperCase()),
      el("span", { class: "path" }, path), el("span", { class: "soft" }, operation.summary)), inside);
  details.addEventListener("toggle", () => {
    if (inside.childNodes.length) return;
    inside.append(...operation.description.split("\n\n").map((text) => el("p", {}, text)));
    if (parameters.length) {
      inside.append(el("h4", {}, "Parameters"), rows(api, parameters.map((parameter) =>
        [parameter.name, parameter.in, parameter.schema, parameter.description || parameter.schema.description])));
    }
    if (body) inside.append(el("h4", {}, "Body"), rows(api, fields(api, body)));
    inside.append(el("h4", {}, `Answer: ${typeOf(api, answer)}`), rows(api, fields(api, answer)),
      trial(api, verb.toUpperCase(), path, operation, parameters, body));
  });
  details.dataset.words = `${verb} ${path} ${operation.description}`.toLowerCase();
  return details;
};

const filter = () => {
  const wanted = $("find").value.toLowerCase();
  for (const details of document.querySelectorAll("details")) {
    details.hidden = !details.dataset.words.includes(wanted);
  }
};

const start = async () => {
  const api = await (await fetch("openapi.json")).json();
  $("about").textContent = `${api.info.description} Version ${api.info.version}.`;
  for (const tag of api.tags) {
    const section = el("section", {}, el("h2", {}, tag.name), el("p", { class: "soft" }, tag.description));
    for (const [path, verbs] of Object.entries(api.paths)) {
      for (const [verb, operation] of Object.entries(verbs)) {
        if (operation.tags[0] === tag.name) section.append(show(api, verb, path, operation));
      }
    }
    $("operations").append(section);
  }
  $(decodeURIComponent(location.hash.slice(1)))?.setAttribute("open", "");
  $("find").addEventListener("input", filter);
  $("caller").addEventListener("submit", (event) => event.preventDefault());
};

start().catch((problem) => { $("about").textContent = String(problem); });
