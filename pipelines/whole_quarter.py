"""A whole quarter in one run: every project, then the pages.

A Dagster run takes seconds before any work begins, so a run per project and quarter is slow for hundreds of quarters.
Here one process works through a quarter's projects. Each is still a separate run with its own partition, checks and
log, and a refused project does not stop the others.
"""

from dagster import Failure, OpExecutionContext, ResourceParam, job, op

from assets.storage.dagster_failures import guarded
from assets.storage.home import Home
from assets.storage.partitions import quarter_partitions
from assets.storage.store import Store
from data_contracts.calendar.quarters import Quarter
from data_contracts.reading.faults import InputRefused
from pipelines.jobs import TAGS
from pipelines.running.runner import run_on


def begun_by(home: Home, quarter: Quarter) -> list[str]:
    """Return projects whose evaluation has begun by a quarter.

    A project with an unreadable protocol is included, so that it is reported.
    """
    found = []
    for project in home.project_ids():
        try:
            first = Quarter.parse(home.protocol(project).evaluation.first_quarter)
        except InputRefused:
            first = quarter
        if quarter.minus(first) >= 0:
            found.append(project)
    return found


@op(description="Hvert projekt i kvartalet og derefter siderne · Every project of the quarter, then its pages.")
@guarded
def evaluate_every_project(context: OpExecutionContext, store: ResourceParam[Store]) -> None:
    """Evaluate a quarter's projects in turn; fail if any was refused."""
    quarter = Quarter.parse(context.partition_key)
    told = []
    for outcome in run_on(store.home, context.instance, quarter, begun_by(store.home, quarter), again=False):
        context.log.info(f"{outcome.project} {outcome.quarter}: {outcome.state}")
        if outcome.state in ("refused", "failed"):
            told += [f"{outcome.project} {outcome.quarter}: {words}" for words in outcome.messages]
    if told:
        raise Failure(description="\n".join(told), allow_retries=False)


@job(
    name="evaluate_quarter",
    partitions_def=quarter_partitions,
    tags=TAGS,
    description="Et helt kvartal, til at hente flere kvartaler ind · A whole quarter, for catching up or backfills.",
)
def whole_quarter_job() -> None:
    """Evaluate every project of a quarter and build its pages."""
    evaluate_every_project()
