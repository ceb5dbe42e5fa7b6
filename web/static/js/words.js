// The words of the page's language, put into it by the server, and the shapes numbers and times take in it.

const element = document.getElementById("words");
const messages = element ? JSON.parse(element.dataset.words) : {};
export const locale = document.documentElement.lang || "en";
const plurals = new Intl.PluralRules(locale);
const whole = new Intl.NumberFormat(locale);

/** The sentence of a key, with its {places} filled in; a plural form is chosen by `count`. */
export function t(key, values = {}) {
  let text = messages[key];
  if (text && typeof text === "object") text = text[plurals.select(values.count ?? 0)] ?? text.other;
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? whole.format(values[name]) : values[name] ?? ""));
}

/** Whether the page carries this key. */
export const knows = (key) => key in messages;

/** Milliseconds as 1:02:03. */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const pad = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

/** A moment as a person says it: "3 minutes ago". */
export function ago(when, now = Date.now()) {
  const seconds = (when - now) / 1000;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  return unit ? relative.format(Math.round(seconds / unit[1]), unit[0]) : relative.format(0, "second");
}

/** Turn every <time> below `root` from the server's UTC into the reader's own words. */
export function tellTimes(root = document) {
  for (const element of root.querySelectorAll?.("time[datetime]") ?? []) {
    const when = new Date(element.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    element.textContent = ago(when.getTime());
    element.title = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(when);
  }
}

/** The name of a language code (`deu`, `en`) in the reader's language. */
export function languageName(code) {
  if (!code || code === "und") return t("js.language_unknown");
  try {
    return new Intl.DisplayNames(locale, { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
