"""Every row of the product's tables of settings, written by hand: what is named there exists, under that name and no other."""

from pathlib import Path

import pytest

from revenge.bootstrap.settings import Settings
from revenge.core.settings import Secret, load

HEX = "0123456789abcdef" * 4
LONG = "a secret of thirty-two characters, or more"

KEYS = [
    ("server.port", 8080),
    ("server.host", "0.0.0.0"),
    ("database.driver", "postgres"),
    ("database.url", None),
    ("cache.url", None),
    ("trace.endpoint", None),
    ("trace.share", 1.0),
    ("search.url", None),
    ("search.api_key", None),
    ("playback.streams_per_account", None),
    ("playback.segments_dir", None),
    ("playback.segments_quota", 4 << 30),
    ("legacy.enabled", False),
    ("legacy.privacy.require_pin", True),
    ("legacy.privacy.audit_all_access", True),
    ("database.pool.max_conns", 4),
    ("database.pool.min_conns", 0),
    ("database.pool.max_conn_lifetime", 3600),
    ("database.pool.max_conn_idle_time", 1800),
    ("database.pool.health_check_period", 60),
    ("cluster.enabled", False),
    ("cluster.mode", "raft"),
    ("cluster.node_id", None),
    ("cluster.secret", None),
    ("cluster.raft.bind_addr", "0.0.0.0:7000"),
    ("cluster.raft.advertise_addr", None),
    ("cluster.raft.data_dir", None),
    ("cluster.raft.bootstrap", False),
    ("cluster.raft.join_addrs", ()),
    ("cluster.raft.heartbeat_timeout", 1),
    ("cluster.raft.election_timeout", 1),
    ("cluster.raft.snapshot_interval", 120),
    ("cluster.raft.snapshot_threshold", 8192),
    ("data_dir", Path("./data")),
    ("server.bandwidth", None),
    ("server.user_bandwidth", None),
    ("server.uplink", None),
    ("server.trusted_proxies", ()),
    ("server.public_url", None),
    ("server.tls.cert", None),
    ("server.tls.key", None),
    ("encryption.key", None),
    ("auth.jwt_secret", None),
]

VARIABLES = [
    ("REVENGE_SERVER_PORT", "server.port", "9090", 9090),
    ("REVENGE_SERVER_HOST", "server.host", "127.0.0.1", "127.0.0.1"),
    ("REVENGE_DATABASE_DRIVER", "database.driver", "postgres", "postgres"),
    ("REVENGE_DATABASE_URL", "database.url", "postgres://revenge:secret@db:5432/revenge", "postgres://revenge:secret@db:5432/revenge"),
    ("REVENGE_TRACE_ENDPOINT", "trace.endpoint", "http://collector:4318/v1/traces", "http://collector:4318/v1/traces"),
    ("REVENGE_TRACE_SHARE", "trace.share", "0.1", 0.1),
    ("REVENGE_CACHE_URL", "cache.url", "redis://dragonfly:6379", "redis://dragonfly:6379"),
    ("REVENGE_SEARCH_URL", "search.url", "http://typesense:8108", "http://typesense:8108"),
    ("REVENGE_SEARCH_API_KEY", "search.api_key", "xyz", Secret("xyz")),
    ("REVENGE_PLAYBACK_STREAMS_PER_ACCOUNT", "playback.streams_per_account", "3", 3),
    ("REVENGE_PLAYBACK_SEGMENTS_DIR", "playback.segments_dir", "/dev/shm", Path("/dev/shm")),
    ("REVENGE_PLAYBACK_SEGMENTS_QUOTA", "playback.segments_quota", "1GiB", 1 << 30),
    ("REVENGE_JWT_SECRET", "auth.jwt_secret", LONG, Secret(LONG)),
    ("REVENGE_AUTH_JWT_SECRET", "auth.jwt_secret", LONG, Secret(LONG)),
    ("REVENGE_ENCRYPTION_KEY", "encryption.key", HEX, Secret(HEX)),
    ("REVENGE_LEGACY_ENCRYPTION_KEY", "legacy.encryption_key", HEX, Secret(HEX)),
    ("REVENGE_OIDC_CLIENT_SECRET", "oidc.client_secret", "xyz", Secret("xyz")),
    ("REVENGE_TMDB_API_KEY", "metadata.tmdb.api_key", "xyz", Secret("xyz")),
    ("REVENGE_METADATA_TMDB_API_KEY", "metadata.tmdb.api_key", "xyz", Secret("xyz")),
    *(
        row
        for server in ("radarr", "sonarr", "whisparr", "prowlarr")
        for prefix in ("REVENGE", "REVENGE_ARR")
        for row in (
            (f"{prefix}_{server.upper()}_URL", f"arr.{server}.url", f"http://{server}:7878", f"http://{server}:7878"),
            (f"{prefix}_{server.upper()}_API_KEY", f"arr.{server}.api_key", "xyz", Secret("xyz")),
        )
    ),
    ("REVENGE_STASHDB_API_KEY", "legacy.stashdb.api_key", "xyz", Secret("xyz")),
    ("REVENGE_LEGACY_STASHDB_API_KEY", "legacy.stashdb.api_key", "xyz", Secret("xyz")),
    ("REVENGE_DATABASE_POOL_MAX_CONNS", "database.pool.max_conns", "9", 9),
    ("REVENGE_DATABASE_POOL_MIN_CONNS", "database.pool.min_conns", "2", 2),
    ("REVENGE_DATABASE_POOL_MAX_CONN_LIFETIME", "database.pool.max_conn_lifetime", "30m", 1800),
    ("REVENGE_DATABASE_POOL_MAX_CONN_IDLE_TIME", "database.pool.max_conn_idle_time", "5m", 300),
    ("REVENGE_DATABASE_POOL_HEALTH_CHECK_PERIOD", "database.pool.health_check_period", "30s", 30),
    ("REVENGE_LEGACY_ENABLED", "legacy.enabled", "true", True),
    ("REVENGE_LEGACY_PRIVACY_REQUIRE_PIN", "legacy.privacy.require_pin", "false", False),
    ("REVENGE_LEGACY_PRIVACY_AUDIT_ALL_ACCESS", "legacy.privacy.audit_all_access", "no", False),
    ("REVENGE_CLUSTER_MODE", "cluster.mode", "raft", "raft"),
    ("REVENGE_CLUSTER_NODE_ID", "cluster.node_id", "node-1", "node-1"),
    ("REVENGE_CLUSTER_SECRET", "cluster.secret", LONG, Secret(LONG)),
    ("REVENGE_CLUSTER_RAFT_BIND_ADDR", "cluster.raft.bind_addr", "0.0.0.0:7001", "0.0.0.0:7001"),
    ("REVENGE_CLUSTER_RAFT_ADVERTISE_ADDR", "cluster.raft.advertise_addr", "192.168.1.10:7000", "192.168.1.10:7000"),
    ("REVENGE_CLUSTER_RAFT_DATA_DIR", "cluster.raft.data_dir", "/data/raft", Path("/data/raft")),
    ("REVENGE_CLUSTER_RAFT_BOOTSTRAP", "cluster.raft.bootstrap", "1", True),
    (
        "REVENGE_CLUSTER_RAFT_JOIN_ADDRS",
        "cluster.raft.join_addrs",
        "192.168.1.11:7000, 192.168.1.12:7000",
        ("192.168.1.11:7000", "192.168.1.12:7000"),
    ),
    ("REVENGE_CLUSTER_RAFT_HEARTBEAT_TIMEOUT", "cluster.raft.heartbeat_timeout", "1s", 1),
    ("REVENGE_CLUSTER_RAFT_ELECTION_TIMEOUT", "cluster.raft.election_timeout", "1500ms", 1.5),
    ("REVENGE_CLUSTER_RAFT_SNAPSHOT_INTERVAL", "cluster.raft.snapshot_interval", "120s", 120),
    ("REVENGE_CLUSTER_RAFT_SNAPSHOT_THRESHOLD", "cluster.raft.snapshot_threshold", "8192", 8192),
    ("REVENGE_DATA_DIR", "data_dir", "/srv/revenge", Path("/srv/revenge")),
    ("REVENGE_SERVER_BANDWIDTH", "server.bandwidth", "100Mbps", 100_000_000),
    ("REVENGE_SERVER_USER_BANDWIDTH", "server.user_bandwidth", "40Mbps", 40_000_000),
    ("REVENGE_SERVER_UPLINK", "server.uplink", "2.5Gbps", 2_500_000_000),
    ("REVENGE_SERVER_PUBLIC_URL", "server.public_url", "https://media.example.org", "https://media.example.org"),
    ("REVENGE_SERVER_TRUSTED_PROXIES", "server.trusted_proxies", "10.0.0.2,fd00::/8", ("10.0.0.2", "fd00::/8")),
]


@pytest.mark.parametrize(("path", "default"), KEYS)
def test_a_setting_of_the_tables_has_its_default(path, default):
    assert load(Settings, {}).get(path) == default


@pytest.mark.parametrize(("name", "path", "text", "value"), VARIABLES)
def test_a_variable_of_the_tables_sets_its_key(name, path, text, value):
    loaded = load(Settings, {name: text})

    assert loaded.get(path) == value
    assert str(loaded.origin(path)) == name


@pytest.mark.parametrize(("name", "path", "text", "value"), VARIABLES)
def test_a_variable_of_the_tables_can_come_from_a_docker_secret(tmp_path, name, path, text, value):
    secret = tmp_path / "secret"
    secret.write_text(text + "\n")

    assert load(Settings, {f"{name}_FILE": str(secret)}).get(path) == value


def test_the_documented_cluster_file_is_understood(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(
        """
database: {url: "postgres://revenge:secret@db:5432/revenge"}
cache: {url: "redis://dragonfly:6379"}
cluster:
  enabled: true
  mode: "raft"
  node_id: "node-1"

  raft:
    bind_addr: "0.0.0.0:7000"
    advertise_addr: "192.168.1.10:7000"
    data_dir: "/data/raft"
    bootstrap: true
    join_addrs:
      - "192.168.1.11:7000"
      - "192.168.1.12:7000"
    heartbeat_timeout: "1s"
    election_timeout: "1s"
    snapshot_interval: "120s"
    snapshot_threshold: 8192
"""
    )

    cluster = load(Settings, {}, file).values.cluster

    assert cluster.enabled
    assert cluster.node_id == "node-1"
    assert cluster.raft.join_addrs == ("192.168.1.11:7000", "192.168.1.12:7000")
    assert cluster.raft.snapshot_interval == 120
