"""In-process runs: instance, runner, demo home and rehearsal."""
