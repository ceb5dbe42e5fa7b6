// The line of time: played, buffered, and what lies under the pointer.

import { clock } from "../words.js";

export class Scrub {
  /** `onSeek(seconds)` is called when a person lets go. */
  constructor(video, root, onSeek) {
    this.video = video;
    this.root = root;
    this.bar = root.querySelector("input");
    this.tip = root.querySelector("output");
    this.line = root.querySelector(".scrub-line");
    this.length = 0;
    this.held = false;
    this.bar.addEventListener("input", () => {
      this.held = true;
      this.paint(this.bar.value / 1000);
      this.point(this.bar.value / 1000);
    });
    this.bar.addEventListener("change", () => {
      this.held = false;
      onSeek(this.bar.value / 1000);
    });
    root.addEventListener("pointermove", (event) => {
      const box = this.line.getBoundingClientRect();
      this.point(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.length);
    });
    root.addEventListener("pointerleave", () => this.line.style.setProperty("--ghost", 0));
  }

  /** Tell how long the film is, in seconds. */
  setLength(seconds) {
    if (!Number.isFinite(seconds) || seconds <= 0) return;
    this.length = seconds;
    this.bar.max = Math.round(seconds * 1000);
  }

  /** Show where the film is. */
  update() {
    if (!this.held) this.paint(this.video.currentTime);
    this.line.style.setProperty("--ranges", ranges(this.video.buffered, this.length));
  }

  paint(seconds) {
    this.line.style.setProperty("--played", this.length ? seconds / this.length : 0);
    this.bar.value = Math.round(seconds * 1000);
    this.bar.setAttribute("aria-valuetext", `${clock(seconds * 1000)} / ${clock(this.length * 1000)}`);
  }

  point(seconds) {
    const share = this.length ? seconds / this.length : 0;
    this.line.style.setProperty("--ghost", share);
    this.tip.style.setProperty("--tip", `clamp(1.8rem, ${share * 100}%, calc(100% - 1.8rem))`);
    this.tip.textContent = clock(seconds * 1000);
  }
}

/** Buffered stretches as one CSS gradient. */
export function ranges(buffered, length) {
  if (!length || !buffered.length) return "none";
  const stops = [];
  for (let i = 0; i < buffered.length; i += 1) {
    const [from, to] = [buffered.start(i), buffered.end(i)].map((seconds) => `${((100 * seconds) / length).toFixed(2)}%`);
    stops.push(`#0000 ${from}`, `#fff ${from}`, `#fff ${to}`, `#0000 ${to}`);
  }
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
