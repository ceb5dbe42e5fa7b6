"""Everything that can be set: one section per part, each declared by its owner."""

from pathlib import Path
from typing import Annotated

from msgspec import Struct

from revenge.api.settings import ServerSettings
from revenge.core.settings import about
from revenge.core.settings.reserved import (
    ArrSettings,
    EncryptionSettings,
    LegacySettings,
    MetadataSettings,
    OidcSettings,
)
from revenge.infra.cache.settings import CacheSettings
from revenge.infra.database_settings import DatabaseSettings
from revenge.infra.log import LogSettings
from revenge.infra.trace import TraceSettings
from revenge.services.auth.settings import AuthSettings
from revenge.services.nodes.settings import ClusterSettings
from revenge.services.playback.settings import PlaybackSettings
from revenge.services.search.settings import SearchSettings


class Settings(Struct, frozen=True):
    """Everything that can be set, one section per part."""

    data_dir: Annotated[Path, about("Directory of everything the node keeps.")] = Path("data")
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    cache: CacheSettings = CacheSettings()
    search: SearchSettings = SearchSettings()
    playback: PlaybackSettings = PlaybackSettings()
    auth: AuthSettings = AuthSettings()
    encryption: EncryptionSettings = EncryptionSettings()
    log: LogSettings = LogSettings()
    trace: TraceSettings = TraceSettings()
    metadata: MetadataSettings = MetadataSettings()
    arr: ArrSettings = ArrSettings()
    oidc: OidcSettings = OidcSettings()
    legacy: LegacySettings = LegacySettings()
    cluster: ClusterSettings = ClusterSettings()

    def __post_init__(self) -> None:
        """Refuse what no single section can see."""
        shared = [name for name, url in (("database.url", self.database.url), ("cache.url", self.cache.url)) if not url]
        if self.cluster.enabled and shared:
            raise ValueError(f"cluster.enabled needs {' and '.join(shared)}: the nodes of a cluster share one database and one store.")
