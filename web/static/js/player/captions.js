// Subtitles: WebVTT tracks of the session, drawn by ourselves so that they move out of the controls' way.

const KEPT = "revenge_subtitles";

/** What a person last chose: a language, "off", or null when they never chose. */
export const lastChoice = () => localStorage.getItem(KEPT);

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
  constructor(video, place) {
    this.video = video;
    this.place = place;
    this.tracks = [];
    this.current = -1;
    document.addEventListener("fullscreenchange", () => this.apply());
    video.addEventListener("webkitbeginfullscreen", () => this.apply(true));
    video.addEventListener("webkitendfullscreen", () => this.apply());
    video.addEventListener("enterpictureinpicture", () => this.apply(true));
    video.addEventListener("leavepictureinpicture", () => this.apply());
  }

  /** Take a session's subtitles; tracks that cannot be read as text are not offered. `origin()` says which node is asked. */
  load(subtitles, origin) {
    this.video.querySelectorAll("track").forEach((track) => track.remove());
    this.tracks = subtitles.filter((track) => track.url);
    this.elements = this.tracks.map((track) => {
      const element = document.createElement("track");
      Object.assign(element, { kind: "subtitles", srclang: track.language ?? "", label: track.title ?? track.language ?? "" });
      element.dataset.src = track.url;
      return element;
    });
    this.video.append(...this.elements);
    this.origin = origin;
    this.current = -1;
  }

  /** Show a track (-1: none); `keep` remembers it as the person's choice. */
  choose(index, keep = false) {
    this.current = index;
    if (keep) localStorage.setItem(KEPT, index < 0 ? "off" : this.tracks[index].language ?? "off");
    const element = this.elements[index];
    if (element && !element.src) element.src = this.origin() + element.dataset.src;
    this.apply();
  }

  apply(natively = false) {
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
