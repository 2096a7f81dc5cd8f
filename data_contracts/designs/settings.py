"""The base of designs' sections: what settings may say about tables."""

from __future__ import annotations

from data_contracts.reading.parts import Section


class DesignSettings(Section):
    """Base of the class that each `designs/*/settings.py` names `SETTINGS`."""

    def known_words(self, table: str, outcomes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Return allowed words by column, for columns that settings decide."""
        return {}

    def required_columns(self, table: str) -> tuple[str, ...]:
        """Return columns to fill in that the table's contract leaves optional."""
        return ()

    def has_free_values(self, table: str) -> bool:
        """Return True if the table's values are not measurements of outcomes."""
        return False

    def file_sha256(self, table: str) -> str | None:
        """Return the fingerprint that the file of a table must have."""
        return None

    @property
    def has_places(self) -> bool:
        """Whether the units are places, whose binary outcomes are shares."""
        return False
