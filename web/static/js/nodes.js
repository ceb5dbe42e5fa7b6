// The nodes: their state is fetched anew every few seconds, a node is drained, and a token for a new one is made.

import { call } from "./api.js";
import { notice } from "./notices.js";
import { tellTimes } from "./words.js";

const EVERY = 4000;

/** Show a fresh join token in its dialog. */
export function showToken(form, answer) {
  const place = form.querySelector("[data-token]");
  place.hidden = false;
  place.querySelector("code").textContent = `revenge cluster join ${location.origin} --token ${answer.token}`;
}

/** Follow the nodes, if the page shows them. */
export function followNodes() {
  const place = document.querySelector("[data-live-nodes]");
  if (!place) return;

  const look = async () => {
    const answer = await fetch(place.dataset.liveNodes, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const held = place.contains(document.activeElement) ? document.activeElement.dataset.drain : null;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...fresh.body.children);
    tellTimes(place);
    if (held) place.querySelector(`[data-drain="${CSS.escape(held)}"]`)?.focus();
  };

  place.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-drain]");
    if (!button) return;
    button.disabled = true;
    const wish = { node_id: button.dataset.drain, draining: button.dataset.draining === "true" };
    await call("POST", "/api/v1/admin/cluster/drain", wish).catch((error) => notice(error.message, "bad"));
    setTimeout(look, 400); // another node hears of it by the database
  });

  const timer = setInterval(() => document.hidden || look(), EVERY);
  addEventListener("pagehide", () => clearInterval(timer), { once: true });
}
