"""Deliveries in a protocol: expected files, and how they are read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from data_contracts.reading.parts import Name, Section, ShortText
from data_contracts.tables.declared import TABLES

if TYPE_CHECKING:
    Table = str
else:
    Table = Literal[TABLES]


class Delivery(Section):
    """A kind of file that the project delivers, and how to read it."""

    table: Table = Field(description="Which contract the rows must meet.")
    files: Annotated[str, Field(pattern=r"^[A-Za-z0-9æøåÆØÅ_.*?{} ()-]{1,120}$")] = Field(
        description="File name. `*` stands for any text, `{period}` for what the file is about (2026Q3, 2026-09, 2026), `{version}` for the number or date of a corrected file (_v2, (2), _2026-10-05, or nothing)."
    )
    each_file: Literal["adds", "replaces"] = Field(
        default="adds",
        description="`adds`: files with different names or periods stand side by side. `replaces`: of all periods up to the reporting quarter the latest alone counts, as with a list that is sent whole each time; needs `{period}`.",
    )
    format: Literal["csv", "xlsx", "parquet"]
    delimiter: Literal[";", ",", "tab"] = ","
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    decimal: Literal[".", ","] = "."
    date_format: Literal["yyyy-mm-dd", "dd-mm-yyyy", "dd/mm/yyyy", "dd.mm.yyyy", "period"] = Field(
        default="yyyy-mm-dd",
        description="`period` reads periods as StatBank and jobindsats write them (1. kvt. 2010, 2010K1, 2010M01, jan. 2010) as their last day.",
    )
    sheet: str | None = Field(default=None, description="Sheet of an XLSX file; required when it has several.")
    header_row: int = Field(default=1, ge=1, le=50, description="Row with the column names.")
    rows_to_drop: tuple[ShortText, ...] = Field(
        default=(),
        description="Rows whose first filled cell begins with one of these texts are totals or notes (“I alt”, “Kilde”). They are dropped and counted.",
    )
    null_values: tuple[str, ...] = Field(default=("",), description="Cell texts that mean “not known”, e.g. `..`.")
    columns: dict[str, str | tuple[str, ...]] = Field(
        default_factory=dict,
        description="Contract column → column in the file, or a list of names it may have. Columns with the same name need no entry.",
    )
    constants: dict[str, str] = Field(
        default_factory=dict, description="Contract column → a value that holds for every row."
    )
    where: dict[str, str] = Field(
        default_factory=dict, description="Keep only rows where these file columns have these values."
    )
    outcome_columns: dict[Name, str] = Field(
        default_factory=dict, description="For outcomes with one column each: outcome → column in the file."
    )
    expected_shifts: tuple[Name, ...] = Field(
        default=(),
        description="Columns that may change thirtyfold from one file to the next. Elsewhere that stops the file: kroner may have become øre.",
    )
    retention_until: date | None = Field(
        default=None, description="Last day the rows may be kept. They are deleted the day after."
    )


class SamePerson(Section):
    """What to do with a person who appears more than once.

    The selection steps count the people that each rule applies to.
    """

    two_municipalities: Literal["earliest_start", "latest_start", "leave_out"] = Field(
        default="earliest_start", description="Delivered by two places, or moved from one to the other."
    )
    starts_again: Literal["earliest_start", "latest_start", "leave_out"] = Field(
        default="earliest_start", description="Started more than once in the same place."
    )
    several_extracts: Literal["earliest", "latest"] = Field(
        default="earliest",
        description="Which row of a comparison person counts when extracts of several dates hold her. Participants always get the last one from before their start.",
    )
