// Forms and buttons that call the API: <form data-api="POST /api/v1/libraries" data-then="scan" data-next="/libraries">.

import { call } from "./api.js";
import { showToken } from "./nodes.js";
import { icon, notice, noticeLater } from "./notices.js";
import { t } from "./words.js";

/** The body of a form: lists where a fieldset says so, null where an empty choice means "none". */
export function bodyOf(form) {
  const body = {};
  const lists = new Set([...form.querySelectorAll("[data-paths]")].map(() => "paths"));
  for (const name of lists) body[name] = [];
  for (const [name, value] of new FormData(form)) {
    if (lists.has(name)) body[name].push(value);
    else body[name] = value === "" && form.elements[name]?.dataset?.null !== undefined ? null : value;
  }
  return body;
}

const AFTER = {
  reload: () => location.reload(),
  language: () => {
    document.cookie = "revenge_language=; Path=/; Max-Age=0; SameSite=Lax"; // the account's choice counts from now on
    location.reload();
  },
  drop: (element) => {
    const slot = element.closest("[data-slot]");
    const next = slot.nextElementSibling ?? slot.previousElementSibling;
    const section = slot.closest("section");
    slot.remove();
    if (next) next.querySelector("a, button")?.focus();
    else section?.remove();
  },
  said: (element) => {
    element.reset?.();
    notice(element.dataset.said);
  },
  invited: showToken,
  jobs: (element) => element.dispatchEvent(new Event("jobs:changed", { bubbles: true })),
  stopped: (element) => element.closest("dialog").close(),
  scan: async (element, library) => {
    await call("POST", `/api/v1/libraries/${library.id}/scan`);
    noticeLater(t("js.library_added", { name: library.name }));
    location.assign(element.dataset.next);
  },
};

function showError(form, text) {
  const place = form.querySelector?.("[data-error]");
  if (!place) return notice(text, "bad");
  place.replaceChildren(...(text ? [icon("alert"), Object.assign(document.createElement("span"), { textContent: text })] : []));
  if (text) place.scrollIntoView({ block: "nearest" });
  return undefined;
}

async function send(element, body) {
  const [method, path] = element.dataset.api.split(" ");
  const button = element.matches("button") ? element : element.querySelector('[type="submit"]');
  if (button) [button.disabled, button.ariaBusy] = [true, "true"];
  try {
    const answer = await call(method, path, body);
    await AFTER[element.dataset.then](element, answer);
  } catch (error) {
    showError(element, error.message);
  } finally {
    if (button) [button.disabled, button.ariaBusy] = [false, null];
  }
}

/** Listen once for all forms, those that come later too. */
export function prepareForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.api) return;
    event.preventDefault();
    showError(form, "");
    const body = form.dataset.api.startsWith("DELETE") ? undefined : bodyOf(form);
    if (body?.paths && !body.paths.length) showError(form, t("js.choose_folder"));
    else send(form, body);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-api]");
    if (button) send(button, button.dataset.body && JSON.parse(button.dataset.body));
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open).showModal();
    event.target.closest("[data-close]")?.closest("dialog").close();
    if (event.target.matches("dialog")) event.target.close();
  });
  const [first, again] = [document.getElementById("password"), document.getElementById("password_again")];
  const compare = () => again.setCustomValidity(again.value && again.value !== first.value ? t("js.passwords_differ") : "");
  if (again) for (const field of [first, again]) field.addEventListener("input", compare);
}
