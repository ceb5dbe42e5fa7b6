// The keyboard and the remote control.

import { nearest } from "../spatial.js";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Turn keys into the player's deeds. `player` offers the deeds, `sheet` takes keys first. */
export function listenToKeys(root, player, sheet) {
  const deeds = {
    " ": () => player.toggle(), k: () => player.toggle(), MediaPlayPause: () => player.toggle(), MediaPlay: () => player.play(), MediaPause: () => player.pause(),
    j: () => player.skip(-10), l: () => player.skip(10), MediaRewind: () => player.skip(-30), MediaFastForward: () => player.skip(30),
    f: () => player.fullscreen(), m: () => player.mute(), c: () => player.nextSubtitle(), i: () => sheet.toggle("about"), p: () => player.pip(),
    "<": () => player.faster(-1), ">": () => player.faster(1), ",": () => player.step(-1), ".": () => player.step(1),
    g: () => player.delaySubtitles(player.captions.delay - 100), h: () => player.delaySubtitles(player.captions.delay + 100),
    Home: () => player.seekTo(0), End: () => player.seekTo(player.length - 1), MediaStop: () => player.leave(), GoBack: () => player.leave(), BrowserBack: () => player.leave(),
  };

  const arrow = (event) => {
    const here = document.activeElement;
    const onTool = here?.matches(".player-bottom button, .player-top a, .player-top button, .player-panel *, .resumed button") && player.controlsShown;
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (here?.id === "volume") return false;
    if (onTool) {
      const next = nearest(here, WAYS[event.key], root);
      next?.focus();
      return true;
    }
    if (sideways) player.skip(event.key === "ArrowLeft" ? -10 : 10);
    else if (here?.id === "seek-bar" || player.isRemote) player.focusTools(event.key);
    else player.louder(event.key === "ArrowUp" ? 0.05 : -0.05);
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (sheet.key(event)) {
      event.preventDefault();
      return;
    }
    const onButton = document.activeElement?.matches("button, a") && player.controlsShown;
    let used = true;
    if (event.key in WAYS) used = arrow(event);
    else if (event.key === "Escape") used = player.escape();
    else if (event.key === "Enter" || event.key === " ") {
      used = !onButton;
      if (used) player.toggle();
    } else if (/^[0-9]$/.test(event.key)) player.seekTo((player.length * Number(event.key)) / 10);
    else if (deeds[event.key] ?? deeds[event.key.toLowerCase()]) (deeds[event.key] ?? deeds[event.key.toLowerCase()])();
    else used = false;
    player.wake();
    if (used) event.preventDefault();
  });
}
