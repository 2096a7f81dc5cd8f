"""Cells: conversion of delivered values to the contract's types."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from assets.storage.rows import ROW
from data_contracts.calendar.periods import period_end
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.delivery_rules import DATE_LAYOUTS
from data_contracts.protocol.table_contract import UNPARSED_SUFFIX, TableContract

LARGEST_WHOLE = 2.0**63
NO_NUMBER = "#NUM!"
"""Spellings of infinity in spreadsheets, which are never identifiers or levels."""
# A person number with a comma instead of a hyphen is not numeric.
PERSON_NUMBER_AS_DECIMAL = r"[0-9][0-9](0[1-9]|1[0-2])[0-9]{2},[0-9]{4}"


def parse_columns(frame: pd.DataFrame, contract: TableContract, delivery: Delivery) -> pd.DataFrame:
    """Return the contract's columns with their types.

    Parameters
    ----------
    frame : DataFrame
        With the contract's columns by name; text, dates or numbers.
    delivery : Delivery
        Decimal mark, date format and null values.

    Returns
    -------
    DataFrame
        The contract's columns typed, `<column>__unparsed` beside each that is not text, and `row_in_file`.
    """
    typed: dict[str, pd.Series] = {}
    for column in contract.columns:
        series = frame[column.name]
        if column.kind == "string":
            typed[column.name] = _as_text(series, delivery)
            continue
        value = _as_date(series, delivery) if column.kind == "date" else _as_number(series, delivery)
        typed[column.name] = value
        typed[column.name + UNPARSED_SUFFIX] = value.isna() & is_given(series, delivery)
    typed[ROW] = frame[ROW].astype("int64")
    return pd.DataFrame(typed).reset_index(drop=True)


def _is_text(series: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series))


def is_given(series: pd.Series, delivery: Delivery) -> pd.Series:
    """Return whether cells have a value, by the delivery's null values."""
    given = series.notna()
    if _is_text(series):
        given &= ~series.astype("str").str.strip().isin(delivery.null_values)
    elif pd.api.types.is_numeric_dtype(series):
        # A numeric null value also matches cells that hold it as a number.
        words = (word.replace(delivery.decimal, ".") for word in delivery.null_values)
        given &= ~series.isin([float(word) for word in words if re.fullmatch(r"-?\d+(\.\d+)?", word)])
    return given


def _as_text(series: pd.Series, delivery: Delivery) -> pd.Series:
    if pd.api.types.is_float_dtype(series):
        text = _whole_numbers(series).astype("str")  # a column with gaps holds 751 as 751.0
        rest = series[text.isna()]
        text = text.fillna(rest.astype("str").mask(np.isinf(rest), NO_NUMBER))
    else:
        text = series.astype("str").str.strip()
    return text.where(is_given(series, delivery))


def _whole_numbers(series: pd.Series) -> pd.Series:
    """Return whole numbers, with fractions, infinity and overflow as gaps."""
    values = series.astype("float64")
    is_whole = np.isfinite(values) & (values == values.round()) & (values.abs() < LARGEST_WHOLE)
    return series.where(is_whole).astype("Int64")


def _as_number(series: pd.Series, delivery: Delivery) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(series):
        return pd.Series(np.nan, index=series.index)
    if not _is_text(series):
        values = series.astype("float64")
        return values.where(np.isfinite(values) & is_given(series, delivery))
    text = series.astype("str").str.strip()
    if delivery.decimal == ",":
        # No thousands group begins with a zero, so “0.500” uses a decimal point.
        pattern = r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d+)?"
        text = text.where(~text.str.fullmatch(PERSON_NUMBER_AS_DECIMAL).fillna(False).astype(bool), "")
        plain = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    else:
        # No thousands separators, because “51,914” may have an undeclared decimal comma.
        pattern = r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?"
        plain = text
    fits = text.str.fullmatch(pattern).fillna(False).astype(bool) & is_given(series, delivery)
    values = pd.to_numeric(plain.where(fits), errors="coerce").astype("float64")
    return values.where(np.isfinite(values))


def _as_date(series: pd.Series, delivery: Delivery) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(series):
        return pd.Series(series.dt.tz_localize(None).dt.normalize().astype("datetime64[s]"))
    if not _is_text(series):
        if delivery.date_format != "period":
            return pd.Series(pd.NaT, index=series.index, dtype="datetime64[s]")
        series = _whole_numbers(series).astype("str")  # years as numbers
    text = series.astype("str").str.strip()
    if delivery.date_format == "period":
        ends = {word: period_end(word) for word in text[is_given(series, delivery)].unique()}
        return pd.to_datetime(text.map(ends), errors="coerce").astype("datetime64[s]")
    # Pandas accepts a missing zero; the declared format does not.
    pattern = re.sub("[dmy]", r"\\d", re.escape(delivery.date_format))
    fits = text.str.fullmatch(pattern).fillna(False).astype(bool) & is_given(series, delivery)
    layout = DATE_LAYOUTS[delivery.date_format]
    return pd.to_datetime(text.where(fits), format=layout, errors="coerce").astype("datetime64[s]")
