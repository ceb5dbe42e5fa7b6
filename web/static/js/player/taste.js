// What a person chose while watching: kept by the server, for all their devices.

import { call } from "../api.js";

const SOON = 800;
const PATH = "/api/v1/playback/preferences";

export class Taste {
  /** `kept` is what the server knows. */
  constructor(kept) {
    this.kept = kept;
    addEventListener("pagehide", () => this.timer && this.send());
  }

  /** Change some of it; told to the server soon. */
  set(changes) {
    Object.assign(this.kept, changes);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), SOON);
  }

  send() {
    clearTimeout(this.timer);
    this.timer = 0;
    call("PUT", PATH, this.kept, { quiet: true, keepalive: true }).catch(() => {}); // the next choice tells all of it again
  }

  /** How many ms later than they say a file's subtitles are shown. */
  delayOf(file) {
    return this.kept.subtitle_delays.find((delay) => delay.file_id === file)?.ms ?? 0;
  }

  setDelay(file, ms) {
    const others = this.kept.subtitle_delays.filter((delay) => delay.file_id !== file);
    this.set({ subtitle_delays: ms ? [...others, { file_id: file, ms }] : others });
  }
}
