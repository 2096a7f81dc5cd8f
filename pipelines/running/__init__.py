"""Running quarters in this process: the instance, the runner, the demo home, rehearsal without Dagster."""
