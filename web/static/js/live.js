// Live scans: the event stream tells, the page shows. Counts are totals, so a lost event harms nothing.

import { call } from "./api.js";
import { notice } from "./notices.js";
import { t, tellTimes, locale } from "./words.js";

const COUNTS = ["found", "added", "changed", "removed", "failed"];
const RUNNING = new Set(["queued", "running"]);
const write = new Intl.NumberFormat(locale);

/** Show a scan in its library's panel. */
export function showScan(panel, scan) {
  const box = panel.querySelector(".scan");
  const find = (name) => box.querySelector(`[data-scan-${name}]`);
  const running = RUNNING.has(scan.state);
  box.hidden = false;
  box.dataset.scan = scan.id;
  box.dataset.state = scan.state;
  const words = t(`js.scan.${scan.state}`);
  if (find("words").textContent !== words) find("words").textContent = words;
  for (const name of COUNTS) box.querySelector(`[data-count="${name}"]`).textContent = write.format(scan[name] ?? 0);
  box.querySelector('[data-count="failed"]').parentElement.dataset.alarm = String(scan.failed > 0);
  const bar = find("bar");
  bar.hidden = !running;
  if (scan.state === "running" && scan.found > 0) {
    bar.max = scan.found;
    bar.value = Math.min(scan.done ?? 0, scan.found);
  } else bar.removeAttribute("value");
  find("cancel").hidden = !running;
  panel.querySelector("[data-scan-start]").disabled = running;
  find("errors").hidden = !scan.failed;
  find("errors").setAttribute("data-hx-get", `/libraries/scans/${scan.id}/errors`);
  const when = find("when");
  when.replaceChildren();
  if (scan.finished_at) when.append(Object.assign(document.createElement("time"), { dateTime: scan.finished_at }));
  tellTimes(when);
}

async function look(panel) {
  const id = panel.dataset.library;
  const library = await call("GET", `/api/v1/libraries/${id}`).catch(() => null);
  if (!library) return;
  const items = panel.querySelector("[data-items]");
  items.textContent = t("js.items", { count: library.items });
  if (library.last_scan) showScan(panel, library.last_scan);
}

/** Follow all scans on the page, if it shows any. */
export function followScans() {
  const place = document.querySelector("[data-live-scans]");
  if (!place) return;
  const panelOf = (id) => place.querySelector(`[data-library="${CSS.escape(id)}"]`);
  const lookAtAll = () => place.querySelectorAll("[data-library]").forEach(look);

  place.addEventListener("click", async (event) => {
    const panel = event.target.closest("[data-library]");
    const [start, cancel] = [event.target.closest("[data-scan-start]"), event.target.closest("[data-scan-cancel]")];
    if (!start && !cancel) return;
    const path = start ? `/api/v1/libraries/${panel.dataset.library}/scan` : `/api/v1/scans/${panel.querySelector(".scan").dataset.scan}/cancel`;
    await call("POST", path).then((scan) => showScan(panel, scan), (error) => notice(error.message, "bad"));
  });

  let pause = 1000;
  let timer = 0;
  const listen = () => {
    const stream = new EventSource("/api/v1/events");
    stream.addEventListener("open", () => {
      pause = 1000;
      lookAtAll(); // what happened before the stream stood
    });
    stream.addEventListener("scan.progress", (event) => {
      const scan = JSON.parse(event.data);
      const panel = panelOf(scan.library_id);
      if (!panel) return;
      showScan(panel, { ...scan, id: scan.scan_id ?? scan.id });
      if (!RUNNING.has(scan.state)) look(panel);
    });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return; // it comes back by itself
      lookAtAll();
      timer = setTimeout(listen, pause);
      pause = Math.min(pause * 2, 30_000);
    });
    addEventListener("pagehide", () => [stream.close(), clearTimeout(timer)], { once: true });
  };
  addEventListener("pageshow", (event) => event.persisted && listen());
  listen();
}
