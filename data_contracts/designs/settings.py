"""The base class of designs' sections of a protocol."""

from __future__ import annotations

from data_contracts.reading.parts import Section


class DesignSettings(Section):
    """Base of the class `SETTINGS` in each `designs/*/settings.py`."""

    def known_words(self, table: str, outcomes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Return allowed values by column, for columns that depend on settings."""
        return {}

    def required_columns(self, table: str) -> tuple[str, ...]:
        """Return required columns that are optional in the table's contract."""
        return ()

    def has_free_values(self, table: str) -> bool:
        """Return True if the table's values do not measure outcomes."""
        return False

    def file_sha256(self, table: str) -> str | None:
        """Return the required SHA-256 of a table's file, if any."""
        return None

    @property
    def has_places(self) -> bool:
        """Whether the units are places, whose binary outcomes are shares."""
        return False
