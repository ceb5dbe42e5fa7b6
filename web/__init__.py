"""Pages for people: server-rendered HTML, a little htmx, and a player. They see services, never storage."""
