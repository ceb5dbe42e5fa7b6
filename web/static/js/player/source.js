// Brings the session's bytes into the video element: as a file, or as HLS, from this node or from another one.

import { playsHlsItself } from "./abilities.js";
import { loaderOver } from "./origins.js";

const DOUBT = 1500;
const PATIENCE = { manifestLoadPolicy: 20_000, playlistLoadPolicy: 20_000, fragLoadPolicy: 60_000 };

export class Source {
  /** `vendor` are the addresses of hls.js and its worker, `origins` the nodes to ask; `onFail(kind, detail)` hears of what cannot be mended here. */
  constructor(video, vendor, origins) {
    this.video = video;
    this.vendor = vendor;
    this.origins = origins;
    this.onFail = () => {};
    this.hls = null;
    this.mode = "none";
    this.audio = 0;
    video.addEventListener("error", () => this.mode !== "none" && !this.hls && this.failed());
    for (const name of ["waiting", "stalled", "seeking"]) video.addEventListener(name, () => this.doubt());
  }

  /** Begin at a position: `mode` is "direct" or "hls". */
  async attach(session, mode, seconds) {
    this.detach();
    const generation = (this.generation = (this.generation ?? 0) + 1);
    const origin = this.origins.prefix;
    this.mode = mode;
    this.video.crossOrigin = this.origins.several ? "anonymous" : null; // subtitles may come from elsewhere later
    if (mode === "direct" || playsHlsItself(this.video)) {
      this.asked = this.origins.here;
      this.video.src = origin + (mode === "direct" ? session.direct_url : session.hls_url);
      this.startAt(seconds);
      return;
    }
    const { default: Hls } = await import(this.vendor.hls);
    if (generation !== this.generation) return;
    this.hls = new Hls(this.config(Hls, seconds));
    this.hls.on(Hls.Events.ERROR, (_, data) => data.fatal && this.mend(Hls, data));
    this.hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => this.chooseAudio(this.audio));
    this.hls.loadSource(origin + session.hls_url);
    this.hls.attachMedia(this.video);
  }

  config(Hls, seconds) {
    const config = {
      startPosition: seconds, workerPath: this.vendor.worker, backBufferLength: 60, maxBufferLength: 40, maxMaxBufferLength: 120,
      loader: loaderOver(Hls.DefaultConfig.loader, this.origins), renderTextTracksNatively: false, enableWebVTT: false, enableCEA708Captions: false, nudgeMaxRetry: 8,
    };
    for (const [name, ms] of Object.entries(PATIENCE)) {
      const usual = Hls.DefaultConfig[name].default;
      config[name] = { default: { ...usual, maxTimeToFirstByteMs: ms, maxLoadTimeMs: ms * 3, errorRetry: { ...usual.errorRetry, maxNumRetry: 2 }, timeoutRetry: { ...usual.timeoutRetry, maxNumRetry: 1 } } };
    }
    return config;
  }

  /** Go to a position as soon as the file's header is known. */
  startAt(seconds) {
    if (!seconds) return;
    const go = () => (this.video.currentTime = seconds);
    if (this.video.readyState >= 1) go();
    else this.video.addEventListener("loadedmetadata", go, { once: true });
  }

  /** One try to mend what the decoder stumbled over; everything else is for whoever knows other nodes and sessions. */
  mend(Hls, data) {
    const now = performance.now();
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !(now - this.mended < 10_000)) {
      this.mended = now;
      this.hls.recoverMediaError();
      return;
    }
    const status = data.response?.code ?? 0;
    const expired = [401, 403, 404, 410].includes(status);
    const kind = expired ? "expired" : data.type === Hls.ErrorTypes.NETWORK_ERROR ? "network" : "media";
    this.onFail(kind, `${data.details}${status ? ` (${status})` : ""}`);
  }

  /** A file that does not come may have lost its node; the browser itself tries for long before it says so. */
  async doubt() {
    const { asked } = this;
    if (this.mode !== "direct" || !this.origins.several || this.doubting) return;
    this.doubting = true;
    await new Promise((done) => setTimeout(done, DOUBT));
    const waits = () => this.mode === "direct" && this.asked === asked && this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    const gone = waits() && !(await this.origins.answers(asked)) && waits();
    this.doubting = false;
    if (!gone) return;
    this.origins.leave(asked);
    this.onFail("network", "");
  }

  /** A file failed: find out whether it may not be had any more, cannot be reached, or cannot be played. */
  async failed() {
    const { code, message } = this.video.error ?? {};
    const detail = message || `MediaError ${code}`;
    if (code === MediaError.MEDIA_ERR_DECODE) return this.onFail("media", detail);
    const answer = await fetch(this.video.src, { method: "HEAD" }).catch(() => null);
    if (!answer || answer.status >= 500) {
      this.origins.leave(this.asked);
      return this.onFail("network", detail);
    }
    return this.onFail(answer.ok ? "media" : "expired", detail);
  }

  /** Sound tracks the stream offers by itself; a file in the browser offers none. */
  get switchable() {
    return Boolean(this.hls);
  }

  /** Take the sound track of this place in the file's list. */
  chooseAudio(place) {
    this.audio = place;
    if (this.hls && place < this.hls.audioTracks.length && this.hls.audioTrack !== place) this.hls.audioTrack = place;
  }

  detach() {
    this.mode = "none";
    this.hls?.destroy();
    this.hls = null;
    if (this.video.hasAttribute("src")) {
      this.video.removeAttribute("src");
      this.video.load();
    }
  }
}
