"""The command `trin`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from rich.markup import escape

from pipelines.command_line import exit_codes
from pipelines.command_line.auditing import audit
from pipelines.command_line.options import chosen_quarter, home_option, known_home, language_option
from pipelines.command_line.page_verbs import open_site, pdf
from pipelines.command_line.printing import console, show_faults
from pipelines.command_line.release_verbs import ledger, release
from pipelines.command_line.upgrading import upgrade


class Verbs(click.Group):
    """Command group that maps exceptions to messages and exit codes."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a verb and turn exceptions into a message and an exit code.

        Users never see a traceback unless TRIN_DEBUG is set.
        """
        from data_contracts.reading.faults import InputRefused

        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except InputRefused as refused:
            show_faults(refused.faults)
            sys.exit(exit_codes.REFUSED)
        except OSError as error:
            from assets.storage.home import refused_by_computer

            show_faults([refused_by_computer(error)])
            sys.exit(exit_codes.FAILED)
        except Exception as error:
            if os.environ.get("TRIN_DEBUG"):
                raise
            kind = type(error).__name__
            show_faults([f"Unexpected error ({kind}). Run trin doctor; set TRIN_DEBUG=1 to see the details."])
            sys.exit(exit_codes.FAILED)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write exit codes below the list of verbs."""
        formatter.write_text(exit_codes.EXIT_CODES.strip())


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="trin", prog_name="trin")
def trin() -> None:
    """Evaluate social programmes and grade what each result is worth.

    \b
    Begin:    trin init --demo && trin run
    A result: trin explain i-gang.2026Q3.in_work_or_education
    """


@trin.command()
@home_option
@click.option("--demo", is_flag=True, help="Add the demo portfolio: synthetic projects and one real study.")
def init(home_folder: Path, demo: bool) -> None:
    """Create a home: folders, a key and settings.

    \b
    Examples:
      trin init --demo                a demo home to explore
      trin init --home /srv/trin      a home for real data, with a private key
    """
    from pipelines.running.demo import set_up
    from pipelines.running.upgrading import upgrade_demo

    home = known_home(home_folder, must_exist=False, must_be_current=False)
    if upgrade_demo(home):
        console.print("The demo home was upgraded from an earlier version of Trin.")
    known_home(home_folder, must_exist=False)
    added = set_up(home, demo=demo)
    console.print(f"Home: {escape(str(home.root))}")
    for project in added:
        console.print(f"  + {project}")
    if not demo and not home.project_ids():
        console.print(
            "Next: put a project.yaml in projects/<id>/ and its files in inbox/<id>/, then: trin check, trin run."
        )


@trin.command()
@home_option
@language_option
@click.option("--project", "projects", multiple=True, help="Only this project; repeatable.")
@click.option("--quarter", help="Reporting quarter, e.g. 2026Q3. Default: the last closed quarter.")
@click.option("--again", is_flag=True, help="Run even if nothing has changed.")
def run(home_folder: Path, language: str, projects: tuple[str, ...], quarter: str | None, again: bool) -> None:
    """Evaluate a quarter and publish it.

    \b
    Examples:
      trin run                                  every project, the last closed quarter
      trin run --project i-gang --quarter 2026Q2
    """
    from pipelines.command_line.running import run_and_show

    home = known_home(home_folder)
    known = home.project_ids()
    unknown = [p for p in projects if p not in known]
    if unknown:
        from data_contracts.reading.faults import suggestion

        for name in unknown:
            show_faults(
                [
                    f"There is no such project in projects/. {suggestion(name, known) or 'Known: ' + ', '.join(known) + '.'}"
                ]
            )
        sys.exit(exit_codes.USAGE)
    if not known:
        show_faults(
            [f"There are no projects in {home.projects}. Add a folder with a project.yaml, or use trin init --demo."]
        )
        sys.exit(exit_codes.REFUSED)
    sys.exit(run_and_show(home, chosen_quarter(quarter), list(projects) or known, again=again, language=language))


@trin.command()
@home_option
@language_option
@click.option("--project", help="The project the file belongs to, if its name does not tell.")
@click.argument("path", type=click.Path(path_type=Path))
def check(home_folder: Path, language: str, project: str | None, path: Path) -> None:
    """Check a protocol, a project or a file before it is sent.

    Nothing is stored. A project is checked together with its deliveries.

    \b
    Examples:
      trin check home/projects/i-gang                a project and the files in its inbox
      trin check home/projects/i-gang/project.yaml   the protocol alone
      trin check aarhus_2026Q4.csv                   a file: the receipt it would get
    """
    from pipelines.command_line.checking import check_and_show

    sys.exit(check_and_show(known_home(home_folder, must_exist=False), path, project, language))


@trin.command()
@home_option
@language_option
def status(home_folder: Path, language: str) -> None:
    """Show projects, evaluated quarters and files in quarantine.

    \b
    Example:
      trin status
    """
    from pipelines.command_line.showing import show_status

    sys.exit(show_status(known_home(home_folder), language))


@trin.command()
@home_option
@language_option
@click.option(
    "--full", "in_full", is_flag=True, help="Also show the supported claims, every error source and every question."
)
@click.argument("result_id")
def explain(home_folder: Path, language: str, in_full: bool, result_id: str) -> None:
    """Explain a result on one screen.

    Shows why it has its rung, what could be wrong, what was checked and what would raise it.

    \b
    Examples:
      trin explain i-gang.2026Q3.in_work_or_education --language en
      trin explain i-gang.2026Q3.in_work_or_education --full
    """
    from pipelines.command_line.showing import explain_result

    sys.exit(explain_result(known_home(home_folder), result_id, language, in_full=in_full))


@trin.command(name="lint-claim")
@home_option
@language_option
@click.option("--result", "result_id", required=True, help="The result, or the dossier study, to check it against.")
@click.argument("text")
def lint_claim(home_folder: Path, language: str, result_id: str, text: str) -> None:
    """Report claims in a text that a result does not support.

    TEXT is the text itself, or - to read it from a pipe. Exit code 3 if any claim is unsupported.

    \b
    Examples:
      trin lint-claim "I Gang virker" --result i-gang.2026Q3.in_work_or_education
      trin lint-claim - --result i-gang.2026Q3.in_work_or_education < release.txt
    """
    from pipelines.command_line.linting import lint_and_show

    given = text
    if text == "-":
        try:
            given = sys.stdin.buffer.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            show_faults(["The text is not UTF-8. Save it as UTF-8 text."])
            sys.exit(exit_codes.REFUSED)
    sys.exit(lint_and_show(known_home(home_folder), given, result_id, language))


@trin.command()
@home_option
@language_option
@click.argument("project")
@click.option("--table", default="participants", show_default=True, help="The table that the file feeds.")
@click.option("--quarter", help="The period in the file's name. Default: the current quarter.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=".", help="Folder to write it to.")
def template(home_folder: Path, language: str, project: str, table: str, quarter: str | None, into: Path) -> None:
    """Write an empty delivery file, with the allowed values, to fill in.

    \b
    Example:
      trin template i-gang
    """
    from pipelines.command_line.delivering import write_templates

    sys.exit(write_templates(known_home(home_folder), project, table, quarter, into, language))


@trin.command()
@home_option
@click.argument("project")
@click.argument("number", type=int)
def withdraw(home_folder: Path, project: str, number: int) -> None:
    """Withdraw a file so that it no longer counts or is expected.

    \b
    Example:
      trin withdraw i-gang 7     the file with receipt no. 7
    """
    from pipelines.command_line.delivering import withdraw_and_show

    sys.exit(withdraw_and_show(known_home(home_folder), project, number))


@trin.command()
@home_option
@language_option
@click.option("--project", "projects", multiple=True, help="Only from this project; repeatable.")
@click.option("--yes", is_flag=True, help="Skip the confirmation; required when identifiers come from a pipe.")
def erase(home_folder: Path, language: str, projects: tuple[str, ...], yes: bool) -> None:
    """Erase people from every table and block them from later deliveries.

    Identifiers are prompted for, or read from a pipe, one per line. They are never arguments, because other users can
    see those.

    \b
    Examples:
      trin erase --project i-gang
      trin erase --yes < withdrawn.txt
    """
    from pipelines.command_line.delivering import erase_and_show

    sys.exit(erase_and_show(known_home(home_folder), list(projects), language, is_sure=yes))


@trin.group()
def key() -> None:
    """Manage the pseudonym key."""


@key.command()
@home_option
def rotate(home_folder: Path) -> None:
    """Rotate the pseudonym key; pseudonyms change, results do not.

    \b
    Example:
      trin key rotate
    """
    from pipelines.command_line.delivering import rotate_and_show

    sys.exit(rotate_and_show(known_home(home_folder)))


@trin.command()
@home_option
def doctor(home_folder: Path) -> None:
    """Check that this installation works.

    \b
    Example:
      trin doctor
    """
    from pipelines.command_line.doctor import examine

    sys.exit(examine(known_home(home_folder, must_exist=False, must_be_current=False)))


trin.add_command(audit)
trin.add_command(upgrade)
trin.add_command(release)
trin.add_command(ledger)
trin.add_command(open_site)
trin.add_command(pdf)
