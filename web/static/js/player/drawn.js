// Subtitles that are pictures, drawn over the video by libpgs in a worker of its own.

export class Drawn {
  /** `vendor` are the addresses of libpgs and its worker. */
  constructor(video, vendor) {
    this.video = video;
    this.vendor = vendor;
    this.renderer = null;
    this.canvas = null;
  }

  /** Draw a track from now on, so many seconds later than it says. */
  async show(url, delay) {
    this.hide();
    const wanted = (this.wanted = Symbol(url));
    const { PgsRenderer } = await import(this.vendor.pgs);
    if (wanted !== this.wanted) return;
    this.canvas = Object.assign(document.createElement("canvas"), { className: "drawn" });
    this.video.after(this.canvas);
    this.renderer = new PgsRenderer({
      video: this.video, canvas: this.canvas, subUrl: new URL(url, location.origin).href, workerUrl: this.vendor.pgs_worker, timeOffset: -delay,
    });
    this.renderer.renderAtTimestamp(-1); // it takes its first picture for one that is drawn already
    await this.renderer.ready;
  }

  delayBy(seconds) {
    if (this.renderer) this.renderer.timeOffset = -seconds;
  }

  hide() {
    this.wanted = null;
    this.renderer?.dispose();
    this.canvas?.remove();
    this.renderer = this.canvas = null;
  }
}
