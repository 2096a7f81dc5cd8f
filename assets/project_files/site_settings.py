"""Publisher of the pages, from the home's `site.yaml`."""

from __future__ import annotations

import os

from assets.storage.home import Home, text_of
from data_contracts.home_files.site_settings import SiteSettings
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.reading.section_reading import read_section

SITE_SETTINGS = "site.yaml"


def site_settings(home: Home) -> SiteSettings:
    """Return the site settings, all empty if there is no file.

    Raises
    ------
    InputRefused
        With every fault of the file.
    """
    path = home.root / SITE_SETTINGS
    if not os.path.lexists(path):
        return SiteSettings()
    if not path.is_file():
        raise InputRefused(
            [
                Fault(
                    "This is a link or a folder, not a regular file.",
                    "Replace it with the file itself, or remove it.",
                    SITE_SETTINGS,
                )
            ]
        )
    return read_section(text_of(path, SITE_SETTINGS), SITE_SETTINGS, SiteSettings)
