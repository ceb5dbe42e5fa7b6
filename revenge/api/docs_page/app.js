// Draws the API's description and lets a person try it. No library: the description is data, the page is a few lists.
const WORDS = {
  en: { filter: "Filter", parameters: "Parameters", body: "Body", answers: "Answers", send: "Send", open: "open to everybody",
        failed: "The description cannot be loaded.", required: "required", nothing: "Nothing matches." },
  de: { filter: "Filtern", parameters: "Parameter", body: "Inhalt", answers: "Antworten", send: "Senden", open: "für alle offen",
        failed: "Die Beschreibung kann nicht geladen werden.", required: "nötig", nothing: "Nichts passt dazu." },
};
const language = navigator.language.startsWith("de") ? "de" : "en";
const words = WORDS[language];
const METHODS = ["get", "post", "put", "patch", "delete"];
const main = document.getElementById("main");
const filter = document.getElementById("filter");
document.documentElement.lang = language;
filter.placeholder = words.filter;
filter.setAttribute("aria-label", words.filter);

function make(tag, options = {}, ...children) {
  const element = Object.assign(document.createElement(tag), options);
  element.append(...children.filter((child) => child !== null));
  return element;
}

// A schema as an example, so that a body can be filled in: references are followed, circles end.
function example(api, schema, seen = []) {
  if (!schema) return null;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return seen.includes(name) ? null : example(api, api.components.schemas[name], [...seen, name]);
  }
  if ("default" in schema) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return example(api, choice.find((one) => one.type !== "null") ?? choice[0], seen);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, example(api, inner, seen)]));
  }
  if (type === "array") return schema.items ? [example(api, schema.items, seen)] : [];
  return { string: schema.format ?? "text", integer: schema.minimum ?? 0, number: 0, boolean: false }[type] ?? null;
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return choice.map(typeOf).join(" | ");
  if (schema.type === "array") return `[${typeOf(schema.items)}]`;
  return schema.format ? `${schema.type} (${schema.format})` : String(schema.type ?? "any");
}

function answers(api, operation) {
  return make("ul", {}, ...Object.entries(operation.responses).map(([status, response]) => {
    const named = response.$ref ? api.components.responses[response.$ref.split("/").pop()] : response;
    const schema = Object.values(named.content ?? {})[0]?.schema;
    const item = make("li", {}, make("code", { textContent: status }), ` ${named.description} `);
    if (schema && !response.$ref && status !== "default") {
      item.append(make("span", { className: "dim", textContent: typeOf(schema) }),
        make("pre", { textContent: JSON.stringify(example(api, schema), null, 2) }));
    }
    return item;
  }));
}

async function send(method, path, operation, fields, body, output) {
  const query = new URLSearchParams();
  for (const [parameter, input] of fields) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.append(parameter.name, input.value);
  }
  const headers = { "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content };
  if (body) headers["Content-Type"] = "application/json";
  const address = query.size ? `${path}?${query}` : path;
  const response = await fetch(address, { method: method.toUpperCase(), headers, body: body?.value || undefined });
  const text = await response.text();
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
  output.textContent = `${response.status} ${response.statusText}\n${shown.slice(0, 100000)}`;
}

function operationBody(api, path, method, operation) {
  const box = make("div");
  if (operation.description) box.append(make("p", { textContent: operation.description }));
  const fields = (operation.parameters ?? []).map((parameter) => {
    const input = make("input", { value: parameter.schema.default ?? "", autocomplete: "off" });
    const name = make("label", {}, make("code", { textContent: parameter.name }),
      make("span", { className: "dim", textContent: ` ${typeOf(parameter.schema)}${parameter.required ? `, ${words.required}` : ""}` }), input);
    name.className = "field";
    return [parameter, input, name];
  });
  if (fields.length) box.append(make("h3", { textContent: words.parameters }), ...fields.map(([, , row]) => row));
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const body = schema ? make("textarea", { value: JSON.stringify(example(api, schema), null, 2), spellcheck: false }) : null;
  if (body) {
    body.setAttribute("aria-label", words.body);
    box.append(make("h3", { textContent: `${words.body} ${typeOf(schema)}` }), body);
  }
  const output = make("pre", { hidden: true });
  const button = make("button", { type: "button", textContent: words.send });
  button.addEventListener("click", async () => {
    output.hidden = false;
    await send(method, path, operation, fields, body, output).catch((error) => { output.textContent = String(error); });
  });
  const streams = path.endsWith("/events");
  box.append(make("h3", { textContent: words.answers }), answers(api, operation), streams ? "" : button, output);
  return box;
}

function operationRow(api, path, method, operation) {
  const row = make("details", { className: "op" });
  row.append(make("summary", {},
    make("span", { className: `method ${method}`, textContent: method.toUpperCase() }),
    make("span", { className: "path", textContent: path }),
    make("span", { textContent: operation.summary }),
    make("span", { className: "dim", textContent: operation["x-permission"] ?? words.open })));
  row.addEventListener("toggle", () => {
    if (row.open && row.children.length === 1) row.append(operationBody(api, path, method, operation));
  });
  row.dataset.text = `${method} ${path} ${operation.summary} ${operation["x-permission"] ?? ""}`.toLowerCase();
  return row;
}

function draw(api) {
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = item[method].tags[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operationRow(api, path, method, item[method]));
    }
  }
  const sections = [...groups].sort().map(([tag, rows]) => make("section", {}, make("h2", { textContent: tag }), ...rows));
  const nothing = make("p", { className: "dim", textContent: words.nothing, hidden: true });
  main.replaceChildren(...sections, nothing);
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase().split(/\s+/);
    for (const section of sections) {
      const rows = [...section.querySelectorAll("details")];
      for (const row of rows) row.hidden = !wanted.every((word) => row.dataset.text.includes(word));
      section.hidden = rows.every((row) => row.hidden);
    }
    nothing.hidden = sections.some((section) => !section.hidden);
  });
}

fetch("/api/v1/openapi.json").then((response) => {
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}).then(draw).catch(() => main.replaceChildren(make("p", { textContent: words.failed })));
