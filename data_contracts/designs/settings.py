"""What a design's section of the protocol says of the tables it reads, beside its keys."""

from __future__ import annotations

from data_contracts.reading.parts import Section


class DesignSettings(Section):
    """Base of the sections in `designs/*/settings.py`; each module names its own as `SETTINGS`."""

    def known_words(self, table: str, outcomes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Return the words that columns of a table may hold, by column, where the settings decide it."""
        return {}

    def required_columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table that must be filled in though its contract does not ask for them."""
        return ()

    def has_free_values(self, table: str) -> bool:
        """Whether a table's values are something else than measurements of the outcomes."""
        return False

    def file_sha256(self, table: str) -> str | None:
        """Return the fingerprint that the file of a table must have."""
        return None

    @property
    def has_places(self) -> bool:
        """Whether the design's units are places, whose yes-or-no outcomes are shares."""
        return False
