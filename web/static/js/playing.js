// What is watched now: the list is fetched anew every few seconds and when something begins or ends, and a viewing is stopped with a word.

const EVERY = 5000;

/** Follow what is watched, if the page shows it. */
export function followPlaying() {
  const place = document.querySelector("[data-live-playing]");
  if (!place) return;
  const dialog = document.getElementById("stop");

  const look = async () => {
    const answer = await fetch(place.dataset.livePlaying, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const held = place.contains(document.activeElement) ? document.activeElement.dataset.stop : null;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...fresh.body.children);
    if (held) place.querySelector(`[data-stop="${CSS.escape(held)}"]`)?.focus();
  };

  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-stop]");
    if (!button) return;
    const form = dialog.querySelector("form");
    form.reset();
    form.dataset.api = `POST /api/v1/playback/sessions/${button.dataset.stop}/stop`;
    dialog.querySelector("[data-stop-what]").textContent = button.dataset.stopWhat;
    dialog.showModal();
  });
  dialog.addEventListener("close", look);

  const timer = setInterval(() => document.hidden || look(), EVERY);
  const stream = new EventSource("/api/v1/events");
  for (const topic of ["playback.started", "playback.stopped"]) stream.addEventListener(topic, look);
  addEventListener("pagehide", () => [clearInterval(timer), stream.close()], { once: true });
}
