"""Settings as people see them, and the page about them."""

from pathlib import Path

from revenge.bootstrap.settings import Settings
from revenge.core.settings import describe, load, markdown

DOCS = Path(__file__).parents[3] / "docs" / "settings.md"


def test_everything_is_listed_with_its_value_and_where_it_came_from(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("server: {port: 7000}")

    lines = {line.split()[0]: line.split()[1:] for line in describe(load(Settings, {"REVENGE_DATA_DIR": "/srv"}, file)).splitlines()}

    assert lines["data_dir"] == ["/srv", "REVENGE_DATA_DIR"]
    assert lines["server.port"] == ["7000", str(file)]
    assert lines["database.pool.max_conn_lifetime"] == ["1h", "default"]
    assert lines["legacy.privacy.require_pin"] == ["true", "default"]
    assert lines["cache.url"] == ["-", "default"]
    assert lines["cluster.raft.join_addrs"] == ["-", "default"]


def test_no_secret_is_shown():
    text = describe(load(Settings, {"REVENGE_JWT_SECRET": "hunter2" * 5, "REVENGE_DATABASE_URL": "postgres://me:hunter2@db/x"}))

    assert "hunter2" not in text
    assert "postgres://me:********@db/x" in text


def test_the_page_about_settings_is_up_to_date():
    assert DOCS.read_text() == markdown(Settings), "run scripts/settings_page.py"


def test_the_page_names_every_variable_and_what_it_may_be():
    page = markdown(Settings)

    assert "| `auth.jwt_secret` | `REVENGE_AUTH_JWT_SECRET`<br>`REVENGE_JWT_SECRET` | at least 32 characters long |  |" in page
    assert "| `log.level` | `REVENGE_LOG_LEVEL` | one of trace, debug, info, warning, error | `info` |" in page
    assert "Taken while running." in page
