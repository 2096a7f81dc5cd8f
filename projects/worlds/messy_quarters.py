"""Two quarters of "I Gang" with late, corrected and retyped files.

Both sites send their whole list each quarter. People refused below are listed
correctly in the third quarter's list, so that quarter's result is that of
clean lists.

=========================  ====================================================
file                       what is wrong with it
=========================  ====================================================
aarhus_2026Q2.csv          three days that do not exist, two rows twice, a
                           person aged 41, one contradicting pair
aarhus_2026Q2_v2.csv       corrected, but with renamed headers: refused whole
aarhus_2026Q2_v3.csv       a declared other header; three municipality codes
                           lost their zero in a spreadsheet
aarhus_2026Q3.csv          one row with an impossible day beside its correction
odense_2026Q2.xlsx, Q3     two title rows, a total row, a guide sheet
=========================  ====================================================
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd

from projects.worlds.young_mothers import SITES, World, asked_of_sites, draw_world, outcome_rows, register_rows

SEED = 2026
Q2_STARTS_UNTIL = date(2025, 3, 31)
AGED_41 = "8801844003"
"""A person outside the target group, with 60 added to the day of birth."""
IMPOSSIBLE_DAY = "31-02-2024"


def write_deliveries(folder: Path) -> None:
    """Write two quarters of files.

    Parameters
    ----------
    folder : Path
        The project's inbox; created if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = draw_world("ignorable", seed=SEED)
    asked = asked_of_sites(world, SEED)
    aarhus = _with_older_person(asked[asked["kommune"] == SITES[0]])
    odense = asked[asked["kommune"] == SITES[1]]
    _write_aarhus(folder, aarhus)
    for quarter, rows in (("2026Q2", odense[odense["startdato"] <= Q2_STARTS_UNTIL]), ("2026Q3", odense)):
        _write_odense(folder / f"odense_{quarter}.xlsx", rows, quarter)
    _register_with_older_person(world).to_parquet(folder / "register.parquet", index=False)
    outcome_rows(world).to_parquet(folder / "udfald.parquet", index=False)


def _with_older_person(rows: pd.DataFrame) -> pd.DataFrame:
    older = rows.iloc[[0]].assign(cpr=AGED_41, startdato=date(2024, 5, 2))
    return pd.concat([rows, older], ignore_index=True)


def _register_with_older_person(world: World) -> pd.DataFrame:
    register = register_rows(world)
    older = register.iloc[[0]].assign(
        person_id=AGED_41, age_years=41.0, covariate_date=pd.Timestamp("2024-05-01"), municipality_code=SITES[0]
    )
    return pd.concat([register, older], ignore_index=True)


def _write_aarhus(folder: Path, rows: pd.DataFrame) -> None:
    early = _as_text(rows[rows["startdato"] <= Q2_STARTS_UNTIL])
    first = early.copy()
    first.loc[first.index[[3, 17, 40]], "startdato"] = IMPOSSIBLE_DAY
    contradiction = first.iloc[[60]].assign(motivation="1,5")
    first = pd.concat([first, first.iloc[[8, 9]], contradiction])
    _write_csv(folder / "aarhus_2026Q2.csv", first)
    _write_csv(folder / "aarhus_2026Q2_v2.csv", early.rename(columns={"cpr": "CPR-nummer", "startdato": "start_dato"}))
    third = early.rename(columns={"cpr": "cpr_nr"})
    third.loc[third.index[[5, 6, 7]], "kommune"] = SITES[0].lstrip("0")
    _write_csv(folder / "aarhus_2026Q2_v3.csv", third)
    late = _as_text(rows)
    retyped = late.iloc[[100]].assign(startdato=IMPOSSIBLE_DAY)
    _write_csv(folder / "aarhus_2026Q3.csv", pd.concat([late.iloc[:101], retyped, late.iloc[101:]]))


def _as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the site's format: hyphens, Danish dates and commas."""
    return rows.assign(
        cpr=rows["cpr"].str[:6] + "-" + rows["cpr"].str[6:],
        startdato=[day.strftime("%d-%m-%Y") for day in rows["startdato"]],
        motivation=[f"{value:.1f}".replace(".", ",") for value in rows["motivation"]],
        sagsbehandler="(ikke bedt om)",
    ).reset_index(drop=True)


def _write_csv(path: Path, rows: pd.DataFrame) -> None:
    path.write_bytes(rows.to_csv(sep=";", index=False, lineterminator="\r\n").encode("cp1252"))


def _write_odense(path: Path, rows: pd.DataFrame, quarter: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Deltagere"
    sheet.append([f"I Gang Odense, deltagere til og med {quarter}"])
    sheet.append(["Opdateret af projektlederen"])
    sheet.append([*rows.columns, "bemærkning"])
    for row in rows.itertuples(index=False):
        sheet.append([*row, "(ikke bedt om)"])
    sheet.append(["I alt", None, len(rows)])
    book.create_sheet("Vejledning").append(["Udfyld arket Deltagere."])
    book.save(path)
