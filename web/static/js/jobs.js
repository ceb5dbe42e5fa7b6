// Jobs: the list is fetched anew when something happens to a job and every few seconds; a job's log opens beside it.

import { tellTimes } from "./words.js";

const EVERY = 5000;
const SOON = 400;

/** Follow the jobs, if the page shows them. Returns how to look anew. */
export function followJobs() {
  const place = document.querySelector("[data-live-jobs]");
  if (!place) return;
  const dialog = document.getElementById("job-log");
  const body = document.getElementById("job-log-body");
  const fetched = (address) => fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  const written = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html").body;

  const look = async () => {
    if (place.dataset.grown) return; // somebody reads on further down: nothing is taken from under their eyes
    const answer = await fetched(place.dataset.liveJobs);
    if (!answer?.ok || answer.redirected) return;
    const held = place.contains(document.activeElement) ? document.activeElement.dataset : null;
    place.replaceChildren(...(await written(answer)).children);
    tellTimes(place);
    const again = held && (held.api ?? held.jobLog);
    if (again) place.querySelector(`[data-api="${CSS.escape(again)}"], [data-job-log="${CSS.escape(again)}"]`)?.focus();
  };

  let soon = 0;
  const lookSoon = () => (soon ||= setTimeout(() => [(soon = 0), look()], SOON));

  place.addEventListener("click", async (event) => {
    if (event.target.closest(".more button")) place.dataset.grown = "true";
    const button = event.target.closest("[data-job-log]");
    if (!button) return;
    const answer = await fetched(button.dataset.jobLog);
    if (!answer?.ok || answer.redirected) return;
    body.replaceChildren(...(await written(answer)).children);
    tellTimes(body);
    dialog.showModal();
  });
  place.addEventListener("jobs:changed", () => {
    delete place.dataset.grown;
    look();
  });

  const timer = setInterval(() => document.hidden || look(), EVERY);
  const stream = new EventSource("/api/v1/events");
  stream.addEventListener("job.moved", lookSoon);
  addEventListener("pagehide", () => [clearInterval(timer), clearTimeout(soon), stream.close()], { once: true });
}
