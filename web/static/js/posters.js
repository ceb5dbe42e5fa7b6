// Posters arrive softly over their colours, and a poster that does not arrive leaves the title in its place.

import { paint } from "./blurhash.js";

function settle(image) {
  image.classList.remove("coming");
  if (!image.naturalWidth) image.remove();
}

/** Prepare every poster below `root`. */
export function showPosters(root = document) {
  paint(root);
  for (const image of root.querySelectorAll?.(".poster img, .stage img") ?? []) {
    if (image.complete) {
      settle(image);
      continue;
    }
    image.classList.add("coming");
    image.addEventListener("load", () => settle(image), { once: true });
    image.addEventListener("error", () => image.remove(), { once: true });
  }
}
