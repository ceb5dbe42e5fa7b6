// The small menu above the controls: one list of choices at a time.

import { icon } from "../notices.js";

export class Sheet {
  /** `contents` maps a name to a function that returns the sheet's elements. */
  constructor(root, place, contents) {
    this.root = root;
    this.place = place;
    this.contents = contents;
    this.openers = [...root.querySelectorAll("[data-sheet]")];
    for (const opener of this.openers) opener.addEventListener("click", () => this.toggle(opener.dataset.sheet));
    document.addEventListener("pointerdown", (event) => {
      if (this.name && !place.contains(event.target) && !event.target.closest("[data-sheet]")) this.close();
    });
  }

  get isOpen() {
    return Boolean(this.name);
  }

  toggle(name) {
    if (this.name === name) this.close(true);
    else this.open(name);
  }

  /** Show a sheet; `held` is the label of the choice to begin at, where it is not the chosen one. */
  open(name, held) {
    this.name = name;
    this.place.dataset.sheetName = name;
    this.place.replaceChildren(...this.contents[name]());
    this.place.hidden = false;
    this.place.setAttribute("role", this.place.querySelector("button") ? "menu" : "dialog");
    for (const opener of this.openers) opener.setAttribute("aria-expanded", String(opener.dataset.sheet === name));
    const buttons = [...this.place.querySelectorAll("button")];
    (buttons.find((button) => held && button.textContent.startsWith(held)) ?? this.place.querySelector('[aria-checked="true"]') ?? buttons[0])?.focus();
  }

  close(back = false) {
    const opener = this.openers.find((one) => one.dataset.sheet === this.name);
    this.name = null;
    this.place.hidden = true;
    opener?.setAttribute("aria-expanded", "false");
    if (back) opener?.focus();
  }

  /** A heading and one button per choice: {label, note, chosen, take}. */
  list(title, choices) {
    const heading = Object.assign(document.createElement("h2"), { textContent: title });
    const buttons = choices.map(({ label, note, chosen, take }) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.setAttribute("role", "menuitemradio");
      button.setAttribute("aria-checked", String(Boolean(chosen)));
      button.append(icon("check"), label);
      if (note) button.append(Object.assign(document.createElement("small"), { textContent: note }));
      button.addEventListener("click", () => {
        this.close(true);
        take();
      });
      return button;
    });
    return [heading, ...buttons];
  }

  /** Arrow keys inside the list; true when the key was used. */
  key(event) {
    if (!this.isOpen) return false;
    if (event.key === "Escape" || event.key === "GoBack") {
      this.close(true);
      return true;
    }
    const buttons = [...this.place.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !buttons.length) return false;
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length].focus();
    return true;
  }
}
