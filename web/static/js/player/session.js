// A playback session on the server: opened or taken over, told how far one is, closed.

import { call } from "../api.js";

const EVERY = 8000;
const GONE = [401, 404, 410];

export class Session {
  /** Ask for a session; `start` in ms begins elsewhere than where one left off. `origins` are the nodes that reports may go to. */
  static async open(job, client, start, origins) {
    const body = { item: job.item, client };
    if (job.file_id) body.file_id = job.file_id;
    if (start !== undefined) body.start_ms = Math.max(0, Math.floor(start));
    return new Session(await call("POST", "/api/v1/playback/sessions", body), origins);
  }

  /** Go on here with what runs on another device of one's own. */
  static async takeOver(id, client, origins) {
    return new Session(await call("POST", `/api/v1/playback/sessions/${id}/transfer`, { client }), origins);
  }

  constructor(facts, origins) {
    this.facts = facts;
    this.origins = origins;
    this.closed = false;
    this.onGone = () => {};
    origins.know(facts.alternates ?? []);
  }

  /** Report every few seconds while `position()` moves; it is the heartbeat, too, so a pause is told now and then. */
  beat(position, paused) {
    clearInterval(this.timer);
    const beat = () => this.report(position(), paused() ? "paused" : "playing");
    this.timer = setInterval(beat, EVERY);
    this.events = new EventSource("/api/v1/events");
    this.events.addEventListener("playback.stopped", (event) => JSON.parse(event.data).session_id === this.facts.id && beat());
  }

  /** Tell where one is; a session the server no longer knows calls `onGone` with the reason. */
  async report(position, state, leaving = false) {
    if (this.closed) return;
    if (state === "stopped") this.stop();
    const body = { position_ms: Math.max(0, Math.floor(position)), state };
    try {
      await this.send(body, { quiet: true, keepalive: leaving });
    } catch (error) {
      if (GONE.includes(error.status) && state !== "stopped" && !this.closed) {
        this.stop();
        this.onGone(error);
      }
    }
  }

  /** To the node that answers, else to the others in turn. */
  async send(body, options) {
    for (let left = this.origins.list.length; ; left -= 1) {
      const { here, prefix } = this.origins;
      try {
        return await call("POST", prefix + this.facts.progress_url, body, options);
      } catch (error) {
        if (error.status || left <= 1) throw error;
        this.origins.leave(here);
      }
    }
  }

  /** Why the server knows this session no more: a Problem; null when it does. */
  async why(position) {
    try {
      await this.send({ position_ms: Math.max(0, Math.floor(position)), state: "paused" }, { quiet: true });
      return null;
    } catch (error) {
      return error;
    }
  }

  /** No more heartbeats. */
  stop() {
    clearInterval(this.timer);
    this.events?.close();
    this.closed = true;
  }

  /** Say good-bye: the position first, then the session. */
  async close(position) {
    if (!this.closed) await this.report(position, "stopped");
    await call("DELETE", `/api/v1/playback/sessions/${this.facts.id}`, undefined, { quiet: true, keepalive: true }).catch(() => {});
  }
}
