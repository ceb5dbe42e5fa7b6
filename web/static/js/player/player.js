// The film itself: opening a session, playing it, keeping it going when something breaks, and leaving it.

import { clock, t } from "../words.js";
import { abilities } from "./abilities.js";
import { firstChoice } from "./captions.js";
import { Session } from "./session.js";

const TRIES = 4;
const ENDED = ["viewing_stopped", "viewing_stopped_because", "viewing_moved"];
const UP_NEXT = 15;
const CALM = 60_000;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const KEPT_VOLUME = "revenge_volume";

export class Player {
  /** `job` says what to play; `parts` are the video element, source, captions, screen. */
  constructor(job, { video, source, captions, screen, origins, taste }) {
    Object.assign(this, { job, video, source, captions, screen, origins, taste });
    this.speeds = SPEEDS;
    this.session = null;
    this.failures = [];
    this.file = { audio: [], facts: [] };
    this.audio = -1;
    this.client = abilities(video);
    this.isRemote = matchMedia("(hover: none) and (pointer: none), (hover: none) and (min-width: 1200px)").matches;
    this.onChange = () => {};
    source.onFail = (kind, detail) => this.recover(kind, detail);
    this.restoreVolume();
    this.follow();
  }

  /** Seconds; what the server measured before the browser knows. */
  get length() {
    const measured = this.video.duration;
    return Number.isFinite(measured) && measured > 0 ? measured : (this.session?.facts.duration_ms ?? 0) / 1000;
  }

  get position() {
    return this.source.mode === "none" || !this.video.readyState ? (this.wanted ?? 0) : this.video.currentTime;
  }

  get controlsShown() {
    return this.screen.awake;
  }

  /** Begin: at `start` seconds, or where this person left off; `taken` is a session of theirs that runs on another device. */
  async begin(start, taken) {
    this.screen.waiting(true);
    try {
      const session = taken
        ? await Session.takeOver(taken, this.client, this.origins)
        : await Session.open(this.job, this.client, start === undefined ? undefined : start * 1000, this.origins);
      const resumed = start === undefined ? session.facts.resume_ms / 1000 : start;
      await this.take(session, resumed);
      return resumed;
    } catch (error) {
      this.lost(error.message, error.requestId);
      return 0;
    }
  }

  async take(session, seconds) {
    this.session?.stop();
    this.session = session;
    this.captions.load(session.facts, () => this.origins.prefix);
    this.know(session.facts);
    this.captions.choose(firstChoice(this.captions.tracks, this.taste.kept.subtitle_language, this.file.audio[this.audio]?.language));
    session.onGone = (error) => this.gone(error);
    session.beat(() => this.position * 1000, () => this.video.paused);
    const isOther = this.audio !== this.usualAudio;
    await this.attach(session.facts.direct_url && !isOther ? "direct" : "hls", seconds);
  }

  /** Learn which of the film's files the session plays, and its sound tracks in the order of the stream. */
  know(facts) {
    const known = this.job.files[facts.file_id] ?? Object.values(this.job.files)[0] ?? this.file;
    const audio = facts.audio?.map((track) => ({ ...track, ...known.audio.find((one) => one.index === track.index) })) ?? known.audio;
    this.file = { ...known, audio };
    this.usualAudio = Math.max(0, audio.findIndex((track) => track.default));
    const liked = audio.findIndex((track) => track.language && track.language === this.taste.kept.audio_language);
    const usual = audio[this.usualAudio]?.language === this.taste.kept.audio_language || liked < 0 ? this.usualAudio : liked;
    if (this.audio < 0) this.audio = usual;
  }

  async attach(mode, seconds) {
    this.wanted = seconds;
    this.screen.waiting(true);
    this.source.audio = this.audio;
    await this.source.attach(this.session.facts, mode, seconds);
    this.video.playbackRate = this.rate ?? 1;
    this.onChange();
    this.play();
  }

  /** Something broke. Another way of sending, another node, a new session; then words. */
  async recover(kind, detail) {
    const [at, now] = [this.position, performance.now()];
    this.failures = [...this.failures.filter((when) => now - when < CALM), now];
    const tries = this.failures.length;
    if (tries > TRIES + this.origins.list.length - 1) return this.lost(t(`player.error.${kind}`), detail);
    if (kind === "media" && this.source.mode === "direct") return this.attach("hls", at);
    if (kind === "network" && tries < this.origins.list.length) return this.attach(this.source.mode, at);
    const why = kind === "expired" && !this.session.closed ? await this.session.why(at * 1000) : null;
    if (ENDED.includes(why?.code)) return this.ended(why);
    this.screen.waiting(true);
    await new Promise((done) => setTimeout(done, 500 * 2 ** (tries - 1)));
    return this.begin(at);
  }

  /** The server knows the session no more: somebody ended it, or it was too long ago. */
  gone(error) {
    return ENDED.includes(error.code) ? this.ended(error) : this.recover("expired", "");
  }

  /** Somebody ended it on purpose: say so, and begin nothing. */
  ended(error) {
    this.source.detach();
    this.session?.stop();
    document.exitPictureInPicture?.().catch(() => {});
    const moved = error.code === "viewing_moved";
    const again = moved ? { button: t("player.here"), again: () => this.begin() } : {};
    this.screen.panel({ title: t(moved ? "player.moved" : "player.stopped"), text: moved ? "" : error.message, sign: moved ? "check" : "alert", ...again });
  }

  lost(text, detail = "") {
    this.source.detach();
    this.session?.stop();
    const at = this.position;
    this.failures = [];
    this.screen.panel({ title: t("player.error"), text, detail, button: t("player.again"), again: () => this.begin(at) });
  }

  /** Report what happens to the video, and show it. */
  follow() {
    const { video, screen } = this;
    const tell = (state) => this.session?.report(this.position * 1000, state);
    video.addEventListener("pause", () => !video.ended && this.source.mode !== "none" && tell("paused"));
    video.addEventListener("seeked", () => video.readyState && tell(video.paused ? "paused" : "playing"));
    video.addEventListener("ended", () => this.finish());
    for (const name of ["waiting", "seeking", "stalled"]) video.addEventListener(name, () => !video.paused && screen.waiting(true));
    for (const name of ["playing", "canplay", "seeked", "timeupdate"]) video.addEventListener(name, () => screen.waiting(false));
    video.addEventListener("volumechange", () => localStorage.setItem(KEPT_VOLUME, JSON.stringify([video.volume, video.muted])));
    addEventListener("pagehide", () => this.position > 0 && this.session?.report(this.position * 1000, "stopped", true));
    addEventListener("pageshow", (event) => event.persisted && this.begin(this.position));
  }

  async finish() {
    const { next } = this.session?.facts ?? {};
    await this.session?.close(this.length * 1000);
    if (next) return this.upNext(next);
    return this.screen.panel({ title: t("player.ended"), text: this.job.title, button: t("player.watch_again"), again: () => this.begin(0), sign: "check" });
  }

  /** What comes next begins by itself after a while, unless somebody leaves. */
  upNext({ item, title }) {
    const go = () => location.assign(`/watch/${item.kind}/${item.id}?start=0`);
    const show = (left) => this.screen.panel({ title: t("player.next"), text: title, detail: t("player.next_in", { seconds: left }), button: t("player.play_next"), again: go, sign: "play" });
    let left = UP_NEXT;
    show(left);
    const timer = setInterval(() => (--left > 0 ? this.screen.say(t("player.next_in", { seconds: left })) : (clearInterval(timer), go())), 1000);
  }

  async play() {
    try {
      await this.video.play();
      this.screen.bigPlay(false);
    } catch (error) {
      if (error.name !== "NotAllowedError") return; // a new source came in between, or the error event tells
      this.screen.waiting(false);
      this.screen.bigPlay(true);
    }
  }

  pause() {
    this.video.pause();
  }

  toggle() {
    if (this.video.paused) this.play();
    else this.pause();
    this.screen.flash(this.video.paused ? "pause" : "play");
  }

  seekTo(seconds) {
    const to = Math.max(0, Math.min(seconds, Math.max(0, this.length - 0.5)));
    this.wanted = to;
    this.video.currentTime = to;
    this.onChange();
  }

  skip(seconds) {
    this.seekTo(this.position + seconds);
    this.screen.flash(seconds < 0 ? "back10" : "forward10", clock(this.position * 1000));
  }

  /** One frame back or on, while paused. */
  step(frames) {
    if (this.video.paused) this.seekTo(this.position + frames / (this.file.frame_rate || 25));
  }

  louder(by) {
    this.video.muted = false;
    this.video.volume = Math.max(0, Math.min(1, this.video.volume + by));
    this.screen.flash(this.video.volume ? "volume" : "mute", `${Math.round(this.video.volume * 100)} %`);
  }

  mute() {
    this.video.muted = !this.video.muted;
    this.screen.flash(this.video.muted ? "mute" : "volume");
  }

  restoreVolume() {
    try {
      [this.video.volume, this.video.muted] = JSON.parse(localStorage.getItem(KEPT_VOLUME)) ?? [1, false];
    } catch {
      localStorage.removeItem(KEPT_VOLUME);
    }
  }

  setSpeed(rate) {
    this.rate = rate;
    this.video.playbackRate = rate;
    this.screen.flash("gauge", `${rate}×`);
  }

  faster(by) {
    const at = SPEEDS.indexOf(this.video.playbackRate);
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, (at < 0 ? 2 : at) + by))]);
  }

  /** Another sound track: at once in a stream, by way of a stream from a file. */
  chooseAudio(place) {
    this.audio = place;
    this.taste.set({ audio_language: this.file.audio[place]?.language ?? null });
    if (this.source.switchable) this.source.chooseAudio(place);
    else this.attach("hls", this.position);
    this.onChange();
  }

  /** Subtitles so many ms later, or earlier. */
  delaySubtitles(ms) {
    this.captions.delayBy(ms);
    this.screen.flash("subtitles", t("player.delay_by", { ms }));
  }

  nextSubtitle() {
    const { tracks, current } = this.captions;
    if (!tracks.length) return this.screen.flash("subtitles", t("player.no_subtitles"));
    const next = current + 1 < tracks.length ? current + 1 : -1;
    this.captions.choose(next, true);
    return this.screen.flash("subtitles", next < 0 ? t("player.off") : this.subtitleName(this.captions.tracks[next]));
  }

  async fullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (document.documentElement.requestFullscreen) await document.documentElement.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
    else this.video.webkitEnterFullscreen?.();
  }

  async pip() {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await this.video.requestPictureInPicture?.().catch(() => {});
  }

  wake() {
    this.screen.wake();
  }

  focusTools(key) {
    this.screen.root.querySelector(key === "ArrowUp" ? "#seek-bar" : "#play").focus();
  }

  escape() {
    if (document.fullscreenElement) return false;
    this.leave();
    return true;
  }

  /** Go back to the film's page; the server is told first, but nobody waits long for it. */
  async leave() {
    const at = this.position;
    this.pause();
    const told = this.session ? this.session.close(at * 1000) : null;
    await Promise.race([told, new Promise((done) => setTimeout(done, 1200))]);
    this.session = null;
    location.assign(this.job.back);
  }
}
