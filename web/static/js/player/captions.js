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

/** Whether a cue asks for the top of the picture, as signs and second speakers do. */
const isHigh = ({ line, snapToLines }) => typeof line === "number" && (snapToLines ? line >= 0 && line < 6 : line < 40);

export class Captions {
  /** `places` are the boxes at the foot and at the head of the picture, `taste` knows which tongue a person chose and how they like it to look, `drawers` draw formats that are no WebVTT. */
  constructor(video, places, taste, drawers) {
    this.video = video;
    this.places = places;
    this.taste = taste;
    this.drawers = drawers;
    this.tracks = [];
    this.elements = [];
    this.current = -1;
    document.addEventListener("fullscreenchange", () => this.apply());
    video.addEventListener("webkitbeginfullscreen", () => this.apply(true));
    video.addEventListener("webkitendfullscreen", () => this.apply());
    video.addEventListener("enterpictureinpicture", () => this.apply(true));
    video.addEventListener("leavepictureinpicture", () => this.apply());
  }

  /** Take a session's subtitles. `origin()` says which node is asked. */
  load(session, origin) {
    this.file = session.file_id;
    this.fonts = session.fonts_url;
    this.elements.forEach((element) => element.remove());
    this.tracks = session.subtitles.filter((track) => track.url).map((track) => ({ ...track, drawer: this.drawers[track.format] }));
    this.elements = this.tracks.map((track) => {
      const element = document.createElement("track");
      Object.assign(element, { kind: "subtitles", srclang: track.language ?? "", label: track.title ?? track.language ?? "" });
      element.addEventListener("load", () => this.shift(element));
      return element;
    });
    this.video.append(...this.elements.filter((_, index) => this.tracks[index].plain_url));
    this.hideDrawn();
    this.origin = origin;
    this.current = -1;
  }

  /** Show a track (-1: none); `keep` remembers it as the person's choice. */
  choose(index, keep = false) {
    this.current = index;
    if (keep) this.taste.set({ subtitle_language: index < 0 ? "off" : this.tracks[index].language ?? "off" });
    this.hideDrawn();
    this.draw(index);
    this.apply();
  }

  /** Draw a track that is no WebVTT. One that cannot be drawn shows its words alone where it has some; the film goes on in any case. */
  async draw(index) {
    const track = this.tracks[index];
    if (!track?.drawer) return;
    try {
      await track.drawer.show(this.origin() + track.url, this.delay / 1000, this.origin() + this.fonts);
    } catch {
      track.drawer.hide();
      track.drawer = undefined;
      if (this.current === index) this.apply();
    }
  }

  hideDrawn() {
    Object.values(this.drawers).forEach((drawer) => drawer.hide());
  }

  get delay() {
    return this.taste.delayOf(this.file);
  }

  /** Show this file's subtitles so many ms later than they say; below zero: earlier. */
  delayBy(ms) {
    this.taste.setDelay(this.file, ms);
    this.elements.forEach((element) => this.shift(element));
    this.tracks[this.current]?.drawer?.delayBy(ms / 1000);
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
    const { subtitle_background: background, subtitle_color: color, subtitle_position: position, subtitle_size: size } = this.taste.kept;
    for (const place of Object.values(this.places)) {
      Object.assign(place.dataset, { background, color, position });
      place.style.setProperty("--size", size / 100);
    }
    if (changes) this.apply();
  }

  apply(natively = false) {
    this.dress();
    this.elements.forEach((element, index) => {
      const { drawer, plain_url: words } = this.tracks[index];
      const shown = index === this.current && words && (natively || !drawer);
      if (shown && !element.src) element.src = this.origin() + words;
      element.track.mode = shown ? (natively ? "showing" : "hidden") : "disabled";
      element.track.oncuechange = shown && !natively ? () => this.write(element.track) : null;
    });
    this.clear();
    if (this.current >= 0 && !natively && !this.tracks[this.current].drawer) this.write(this.elements[this.current].track);
  }

  clear() {
    Object.values(this.places).forEach((place) => place.replaceChildren());
  }

  write(track) {
    this.clear();
    for (const cue of track.activeCues ?? []) {
      const line = document.createElement("span");
      line.append(cue.getCueAsHTML());
      const high = isHigh(cue) || this.taste.kept.subtitle_position === "top";
      this.places[high ? "head" : "foot"].append(line);
    }
  }
}
