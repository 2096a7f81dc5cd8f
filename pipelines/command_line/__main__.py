"""Entry point for `python -m pipelines.command_line`."""

from pipelines.command_line.main import trin

if __name__ == "__main__":
    trin(prog_name="trin")
