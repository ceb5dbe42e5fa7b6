"""Where the search engine is."""

from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about, http_url
from revenge.core.settings.words import Secret


class SearchSettings(Struct, frozen=True):
    """Typesense, where there is one; PostgreSQL answers otherwise."""

    url: Annotated[str, http_url("Address of Typesense; unset means that PostgreSQL searches.")] | None = None
    api_key: Annotated[Secret, about("API key for Typesense.")] | None = None
