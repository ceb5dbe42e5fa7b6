// What lies on the picture: controls that come and go, flashes, the waiting ring, the panel for what went wrong.

import { icon } from "../notices.js";

const QUIET_AFTER = 3000;

export class Screen {
  /** `stays()` says whether the controls must stay: while paused, or while a menu is open. */
  constructor(root, stays) {
    this.root = root;
    this.stays = stays;
    this.find = (id) => root.querySelector(`#${id}`);
    for (const name of ["pointermove", "pointerdown", "focusin", "touchstart"]) root.addEventListener(name, () => this.wake(), { passive: true });
    root.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.rest());
    this.wake();
  }

  get awake() {
    return !this.root.classList.contains("quiet");
  }

  /** Show the controls for a while. */
  wake() {
    this.root.classList.remove("quiet");
    this.waited = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), QUIET_AFTER);
  }

  /** Hide the controls, unless something keeps them; who walks in them by keyboard has longer. */
  rest() {
    const walking = this.root.querySelector(".player-bottom :focus-visible, .player-top :focus-visible");
    const held = this.stays() || this.root.querySelector(".scrub input:active");
    if (held || (walking && !this.waited)) {
      this.waited = !held;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.rest(), QUIET_AFTER * 2);
      return;
    }
    this.waited = false;
    if (walking) this.root.focus({ preventScroll: true });
    this.root.classList.add("quiet");
  }

  /** A sign in the middle for a moment: what a key just did. */
  flash(name, words = "") {
    const flash = this.find("flash");
    flash.replaceChildren(icon(name), words);
    flash.classList.remove("on");
    void flash.offsetWidth; // begins the animation anew
    flash.classList.add("on");
  }

  waiting(on) {
    clearTimeout(this.waitTimer);
    if (!on) this.find("wait").hidden = true;
    else this.waitTimer = setTimeout(() => (this.find("wait").hidden = false), 250);
  }

  bigPlay(on) {
    this.find("big-play").hidden = !on;
  }

  swapIcon(id, name, label) {
    const button = this.find(id);
    button.querySelector("use").setAttribute("href", `${document.body.dataset.icons}#${name}`);
    button.setAttribute("aria-label", label);
  }

  /** Say what went wrong, or that the film is over; `again` is what the button does, where there is one. */
  panel({ title, text, detail = "", button = "", again, sign = "alert" }) {
    const panel = this.find("panel");
    this.find("panel-title").textContent = title;
    this.find("panel-text").textContent = text;
    this.find("panel-detail").textContent = detail;
    panel.querySelector("use").setAttribute("href", `${document.body.dataset.icons}#${sign}`);
    this.find("panel-again").textContent = button;
    this.find("panel-again").hidden = !button;
    this.find("panel-again").onclick = () => {
      panel.hidden = true;
      again();
    };
    panel.hidden = false;
    this.waiting(false);
    this.bigPlay(false);
    this.find(button ? "panel-again" : "panel-leave").focus();
  }

  /** Change the panel's small print. */
  say(detail) {
    this.find("panel-detail").textContent = detail;
  }

  hidePanel() {
    this.find("panel").hidden = true;
  }
}
