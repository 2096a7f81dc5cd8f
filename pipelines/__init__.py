"""When and where: the asset graph, jobs, schedules, sensors; running it, documenting it, the command line."""
