"""Output of a measured process, on one line."""

from __future__ import annotations

import json
import resource
import time


class Stopwatch:
    """Seconds from one step to the next."""

    def __init__(self) -> None:
        self.begun = self.last = time.perf_counter()
        self.processor = time.process_time()
        self.steps: dict[str, float] = {}

    def step(self, name: str) -> None:
        """Record the end of a step."""
        now = time.perf_counter()
        self.steps[name], self.last = now - self.last, now

    def tell(self, **more: object) -> None:
        """Print everything as JSON, with any other findings."""
        told = {
            "seconds": self.last - self.begun,
            "processor_seconds": time.process_time() - self.processor,
            "peak_gb": memory_peak(),
            "steps": self.steps,
        }
        print(json.dumps(told | more))


def memory_peak() -> float:
    """Return the peak memory of this process, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
