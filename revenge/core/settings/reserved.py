"""Sections of parts that are not built yet: their names are fixed, and their owners will take them along."""

from secrets import token_hex
from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about, http_url
from revenge.core.settings.words import Secret


class EncryptionSettings(Struct, frozen=True):
    """What is encrypted before it is stored."""

    key: (
        Annotated[
            Secret,
            about(
                "Key of everything stored encrypted (AES-256); the same on every node.",
                expected="64 hexadecimal digits",
                check=lambda text: len(text) == 64 and not set(text) - set("0123456789abcdefABCDEF"),
                made=lambda: token_hex(32),
            ),
        ]
        | None
    ) = None


class ArrServer(Struct, frozen=True):
    """One server of the Arr family."""

    url: Annotated[str, http_url("Address of the server.")] | None = None
    api_key: Annotated[Secret, about("API key of the server.")] | None = None


class ArrSettings(Struct, frozen=True):
    """Servers that manage collections and already know their metadata."""

    radarr: ArrServer = ArrServer()
    sonarr: ArrServer = ArrServer()
    whisparr: ArrServer = ArrServer()
    prowlarr: ArrServer = ArrServer()


class TmdbSettings(Struct, frozen=True):
    """The Movie Database."""

    api_key: Annotated[Secret, about("API key for The Movie Database.")] | None = None


class MetadataSettings(Struct, frozen=True):
    """Outside sources of facts."""

    tmdb: TmdbSettings = TmdbSettings()


class OidcSettings(Struct, frozen=True):
    """Signing in by an OpenID Connect provider."""

    client_secret: Annotated[Secret, about("Secret this server presents to the provider.")] | None = None


class LegacyPrivacySettings(Struct, frozen=True):
    """Who gets into the adult module, and what is kept about it."""

    require_pin: Annotated[bool, about("Ask for a PIN before the adult module opens.")] = True
    audit_all_access: Annotated[bool, about("Write down every access to the adult module.")] = True


class StashDbSettings(Struct, frozen=True):
    """StashDB, a source of facts for the adult module."""

    api_key: Annotated[Secret, about("API key for StashDB.")] | None = None


class LegacySettings(Struct, frozen=True):
    """The adult module."""

    enabled: Annotated[bool, about("Turn the adult module on.")] = False
    encryption_key: Annotated[Secret, about("Key of the adult module's encrypted fields.")] | None = None
    privacy: LegacyPrivacySettings = LegacyPrivacySettings()
    stashdb: StashDbSettings = StashDbSettings()
