"""Contracts of delivered tables, compiled from ODCS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from data_contracts.protocol.protocol import Covariate, Protocol
from data_contracts.tables.declared import contract_of, custom_properties

PERSON = "person_id"
UNPARSED_SUFFIX = "__unparsed"
LOST_ZERO_SUFFIX = "__lost_zero"
LARGEST_PLAIN_NUMBER = "99999999"
"""Limit of numbers without a declared one: nine or ten digits may be a person number."""

Kind = Literal["string", "date", "number"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract.

    Attributes
    ----------
    kind : {'string', 'date', 'number'}
    minimum, maximum : str or None
        Bounds as text: ISO dates or decimal numbers.
    levels : tuple of str
        Allowed values; empty means any.
    pattern : str or None
        Regular expression that a whole string must match.
    used_by : str
        Station that reads it.
    minutes_per_participant : float
        Minutes that a project needs to answer.
    danish : (str, str)
        Description and purpose in Danish.
    when_empty : str or None
        Value that an empty cell means.
    """

    name: str
    kind: Kind
    required: bool
    description: str
    purpose: str
    used_by: str
    minimum: str | None = None
    maximum: str | None = None
    levels: tuple[str, ...] = ()
    pattern: str | None = None
    minutes_per_participant: float = 0.0
    danish: tuple[str, str] = ("", "")
    when_empty: str | None = None

    def said(self, language: str) -> tuple[str, str]:
        """Return description and purpose."""
        return self.danish if language == "da" else (self.description, self.purpose)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that rows must meet.

    Attributes
    ----------
    code : str
        `identifier`, `leading_zero`, `readable`, `required`, `range`, `allowed`, `pattern` or `unique`.
    columns : tuple of str
        One column, or the key for `unique`.
    has_flag : bool
        Whether a flag column distinguishes unreadable cells from empty ones.
    only_where : (str, str) or None
        Column and value of the rows that the rule applies to.
    """

    code: Literal["identifier", "leading_zero", "readable", "required", "range", "allowed", "pattern", "unique"]
    columns: tuple[str, ...]
    kind: Kind = "string"
    minimum: str | None = None
    maximum: str | None = None
    levels: tuple[str, ...] = ()
    pattern: str | None = None
    has_flag: bool = False
    only_where: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """Name in receipts and checks, without delivered values."""
        where = f" where {self.only_where[0]} is {self.only_where[1]}" if self.only_where else ""
        return f"{self.code}({', '.join(self.columns)}){where}"


@dataclass(frozen=True, slots=True)
class TableContract:
    """The contract of one table of one project."""

    table: str
    version: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    largest_refused_share: float
    further_rules: tuple[Rule, ...] = ()
    tolerated_refused_rows: int = 0

    def refuses_whole(self, refused: int, total: int) -> bool:
        """Return True if too many rows are refused to trust the rest.

        A single bad row in a short file is not too many.
        """
        if refused == 0 or total == 0:
            return False
        return refused == total or (
            refused > self.tolerated_refused_rows and refused / total > self.largest_refused_share
        )

    @property
    def has_people(self) -> bool:
        """Whether rows are about people, whose identifiers become pseudonyms."""
        return any(column.name == PERSON for column in self.columns)

    @property
    def asked_fields(self) -> int:
        """Number of fields that people fill in."""
        return sum(column.minutes_per_participant > 0 for column in self.columns)

    @property
    def minutes_per_participant(self) -> float:
        """Minutes to fill them in, as the contract estimates."""
        return sum(column.minutes_per_participant for column in self.columns)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return every rule, in a fixed order."""
        rules: list[Rule] = []
        for column in self.columns:
            name = (column.name,)
            if column.name == PERSON:
                rules += [Rule("identifier", name), Rule("leading_zero", name)]
            elif column.kind != "string":
                rules.append(Rule("readable", name))
            if column.required:
                has_flag = column.kind != "string" or column.name == PERSON
                rules.append(Rule("required", name, has_flag=has_flag))
            low, high = column.minimum, column.maximum
            if column.kind == "number" and not column.levels:
                low, high = low or f"-{LARGEST_PLAIN_NUMBER}", high or LARGEST_PLAIN_NUMBER
            if low is not None or high is not None:
                rules.append(Rule("range", name, column.kind, low, high))
            if column.levels:
                rules.append(Rule("allowed", name, column.kind, levels=column.levels))
            if column.pattern is not None:
                rules.append(Rule("pattern", name, pattern=column.pattern))
        return (*rules, *self.further_rules, Rule("unique", self.key))


def compile_contract(table: str, protocol: Protocol, *, latest: str | None = None) -> TableContract:
    """Compile a table's contract for a project.

    Parameters
    ----------
    protocol : Protocol
        Its covariates become columns and its outcomes allowed values, and the municipality may become required.
    latest : str or None
        ISO date of the file's arrival, after which nothing can have been observed.
    """
    document = contract_of(table)
    schema = document["schema"][0]
    custom = custom_properties(schema)
    known = known_words(table, protocol)
    columns = [replace(c, levels=known[c.name]) if c.name in known else c for c in core_columns(table)]
    if protocol.municipalities and table in ("participants", "assignment"):
        is_asked = table == "participants"
        columns = [
            replace(c, required=is_asked, levels=protocol.municipalities) if c.name == "municipality_code" else c
            for c in columns
        ]
    required = {name for section in protocol.design_sections for name in section.required_columns(table)}
    columns = [replace(c, required=True) if c.name in required else c for c in columns]
    source = protocol_columns(table)
    columns += [_covariate_column(covariate) for covariate in protocol.covariates if covariate.source == source]
    columns = [replace(c, maximum=latest) if c.kind == "date" and latest else c for c in columns]
    key = sorted(
        (entry for entry in schema["properties"] if entry.get("primaryKey")),
        key=lambda entry: entry["primaryKeyPosition"],
    )
    return TableContract(
        table=table,
        version=document["version"],
        columns=tuple(columns),
        key=tuple(e["name"] for e in key if e["name"] != "municipality_code" or protocol.municipalities),
        largest_refused_share=float(custom["largestRefusedShare"]),
        further_rules=_value_rules(protocol, table),
        tolerated_refused_rows=int(custom["toleratedRefusedRows"]),
    )


def core_columns(table: str) -> list[Column]:
    """Return the columns that a table has in every protocol."""
    return [_core_column(entry) for entry in contract_of(table)["schema"][0]["properties"]]


def protocol_columns(table: str) -> str:
    """Return the source of covariates that become columns, or `none`."""
    return str(custom_properties(contract_of(table)["schema"][0])["protocolColumns"])


def known_words(table: str, protocol: Protocol) -> dict[str, tuple[str, ...]]:
    """Return allowed values of columns that contain names of the protocol."""
    outcomes = tuple(outcome.name for outcome in protocol.outcomes)
    words: dict[str, tuple[str, ...]] = {}
    if any(column.name == "outcome" for column in core_columns(table)):
        words["outcome"] = protocol.delivered_outcomes if table == "outcomes" else outcomes
    for section in protocol.design_sections:
        words |= section.known_words(table, outcomes)
    return words


def _value_rules(protocol: Protocol, table: str) -> tuple[Rule, ...]:
    """Return the rules for outcome values.

    0 or 1 if binary, within bounds otherwise; rates of binary outcomes are shares.
    """
    if not {"outcome", "value"} <= {column.name for column in core_columns(table)}:
        return ()
    if any(section.has_free_values(table) for section in protocol.design_sections):
        return ()
    declared = {outcome.name for outcome in protocol.outcomes if outcome.derived is None}
    rules = [
        Rule("allowed", ("value",), "number", levels=("0", "1"), only_where=("outcome", name))
        for name in protocol.delivered_outcomes
        if name not in declared and table == "outcomes"
    ]
    for outcome in protocol.outcomes:
        if outcome.derived is not None:
            continue
        where = ("outcome", outcome.name)
        if outcome.type == "binary" and table == "outcomes" and not protocol.units_are_places:
            rules.append(Rule("allowed", ("value",), "number", levels=("0", "1"), only_where=where))
        elif outcome.type == "binary":
            rules.append(Rule("range", ("value",), "number", "0", "1", only_where=where))
        elif outcome.minimum is not None or outcome.maximum is not None:
            low = None if outcome.minimum is None else str(outcome.minimum)
            high = None if outcome.maximum is None else str(outcome.maximum)
            rules.append(Rule("range", ("value",), "number", low, high, only_where=where))
    return tuple(rules)


def _core_column(entry: dict[str, Any]) -> Column:
    options = entry.get("logicalTypeOptions", {})
    custom = custom_properties(entry)
    return Column(
        name=entry["name"],
        kind=entry["logicalType"],
        required=bool(entry.get("required", False)),
        description=entry["description"],
        purpose=custom["purpose"],
        used_by=custom["usedBy"],
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        levels=tuple(custom.get("allowedValues", "").split(",")) if "allowedValues" in custom else (),
        pattern=options.get("pattern"),
        minutes_per_participant=float(custom.get("minutesPerParticipant", 0.0)),
        danish=(custom["descriptionDanish"], custom["purposeDanish"]),
        when_empty=custom.get("whenEmpty"),
    )


COVARIATE_PURPOSES = {
    "intake": ("Describes participants ({domain}).", "Beskriver deltagerne."),
    "register": ("Compared between the groups ({domain}).", "Sammenlignes mellem grupperne."),
    "study": ("May explain why studies differ ({domain}).", "Kan forklare, hvorfor undersøgelser er forskellige."),
    "place": ("Describes how places are composed ({domain}).", "Beskriver, hvordan steder er sammensat."),
}


def _covariate_column(covariate: Covariate) -> Column:
    intake = covariate.source == "intake"
    binary = covariate.type == "binary"
    low = 0.0 if binary else covariate.minimum
    high = 1.0 if binary else covariate.maximum
    return Column(
        name=covariate.name,
        kind="string" if covariate.type == "categorical" else "number",
        required=covariate.required,
        description=covariate.label.en,
        purpose=COVARIATE_PURPOSES[covariate.source][0].format(domain=covariate.domain),
        used_by="cohort" if intake else "comparison",
        minimum=None if low is None or binary else str(low),
        maximum=None if high is None or binary else str(high),
        levels=("0", "1") if binary else covariate.levels,
        minutes_per_participant=0.5 if intake else 0.0,
        danish=(covariate.label.da, COVARIATE_PURPOSES[covariate.source][1]),
    )
