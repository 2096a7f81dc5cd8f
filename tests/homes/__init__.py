"""Homes that earlier versions made, to be opened by today's.

A home that is packed is a folder `home`, and beside it `pseudonym.key` if it has a key of its own. That key is thrown
away: it is packed with what it was made to protect, which is invented.
"""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.storage.home import Home

FOLDER = Path(__file__).parent
KEY = "pseudonym.key"


def unpack(name: str, target: Path) -> Home:
    """Unpack a home, `version_0_1_0` or `version_0_1_0_demo`, into an empty folder; files keep their times and rights.

    Where the key lies is the one thing in a home that depends on where the home is. It is written anew, as whoever
    moves a home does.
    """
    from assets.storage.home import Home

    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(FOLDER / f"{name}.tar.xz") as packed:
        packed.extractall(target, filter="tar")  # "data" would let the owner write what was released
    home = Home(target / "home")
    if (target / KEY).exists():
        home.key_location.write_text(f"{target / KEY}\n", encoding="utf-8")
    return home
