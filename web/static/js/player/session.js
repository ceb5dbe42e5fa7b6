// A playback session on the server: opened, told how far one is, closed.

import { call, signed } from "../api.js";

const EVERY = 8000;

export class Session {
  /** Ask for a session; `start` in ms begins elsewhere than where one left off. */
  static async open(job, client, start) {
    const body = { item: job.item, client };
    if (job.file_id) body.file_id = job.file_id;
    if (start !== undefined) body.start_ms = Math.max(0, Math.floor(start));
    return new Session(await call("POST", "/api/v1/playback/sessions", body));
  }

  constructor(facts) {
    this.facts = facts;
    this.path = `/api/v1/playback/sessions/${facts.id}`;
    this.closed = false;
    this.onGone = () => {};
  }

  /** Report every few seconds while `position()` moves; it is the heartbeat, too, so a pause is told now and then. */
  beat(position, paused) {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.report(position(), paused() ? "paused" : "playing"), EVERY);
  }

  /** Tell where one is; a session the server no longer knows calls `onGone`. */
  async report(position, state, leaving = false) {
    if (this.closed) return;
    if (state === "stopped") this.stop();
    const body = { position_ms: Math.max(0, Math.floor(position)), state };
    if (leaving) {
      fetch(`${this.path}/progress`, { method: "POST", keepalive: true, credentials: "same-origin", headers: { "Content-Type": "application/json", ...signed() }, body: JSON.stringify(body) }).catch(() => {});
      return;
    }
    try {
      await call("POST", `${this.path}/progress`, body, { quiet: true });
    } catch (error) {
      if ([401, 404, 410].includes(error.status) && state !== "stopped") {
        this.stop();
        this.onGone(error);
      }
    }
  }

  /** No more heartbeats. */
  stop() {
    clearInterval(this.timer);
    this.closed = true;
  }

  /** Say good-bye: the position first, then the session. */
  async close(position) {
    if (!this.closed) await this.report(position, "stopped");
    await call("DELETE", this.path, undefined, { quiet: true, keepalive: true }).catch(() => {});
  }
}
