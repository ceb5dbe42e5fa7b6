// What every page but the player starts: posters, search, menus, forms, arrows, live scans.

import { call, signed } from "./api.js";
import { prepareFolders } from "./folders.js";
import { prepareForms } from "./forms.js";
import { followJobs } from "./jobs.js";
import { followScans } from "./live.js";
import { followNodes } from "./nodes.js";
import { notice, sayLeft } from "./notices.js";
import { followPlaying } from "./playing.js";
import { showPosters } from "./posters.js";
import { walkByArrows } from "./spatial.js";
import { t, tellTimes } from "./words.js";

function refresh() {
  showPosters(document);
  tellTimes(document);
}

// htmx: sign what it writes, dress what it brings, say when it fails.
document.addEventListener("htmx:config:request", (event) => Object.assign(event.detail.ctx.request.headers, signed()));
document.addEventListener("htmx:after:swap", refresh);
document.addEventListener("htmx:before:swap", (event) => {
  const status = event.detail.ctx.response?.status ?? 200;
  if (status === 401 || event.detail.ctx.response?.raw?.redirected) location.reload();
  if (status < 400 && !event.detail.ctx.response?.raw?.redirected) return;
  event.preventDefault();
  if (status >= 400) notice(t("problem.internal"), "bad");
});
document.addEventListener("htmx:error", (event) => {
  if (event.detail.error?.name === "TypeError") notice(t("problem.offline"), "bad");
});

// "/" goes to the search field, Escape out of it; arrows go down into what it found.
const field = document.getElementById("seek");
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && field && !writing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    field.focus();
    field.select();
  }
  if (event.key === "Escape" && event.target.closest?.(".seek-box")) {
    document.getElementById("seek-results").replaceChildren();
    document.activeElement.blur();
  }
  if (event.key === "ArrowDown" && event.target === field) {
    const first = document.querySelector("#seek-results a");
    if (first) {
      event.preventDefault();
      first.focus();
    }
  }
});

// Menus close when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-logout]")) return;
  await call("POST", "/logout", undefined, { quiet: true }).catch(() => {});
  location.assign("/login");
});

document.addEventListener("change", (event) => event.target.form?.matches("form[data-auto]") && event.target.form.requestSubmit());

// The look is kept in a cookie, so that the server sends the right one and nothing flashes.
document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-theme-choice]")) return;
  document.documentElement.dataset.theme = event.target.value;
  document.cookie = `revenge_theme=${event.target.value}; Path=/; Max-Age=31536000; SameSite=Lax`;
});

const setLanguage = (code) => (document.cookie = `revenge_language=${code}; Path=/; Max-Age=${code ? 31536000 : 0}; SameSite=Lax`);
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-language]")) return;
  setLanguage(event.target.value);
  location.reload();
});

// A television: wide, and nothing to point with.
if (matchMedia("(min-width: 1200px) and (hover: none) and (pointer: none), (min-width: 1200px) and (pointer: coarse) and (hover: none)").matches) {
  document.body.classList.add("tv");
  document.querySelector("[data-first], main .card")?.focus();
}

refresh();
sayLeft();
prepareForms();
prepareFolders();
walkByArrows();
followScans();
followPlaying();
followNodes();
followJobs();
