"""The table of measured figures in README.md."""

import pytest

from benchmarks.readme import told, written

RESULTS = """# What was measured

## Scan
Peer: one.

| what | ours | peer | figure | goal | reached |
|---|---|---|---|---|---|
| files per second | 309 /s | 13 /s | x 24.9 | ≥ x 40.0 | **no** |
| CPU per file | 1 ms |  | 1.00 ms |  |  |
| asking meanwhile | 90 ms |  | 90.0 ms | ≤ 100 ms | yes |

2026-11-22, 2 cores of a machine; Python 3.11.
"""


def test_every_figure_with_a_goal_is_told_and_what_misses_it_is_said():
    table = told(RESULTS)
    assert "| Scan | files per second | one `ffprobe` per file | x 24.9 | ≥ x 40.0 | **no** |" in table
    assert "|  | asking meanwhile |  | 90.0 ms | ≤ 100 ms | yes |" in table
    assert "CPU per file" not in table
    assert "On 2 cores of a machine." in table
    assert "1 of 2 goals are not reached yet" in table


def test_only_what_stands_between_the_marks_is_written_anew():
    page = "before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n"
    once = written(page, RESULTS)
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "old" not in once
    assert written(once, RESULTS) == once


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match=r"README\.md"):
        written("nothing", RESULTS)
