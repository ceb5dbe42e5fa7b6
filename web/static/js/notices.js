// Short messages at the foot of the page, read aloud by screen readers.

const SECONDS = { good: 4, bad: 8 };

/** An icon of the sprite, for elements made by scripts. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** Say something for a few seconds; `kind` is "good" or "bad". */
export function notice(text, kind = "good") {
  const place = document.getElementById("notices");
  if (!place) return;
  const line = document.createElement("div");
  line.className = "notice";
  line.dataset.kind = kind;
  line.append(icon(kind === "bad" ? "alert" : "check"), text);
  place.append(line);
  setTimeout(() => line.remove(), SECONDS[kind] * 1000);
}

/** Say it on the next page: the one this page is leaving for. */
export function noticeLater(text, kind = "good") {
  sessionStorage.setItem("notice", JSON.stringify([text, kind]));
}

/** Say what the page before left behind. */
export function sayLeft() {
  const left = sessionStorage.getItem("notice");
  sessionStorage.removeItem("notice");
  if (left) notice(...JSON.parse(left));
}
