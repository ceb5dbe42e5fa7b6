"""How settings are put together, and which sentences stop a start."""

from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Struct

from revenge.bootstrap.settings import Settings
from revenge.core.errors import StartRefused
from revenge.core.settings import ALIASES, Duration, Secret, about, fields, load
from revenge.core.settings.fields import sections
from revenge.core.settings.links import links


@pytest.fixture
def a_file(tmp_path, monkeypatch):
    """Write a settings file and return its path; the working directory is an empty one."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "config.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def refusal(environ=None, file=None) -> str:
    with pytest.raises(StartRefused) as refused:
        load(Settings, environ or {}, file)
    return refused.value.detail


def test_the_environment_stands_above_the_file_and_that_above_the_default(a_file):
    file = a_file("server: {port: 7000, host: file.example}")

    loaded = load(Settings, {"REVENGE_SERVER_PORT": "9000"}, file)

    assert (loaded.values.server.port, loaded.values.server.host) == (9000, "file.example")
    assert str(loaded.origin("server.port")) == "REVENGE_SERVER_PORT"
    assert str(loaded.origin("server.host")) == str(file)
    assert str(loaded.origin("database.url")) == "default"


def test_a_toml_file_is_read_as_well(a_file):
    file = a_file('data_dir = "/srv"\n[database.pool]\nmax_conns = 9\n[cluster.raft]\njoin_addrs = ["a:1", "b:2"]\n', "revenge.toml")

    values = load(Settings, {"REVENGE_CONFIG": str(file)}).values

    assert values.data_dir == Path("/srv")
    assert values.database.pool.max_conns == 9
    assert values.cluster.raft.join_addrs == ("a:1", "b:2")


def test_the_file_in_the_working_directory_is_found(a_file):
    a_file("server: {port: 7000}")

    assert load(Settings, {}).values.server.port == 7000


def test_lists_in_the_file_may_be_written_with_commas(a_file):
    assert load(Settings, {}, a_file("server: {trusted_proxies: '10.0.0.1, 10.1.0.0/16'}")).values.server.trusted_proxies == (
        "10.0.0.1",
        "10.1.0.0/16",
    )


def test_a_key_without_a_value_in_the_file_is_not_set(a_file):
    assert load(Settings, {}, a_file("database:\n  url:\nlegacy:\n")).values.database.url is None


def test_text_in_the_file_is_taken_as_it_stands(a_file):
    file = a_file("oidc: {client_secret: '@int 42'}\nsearch: {api_key: '{env[HOME]}'}")

    values = load(Settings, {}, file).values

    assert values.oidc.client_secret == Secret("@int 42")
    assert values.search.api_key == Secret("{env[HOME]}")


def test_an_empty_variable_counts_as_not_set():
    assert load(Settings, {"REVENGE_DATABASE_URL": "", "REVENGE_JWT_SECRET": ""}).values == Settings()


def test_variables_of_the_tests_stop_no_start():
    assert load(Settings, {"REVENGE_TEST_SPECS": "/specs", "PATH": "/bin"}).values == Settings()


SERVICES = {
    "REVENGE_SERVICE_HOST": "10.0.0.7",
    "REVENGE_SERVICE_PORT": "80",
    "REVENGE_SERVICE_PORT_HTTP": "80",
    "REVENGE_PORT": "tcp://10.0.0.7:80",
    "REVENGE_PORT_80_TCP": "tcp://10.0.0.7:80",
    "REVENGE_PORT_80_TCP_PROTO": "tcp",
    "REVENGE_PORT_80_TCP_PORT": "80",
    "REVENGE_PORT_80_TCP_ADDR": "10.0.0.7",
    "REVENGE_PORT_1900_UDP": "udp://10.0.0.7:1900",
    "REVENGE_PORT_1900_UDP_PROTO": "udp",
    "REVENGE_HEADLESS_SERVICE_HOST": "fd00::7",
    "REVENGE_HEADLESS_PORT": "tcp://[fd00::7]:80",
    "REVENGE_SERVER_PORT": "tcp://10.0.0.8:8080",
    "REVENGE_SERVER_SERVICE_HOST": "10.0.0.8",
}
"""What a pod gets for services called `revenge`, `revenge-headless` and `revenge-server`."""


@pytest.mark.parametrize("name", SERVICES)
def test_what_kubernetes_says_about_a_service_stops_no_start(name):
    assert load(Settings, {name: SERVICES[name]}).values == Settings()
    assert links({name: SERVICES[name], "PATH": "/bin"}) == [name]


def test_all_that_a_pod_gets_for_a_service_called_revenge_stops_no_start_and_no_question_for_health():
    pod = SERVICES | {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_PORT": "tcp://10.0.0.1:443", "REVENGE_SERVER_HOST": "127.0.0.1"}
    assert load(Settings, pod).values.server.host == "127.0.0.1"
    assert load(Settings, pod).values.server.port == Settings().server.port
    assert load(Settings, pod, partly=True).values.server.port == Settings().server.port


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REVENGE_PORT", "8080"),
        ("REVENGE_PORT", "http://10.0.0.7:80"),
        ("REVENGE_SERVICE_HOST", "media.example"),
        ("REVENGE_SERVICE_PORT", "http"),
        ("REVENGE_SERVER_PRT", "tcp://10.0.0.7:80"),
        ("REVENGE_PORT_80_TCP_PROTO", "quic"),
        ("REVENGE_PORT_HTTP_TCP", "tcp://10.0.0.7:80"),
        ("REVENGESERVICE_PORT", "80"),
    ],
)
def test_what_only_looks_like_it_is_refused_as_ever(name, text):
    if name.startswith("REVENGE_"):
        assert refusal({"KUBERNETES_SERVICE_HOST": "10.0.0.1", name: text}).startswith(f"There is no setting {name}")
    assert links({name: text}) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REVENGE_SERVR_PORT", "REVENGE_SERVER_PORT"),
        ("REVENGE_DATABASE__URL", "REVENGE_DATABASE_URL"),
        ("REVENGE_JWT_SECRTE", "REVENGE_JWT_SECRET"),
        ("REVENGE_JWT_SECRET_FILES", "REVENGE_JWT_SECRET_FILE"),
        ("REVENGE_CONFG", "REVENGE_CONFIG"),
    ],
)
def test_an_unknown_variable_stops_the_start_and_the_right_name_is_offered(name, meant):
    assert refusal({name: "1"}) == f"There is no setting {name}; did you mean {meant}?"


def test_an_unknown_variable_like_no_other_is_named():
    assert refusal({"REVENGE_WALRUS": "1"}) == refusal({"REVENGE_WALRUS": ""}) == "There is no setting REVENGE_WALRUS."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("server: {prot: 1}", "there is no setting server.prot; did you mean server.port?"),
        ("sever: {port: 1}", "there is no setting sever; did you mean server?"),
        ("server: 8080", "server is a section and cannot be a single value."),
        ("server: {port: http}", "server.port must be a whole number from 0 to 65535, not “http”."),
        ("server: {port: [80]}", "server.port must be a whole number from 0 to 65535, not “[80]”."),
        ("server: {port: true}", "server.port must be a whole number from 0 to 65535, not “True”."),
        ("server: {host: 10}", "server.host must be text, not “10”."),
        ("server: {host: {a: 1}}", "server.host must be text"),
        ("data_dir: 7", "data_dir must be a path, not “7”."),
        ("legacy: {enabled: 7}", "legacy.enabled must be true or false, not “7”."),
    ],
)
def test_a_wrong_file_stops_the_start_with_the_key_and_the_file(a_file, text, sentence):
    file = a_file(text)

    assert refusal(file=file).startswith(f"In {file}, {sentence}")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("REVENGE_SERVER_PORT", "65536", "must be a whole number from 0 to 65535, not “65536”."),
        ("REVENGE_SERVER_PORT", "-1", "must be a whole number from 0 to 65535, not “-1”."),
        ("REVENGE_DATABASE_DRIVER", "sqlite", "must be postgres, not “sqlite”."),
        ("REVENGE_DATABASE_URL", "mysql://user:pass@db/x", "must be a PostgreSQL URL such as postgres://revenge:password@db:5432/revenge."),
        ("REVENGE_DATABASE_URL", "db:5432", "must be a PostgreSQL URL such as postgres://revenge:password@db:5432/revenge, not “db:5432”."),
        ("REVENGE_DATABASE_URL", "postgres://db:port/x", "must be a PostgreSQL URL such as postgres://revenge:password@db:5432/revenge."),
        ("REVENGE_CACHE_URL", "http://x", "must be a URL such as redis://dragonfly:6379."),
        ("REVENGE_JWT_SECRET", "short", "must be at least 32 characters long."),
        ("REVENGE_ENCRYPTION_KEY", "g" * 64, "must be 64 hexadecimal digits."),
        ("REVENGE_ENCRYPTION_KEY", "0" * 63, "must be 64 hexadecimal digits."),
        ("REVENGE_CLUSTER_SECRET", "x" * 31, "must be at least 32 characters long."),
        ("REVENGE_LEGACY_ENABLED", "maybe", "must be true or false, not “maybe”."),
        ("REVENGE_SERVER_BANDWIDTH", "fast", "must be a bandwidth such as 800kbps, 100Mbps or 2.5Gbps, not “fast”."),
        (
            "REVENGE_CLUSTER_RAFT_JOIN_ADDRS",
            "a:1,b",
            "must be a list of addresses such as 192.168.1.11:7000,192.168.1.12:7000, not “a:1,b”.",
        ),
        ("REVENGE_CLUSTER_RAFT_BIND_ADDR", "7000", "must be an address such as 192.168.1.10:7000, not “7000”."),
        ("REVENGE_CLUSTER_RAFT_ELECTION_TIMEOUT", "soon", "must be a duration such as 500ms, 90s, 15m, 1h30m or 7d, not “soon”."),
    ],
)
def test_a_wrong_value_stops_the_start_and_says_what_is_right(name, text, sentence):
    assert refusal({name: text}) == f"{name} {sentence}"


def test_everything_that_is_wrong_is_told_at_once():
    assert len(refusal({"REVENGE_SERVER_PORT": "x", "REVENGE_WALRUS": "1", "REVENGE_JWT_SECRET": "x"}).splitlines()) == 3


def test_a_refused_secret_is_not_repeated():
    assert "hunter2" not in refusal({"REVENGE_JWT_SECRET": "hunter2", "REVENGE_DATABASE_URL": "mysql://me:hunter2@db/x"})


def test_a_short_and_a_long_name_that_differ_stop_the_start():
    one, other = "a" * 32, "b" * 32

    said = refusal({"REVENGE_JWT_SECRET": one, "REVENGE_AUTH_JWT_SECRET": other})

    assert said == "REVENGE_AUTH_JWT_SECRET and REVENGE_JWT_SECRET both set auth.jwt_secret and differ; keep one."


def test_a_short_and_a_long_name_that_agree_are_one(tmp_path):
    secret = tmp_path / "jwt"
    secret.write_text("a" * 32 + "\r\n")

    loaded = load(Settings, {"REVENGE_JWT_SECRET": "a" * 32, "REVENGE_AUTH_JWT_SECRET_FILE": str(secret)})

    assert loaded.values.auth.jwt_secret == Secret("a" * 32)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "which cannot be read"), (b"", "which is empty"), (b"\xff\xfe", "which is not text")]
)
def test_a_docker_secret_that_cannot_be_used_stops_the_start(tmp_path, content, reason):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    assert refusal({"REVENGE_JWT_SECRET_FILE": str(path)}).startswith(f"REVENGE_JWT_SECRET_FILE names {path}, {reason}")


def test_a_file_that_is_not_there_stops_the_start(tmp_path):
    assert "cannot be read: No such file" in refusal({"REVENGE_CONFIG": str(tmp_path / "none.yaml")})


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [("a.yaml", "server: [", "is not valid YAML"), ("a.toml", "server = ", "is not valid TOML"), ("a.ini", "", "must be called .yaml")],
)
def test_a_file_that_cannot_be_parsed_stops_the_start(a_file, name, text, reason):
    assert reason in refusal(file=a_file(text, name))


@pytest.mark.parametrize("text", ["just words", "- server", "- server: {port: 1}"])
def test_a_file_that_holds_no_sections_stops_the_start(a_file, text):
    assert refusal(file=a_file(text)).endswith("is not valid YAML: settings stand in sections, such as `server`.")


def test_an_empty_file_sets_nothing(a_file):
    assert load(Settings, {}, a_file("")).values == Settings()


def test_a_cluster_needs_a_shared_database_and_store():
    assert refusal({"REVENGE_CLUSTER_ENABLED": "true"}).startswith("cluster.enabled needs database.url and cache.url")
    assert refusal({"REVENGE_CLUSTER_ENABLED": "true", "REVENGE_DATABASE_URL": "postgres://db/x"}).startswith(
        "cluster.enabled needs cache.url:"
    )


def test_a_certificate_needs_its_key():
    assert "belong together" in refusal({"REVENGE_SERVER_TLS_CERT": "/x.pem"})


def test_the_pool_cannot_keep_more_than_it_may_open():
    assert "must not be more" in refusal({"REVENGE_DATABASE_POOL_MIN_CONNS": "5"})


def test_no_two_settings_share_a_variable_and_every_short_name_leads_somewhere():
    names = [field.env for field in fields(Settings)]

    assert len({*names, *ALIASES}) == len(names) + len(ALIASES)
    assert set(ALIASES.values()) <= {field.path for field in fields(Settings)}
    assert not [name for name in (*names, *ALIASES) if name.endswith("_FILE")]


def test_every_setting_and_every_section_says_what_it_is_for():
    assert all(field.sentence.endswith(".") for field in fields(Settings))
    assert all(section.__doc__ for _, section in sections(Settings))


def test_a_setting_without_a_sentence_is_a_mistake_in_the_declaration():
    class Bare(Struct, frozen=True):
        wait: Duration = Duration(1)

    class Told(Struct, frozen=True):
        wait: Annotated[Duration, about("How long to wait.")] = Duration(1)

    with pytest.raises(TypeError, match="wait"):
        load(Bare, {})
    assert load(Told, {"REVENGE_WAIT": "2m"}).values.wait == 120
