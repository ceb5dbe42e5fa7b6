// Arrow keys move the focus to what lies in that direction: for remotes, and for people without a mouse.

const REACHABLE = 'a[href], button:not(:disabled), input:not(:disabled, [type="hidden"]), select:not(:disabled), summary, [tabindex="0"]';
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function visible(element) {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && element.checkVisibility?.() !== false;
}

/** How far `to` lies from `from` in a direction; Infinity when it does not lie that way. */
export function distance(from, to, [dx, dy]) {
  const gap = dx ? (dx > 0 ? to.left - from.right : from.left - to.right) : dy > 0 ? to.top - from.bottom : from.top - to.bottom;
  if (gap < -0.5 * Math.min(dx ? from.width : from.height, dx ? to.width : to.height)) return Infinity;
  const centre = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  const [fx, fy] = centre(from);
  const [tx, ty] = centre(to);
  if ((dx && (tx - fx) * dx <= 0) || (dy && (ty - fy) * dy <= 0)) return Infinity;
  const overlap = dx ? Math.min(from.bottom, to.bottom) - Math.max(from.top, to.top) : Math.min(from.right, to.right) - Math.max(from.left, to.left);
  const aside = overlap > 0 ? 0 : -overlap;
  const drift = dx ? Math.abs(ty - fy) : Math.abs(tx - fx);
  return Math.max(0, gap) + aside * 4 + drift * 0.2;
}

/** The nearest reachable element in a direction, inside `scope`. */
export function nearest(from, way, scope = document) {
  const origin = from.getBoundingClientRect();
  let best = null;
  let least = Infinity;
  for (const element of scope.querySelectorAll(REACHABLE)) {
    if (element === from || element.tabIndex < 0 || from.contains(element) || !visible(element)) continue;
    const far = distance(origin, element.getBoundingClientRect(), way);
    if (far < least) [best, least] = [element, far];
  }
  return best;
}

function writes(element, key) {
  if (element.isContentEditable || element.tagName === "TEXTAREA" || element.tagName === "SELECT") return true;
  if (element.tagName !== "INPUT") return false;
  if (["radio", "range"].includes(element.type)) return true;
  return !["checkbox", "button", "submit"].includes(element.type) && (key === "ArrowLeft" || key === "ArrowRight");
}

/** Let arrows walk; returns the function that stops it. */
export function walkByArrows() {
  const onKey = (event) => {
    const way = WAYS[event.key];
    if (!way || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const here = document.activeElement;
    const scope = here?.closest("dialog") ?? document;
    if (!here || here === document.body) {
      if (event.key === "ArrowUp" || !document.body.matches(".tv")) return;
      document.querySelector("main .card, main .resume, main a[href], main button")?.focus();
    } else if (writes(here, event.key)) {
      return;
    } else {
      const next = nearest(here, way, scope);
      if (!next) return;
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
