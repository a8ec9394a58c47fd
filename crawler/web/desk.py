"""What the pages and the API work with: the store, the config as it is now, who may do what, the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from crawler.web.access import Access, Tries
from crawler.web.caching import Fresh
from crawler.web.lists import Readers
from crawler.web.probes import Probes

if TYPE_CHECKING:
    from crawler.config import Config
    from pipelines.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Passed in whole by `app.create_app`. `config` reads the file again when it has changed, and raises
    ConfigError when it cannot; `config_path` is where sources are written, None for nowhere."""

    store: Store
    config: Callable[[], Config]
    config_path: Path | None
    access: Access
    clock: Callable[[], datetime]
    fresh: Fresh
    tries: Tries
    probes: Probes
    readers: Readers


def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


async def _at_hand(request: Request) -> Desk:
    # Declared async: FastAPI would send a plain function to a thread, which takes longer than all it does.
    return desk_of(request)


TheDesk = Annotated[Desk, Depends(_at_hand)]
