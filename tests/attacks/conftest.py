"""One scene for each attack: nothing of it is used again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.scene import Scene
from tests.installation import a_published_installation


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """An installation with a roster and a published snapshot, its vault running."""
    with a_published_installation(tmp_path) as home:
        home.operator.vault.sign()
        made = Scene(home)
        try:
            yield made
        finally:
            made.close()
