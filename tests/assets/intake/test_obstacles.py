"""What keeps a quarter from being made is told whole, and the same wherever somebody asks."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from assets.intake.delivery_log import register_path
from assets.rights.retention import enforce_retention
from assets.storage.home import Home
from data_contracts.reading.faults import InputRefused
from pipelines.command_line.main import trin
from tests.support.receiving import take
from tests.support.small_study import PROTOCOL, write_small_study


def told(home: Home, *arguments: str) -> tuple[int, str]:
    """Exit code and everything said, on one line."""
    result = CliRunner().invoke(trin, [*arguments, "--home", str(home.root)])
    return result.exit_code, " ".join(result.output.split())


def checked(home: Home) -> tuple[int, str]:
    return told(home, "check", str(home.projects / "small"))


def with_two_more_sites(protocol: str = PROTOCOL) -> str:
    first = next(line for line in protocol.splitlines() if "{table: participants" in line)
    more = [first.replace("people*", f"{site}*") for site in ("aarhus", "odense")]
    return protocol.replace(first, "\n".join([first, *more]))


def test_every_file_that_is_missing_is_told_at_once(small_home: Home) -> None:
    write_small_study(small_home, protocol=with_two_more_sites())
    with pytest.raises(InputRefused) as refused:
        take(small_home).table("participants")
    assert [fault.what for fault in refused.value.faults] == [
        "No file “aarhus*.csv” has arrived for participants.",
        "No file “odense*.csv” has arrived for participants.",
    ]
    for _, words in (checked(small_home), told(small_home, "status")):
        assert all(fault.what in words for fault in refused.value.faults)


def test_a_line_whose_file_was_refused_misses_nothing_else(small_home: Home) -> None:
    write_small_study(small_home, protocol=PROTOCOL.replace("person_id: id", "person_id: number"))
    with pytest.raises(InputRefused, match="was refused") as refused:
        take(small_home).table("participants")
    assert len(refused.value.faults) == 1
    for _, words in (checked(small_home), told(small_home, "status")):
        assert "refused" in words
        assert "has arrived" not in words


def test_rows_that_were_deleted_are_not_called_missing(small_home: Home) -> None:
    text = PROTOCOL.replace("outcome_columns:", 'retention_until: "2026-12-31", outcome_columns:')
    write_small_study(small_home, protocol=text)
    take(small_home)
    enforce_retention(small_home, small_home.protocol("small"), date(2027, 1, 1))
    with pytest.raises(InputRefused) as refused:
        take(small_home).table("outcomes")
    (fault,) = refused.value.faults
    assert "were deleted at the protocol's retention_until" in fault.what
    for _, words in (checked(small_home), told(small_home, "status")):
        assert fault.what in words


def test_a_file_that_waits_is_not_missing(small_home: Home) -> None:
    assert checked(small_home)[0] == 0
    assert "has arrived" not in told(small_home, "status")[1]


def test_a_damaged_register_is_told_by_status(small_home: Home) -> None:
    take(small_home)
    register_path(small_home, "small").write_text("{}")
    code, words = told(small_home, "status")
    assert code == 3
    assert "ledger/deliveries/small.json: The register of deliveries is damaged" in words


def test_status_names_the_receipt_in_its_readers_language(small_home: Home) -> None:
    (small_home.inbox / "small" / "odense.csv").write_text("a\n1\n")
    take(small_home)
    for language in ("da", "en"):
        assert f"quarantine/small/0001.{language}.md" in told(small_home, "status", "--language", language)[1]
