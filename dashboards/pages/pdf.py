"""A page as a PDF, for mail and paper.

The engine is an optional extra. It may not fetch anything, because a page contains all it shows.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from data_contracts.reading.faults import Fault, InputRefused

EXTRA = "pip install --require-hashes -r requirements-browser.lock"
LIBRARIES = "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def pdf_of(html: str) -> bytes:
    """Return a page as PDF/UA-1; the same page gives the same bytes.

    Parameters
    ----------
    html : str
        A page of the site.

    Raises
    ------
    InputRefused
        If the engine or a library it needs is not installed.
    """
    if find_spec("weasyprint") is None:
        raise InputRefused([Fault("What makes PDF files is not installed.", EXTRA, "weasyprint")])
    try:
        engine: Any = import_module("weasyprint")
    except OSError:
        raise InputRefused([Fault("What draws text in PDF files is not installed.", LIBRARIES, "pango")]) from None
    fetches_nothing = engine.urls.URLFetcher(allowed_protocols=())
    made: bytes = engine.HTML(string=html, url_fetcher=fetches_nothing, media_type="print").write_pdf(
        pdf_variant="pdf/ua-1"
    )
    return made
