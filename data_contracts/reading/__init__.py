"""Reading what people and we ourselves write: safe YAML, faults with their line, files of knowledge."""
