// Subtitles with a look of their own (ASS), drawn over the video by libass (jassub) in a worker of its own, with the fonts that came with the film.

/** Whether this browser can draw them. */
export const drawsStyled = () =>
  Boolean(window.Worker && window.WebAssembly) && "transferControlToOffscreen" in HTMLCanvasElement.prototype && "requestVideoFrameCallback" in HTMLVideoElement.prototype;

export class Styled {
  /** `vendor` are the addresses of jassub and its parts. */
  constructor(video, vendor) {
    this.video = video;
    this.vendor = vendor;
    this.renderer = null;
    this.wanted = null;
  }

  /** Draw a track from now on, so many seconds later than it says; `fontsUrl` lists the film's fonts. Fails when it cannot be had or drawn. */
  async show(url, delay, fontsUrl) {
    this.hide();
    const wanted = (this.wanted = Symbol(url));
    const [{ default: Jassub }, subContent, fonts] = await Promise.all([import(this.vendor.ass), asked(url).then((answer) => answer.text()), fontsOf(fontsUrl)]);
    if (wanted !== this.wanted) return;
    const canvas = Object.assign(document.createElement("canvas"), { className: "drawn" });
    this.video.after(canvas);
    const renderer = (this.renderer = new Jassub({
      video: this.video, canvas, subContent, fonts, timeOffset: -delay, workerUrl: this.vendor.ass_worker, modernWasmUrl: this.vendor.ass_wasm,
      wasmUrl: this.vendor.ass_plain_wasm, availableFonts: { "liberation sans": this.vendor.ass_font }, queryFonts: "queryLocalFonts" in window && "local",
    }));
    await Promise.race([renderer.ready, new Promise((_, fail) => renderer._worker.addEventListener("error", () => fail(new Error("no worker"))))]);
    if (!renderer.renderer) throw new Error("no renderer");
    if (wanted === this.wanted) this.paint();
  }

  /** Draw what belongs to the picture that stands: a film that rests brings no new one. */
  paint() {
    const { currentTime, videoWidth, videoHeight } = this.video;
    if (videoWidth) this.renderer.manualRender({ mediaTime: currentTime, width: videoWidth, height: videoHeight }, true);
  }

  delayBy(seconds) {
    if (!this.renderer?.renderer) return;
    this.renderer.timeOffset = -seconds;
    this.paint();
  }

  hide() {
    this.wanted = null;
    this.renderer?.destroy().catch(() => {});
    this.renderer = null;
  }
}

async function asked(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
}

/** Addresses of the fonts; a film without them, or a list that cannot be had, is drawn with others. */
async function fontsOf(url) {
  const base = new URL(url, location.href);
  const { fonts } = await asked(base).then((answer) => answer.json()).catch(() => ({ fonts: [] }));
  return fonts.map((name) => new URL(name, base).href);
}
