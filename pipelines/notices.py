"""Failure notices by command or e-mail, configured in `notices.yaml`.

A notice says which run failed and why, using failure messages, which contain no identifiers or data.
"""

import smtplib
import subprocess
from email.message import EmailMessage

from dagster import DefaultSensorStatus, ResourceParam, RunFailureSensorContext, run_failure_sensor

from assets.storage.home import Home, text_of
from assets.storage.store import Store
from data_contracts.home_files.notices import Notices
from data_contracts.reading.faults import InputRefused
from data_contracts.reading.section_reading import read_section

NOTICES = "notices.yaml"
LONGEST_SECONDS = 30


def notices_of(home: Home) -> Notices | None:
    """Return the notice settings, or None if the home has none.

    Raises
    ------
    InputRefused
        With every fault of the file.
    """
    path = home.root / NOTICES
    return read_section(text_of(path, NOTICES), NOTICES, Notices) if path.is_file() else None


def send(notices: Notices, subject: str, text: str) -> list[str]:
    """Send a notice through every configured channel; return faults.

    Faults describe what went wrong without the content of the notice.
    """
    faults = []
    if notices.command:
        try:
            done = subprocess.run(
                notices.command, input=f"{subject}\n\n{text}\n", text=True, timeout=LONGEST_SECONDS, check=False
            )
            if done.returncode:
                faults.append(f"the command exited with code {done.returncode}")
        except (OSError, subprocess.TimeoutExpired) as error:
            faults.append(f"the command could not be run: {type(error).__name__}")
    if notices.email is not None:
        message = EmailMessage()
        message["Subject"], message["From"] = subject, notices.email.sender
        message["To"] = ", ".join(notices.email.to)
        message.set_content(text)
        try:
            with smtplib.SMTP(notices.email.server, notices.email.port, timeout=LONGEST_SECONDS) as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            faults.append(f"the mail server rejected it: {type(error).__name__}")
    return faults


@run_failure_sensor(
    default_status=DefaultSensorStatus.RUNNING,
    description="Fortæller om kørsler, der fejler · Reports failed runs as configured in notices.yaml.",
)
def failure_notice(context: RunFailureSensorContext, store: ResourceParam[Store]) -> None:
    """Send notices about a failed run."""
    try:
        notices = notices_of(store.home)
    except InputRefused as refused:
        context.log.error("%s", "; ".join(str(fault) for fault in refused.faults))
        return
    if notices is None:
        return
    run, tags = context.dagster_run, context.dagster_run.tags
    partition = tags.get("dagster/partition", "–")
    failures = [event.step_failure_data.user_failure_data for event in context.get_step_failure_events()]
    reasons = [failure.description for failure in failures if failure is not None]
    lines = [f"Run {run.run_id}, job {run.job_name}, partition {partition}.", *(reason or "" for reason in reasons)]
    lines += [
        context.failure_event.message or "",
        "See its log in the Dagster UI; run trin doctor to check the installation.",
    ]
    for fault in send(notices, f"Trin: {run.job_name} failed ({partition})", "\n".join(filter(None, lines))):
        context.log.error("A notice could not be sent: %s", fault)
