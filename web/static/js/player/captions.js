// Subtitles: WebVTT tracks of the session, drawn by ourselves so that they move out of the controls' way.

/** Which track to begin with: the kept choice, else a forced one in the sound's language, else a default one, else none (-1). */
export function firstChoice(tracks, choice, soundLanguage) {
  if (choice && choice !== "off") {
    const wanted = tracks.findIndex((track) => track.language === choice && !track.forced);
    if (wanted >= 0) return wanted;
  }
  const forced = tracks.findIndex((track) => track.forced && (!soundLanguage || !track.language || track.language === soundLanguage));
  if (forced >= 0 || choice === "off") return forced;
  return tracks.findIndex((track) => track.default && !track.forced);
}

export class Captions {
  /** `taste` knows which tongue a person chose, and how they like it to look; `drawn` draws those that are pictures. */
  constructor(video, place, taste, drawn) {
    this.video = video;
    this.place = place;
    this.taste = taste;
    this.drawn = drawn;
    this.tracks = [];
    this.current = -1;
    document.addEventListener("fullscreenchange", () => this.apply());
    video.addEventListener("webkitbeginfullscreen", () => this.apply(true));
    video.addEventListener("webkitendfullscreen", () => this.apply());
    video.addEventListener("enterpictureinpicture", () => this.apply(true));
    video.addEventListener("leavepictureinpicture", () => this.apply());
  }

  /** Take a session's subtitles. `origin()` says which node is asked. */
  load(subtitles, origin, file) {
    this.file = file;
    this.video.querySelectorAll("track").forEach((track) => track.remove());
    this.tracks = subtitles.filter((track) => track.url);
    this.elements = this.tracks.map((track) => {
      const element = document.createElement("track");
      Object.assign(element, { kind: "subtitles", srclang: track.language ?? "", label: track.title ?? track.language ?? "" });
      element.dataset.src = track.url;
      element.addEventListener("load", () => this.shift(element));
      return element;
    });
    this.video.append(...this.elements.filter((_, index) => !this.isDrawn(index)));
    this.drawn.hide();
    this.origin = origin;
    this.current = -1;
  }

  /** Show a track (-1: none); `keep` remembers it as the person's choice. */
  choose(index, keep = false) {
    this.current = index;
    if (keep) this.taste.set({ subtitle_language: index < 0 ? "off" : this.tracks[index].language ?? "off" });
    const element = this.elements[index];
    if (this.isDrawn(index)) this.drawn.show(this.origin() + element.dataset.src, this.delay / 1000);
    else this.drawn.hide();
    if (element && !this.isDrawn(index) && !element.src) element.src = this.origin() + element.dataset.src;
    this.apply();
  }

  isDrawn(index) {
    return this.tracks[index] !== undefined && this.tracks[index].format !== "webvtt";
  }

  get delay() {
    return this.taste.delayOf(this.file);
  }

  /** Show this file's subtitles so many ms later than they say; below zero: earlier. */
  delayBy(ms) {
    this.taste.setDelay(this.file, ms);
    this.elements.forEach((element) => this.shift(element));
    this.drawn.delayBy(ms / 1000);
    this.apply();
  }

  shift(element) {
    const by = this.delay / 1000;
    for (const cue of [...(element.track.cues ?? [])]) {
      cue.said ??= [cue.startTime, cue.endTime];
      [cue.startTime, cue.endTime] = cue.said.map((time) => Math.max(0, time + by));
    }
  }

  /** Look as the person likes it. */
  dress(changes) {
    if (changes) this.taste.set(changes);
    this.place.dataset.background = this.taste.kept.subtitle_background;
    this.place.style.setProperty("--size", this.taste.kept.subtitle_size / 100);
  }

  apply(natively = false) {
    this.dress();
    this.elements?.forEach((element, index) => {
      const chosen = index === this.current;
      element.track.mode = chosen ? (natively ? "showing" : "hidden") : "disabled";
      element.track.oncuechange = chosen && !natively ? () => this.draw(element.track) : null;
    });
    this.place.replaceChildren();
    if (this.current >= 0 && !natively) this.draw(this.elements[this.current].track);
  }

  draw(track) {
    this.place.replaceChildren(
      ...[...(track.activeCues ?? [])].map((cue) => {
        const line = document.createElement("span");
        line.append(cue.getCueAsHTML());
        return line;
      }),
    );
  }
}
