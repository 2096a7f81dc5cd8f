"""Asset graph, jobs, schedules, sensors, runners and command line."""
