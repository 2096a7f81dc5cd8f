"""Records with an unexpected field, which must never be published."""

from __future__ import annotations

from pydantic import BaseModel, create_model

from data_contracts.results.result_record import ResultRecord
from data_contracts.results.statements import Quantity, Words

NUMBER = 8675309
CANARY = f"canary-{NUMBER}"
PLACES = ("top", "part", "row", "diagnostic", "finding", "mapping", "statement", "evidence")


def with_field(model: type[BaseModel], name: str) -> type[BaseModel]:
    """Return a restricted model with an additional, unmarked field."""
    return create_model(f"{model.__name__}Grown", __base__=model, **{name: (str, CANARY)})


def grown(part: BaseModel, name: str) -> BaseModel:
    fields = {field: getattr(part, field) for field in type(part).model_fields}
    return with_field(type(part), name).model_construct(**fields, **{name: CANARY})


def spoilt(record: ResultRecord, place: str, name: str) -> ResultRecord:
    """Return a record with a canary in an unexpected field."""
    evidence = record.evidence
    if place == "top":
        return grown(record, name)  # type: ignore[return-value]
    if place == "part":
        placebo = tuple(grown(row, name) for row in record.placebo)
        return record.model_copy(
            update={"placebo": placebo, "alternatives": tuple(grown(r, name) for r in record.alternatives)}
        )
    if place == "row":
        return record.model_copy(update={"balance": tuple(grown(row, name) for row in record.balance)})
    if place == "diagnostic":
        return record.model_copy(update={"diagnostics": grown(record.diagnostics, name)})
    if place == "evidence":
        return record.model_copy(update={"evidence": grown(evidence, name)})
    if place == "mapping":
        versions = record.provenance.contract_versions | {name: CANARY}
        facts = evidence.facts | {CANARY: True}
        return record.model_copy(
            update={
                "provenance": record.provenance.model_copy(update={"contract_versions": versions}),
                "evidence": evidence.model_copy(update={"facts": facts}),
            }
        )
    if place == "finding":
        sources = tuple(grown(source, name) for source in evidence.error_sources)
    else:
        more = {name: Words(da=CANARY, en=CANARY), "n_treated": Quantity(kind="count", value=NUMBER)}
        sources = tuple(
            source.model_copy(
                update={
                    "finding_says": tuple(
                        said.model_copy(update={"values": said.values | more}) for said in source.finding_says
                    )
                }
            )
            for source in evidence.error_sources
        )
    return record.model_copy(update={"evidence": evidence.model_copy(update={"error_sources": sources})})
