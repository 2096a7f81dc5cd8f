"""Duration and memory of building a quarter's pages.

The quarter has every municipality, two languages and ten results. `python -m bench.speed.site` prints seconds,
megabytes and pages; nothing is asserted.
"""

from __future__ import annotations

import resource
import time

from dashboards.marts.results import build_marts
from dashboards.pages.site import build_site
from data_contracts.reading.knowledge import read_knowledge
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.example_record import example_record

RESULTS = 10


def main() -> None:
    """Build the pages cold and warm, and print the cost."""
    codes = list(read_knowledge("municipalities")["municipalities"])
    records = [
        example_record(
            result_id=f"p{i}.2026Q3.o",
            project=f"p{i}",
            municipalities=codes,
            estimate=0.2 + i / 100,
            interval_low=0.15 + i / 100,
            interval_high=0.25 + i / 100,
        )
        for i in range(RESULTS)
    ]
    marts = build_marts([publish(record, default_policy()).model_dump(mode="json") for record in records])
    for turn in ("first", "again"):
        start = time.perf_counter()
        pages = build_site(marts, "2026Q3")
        seconds = time.perf_counter() - start
        largest = max(len(content) for content in pages.values())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{turn}: {len(pages)} pages of {len(codes)} municipalities and {RESULTS} results in {seconds:.1f} s, "
            f"peak {peak:.0f} MB, largest page {largest / 1000:.0f} kB before compression"
        )


if __name__ == "__main__":
    main()
