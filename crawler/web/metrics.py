"""/metrics for Prometheus, and /healthz for whoever watches over the desk itself."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from crawler.web.api.models import Json
from crawler.web.desk import Desk, TheDesk
from crawler.web.pages.sources import views
from crawler.web.pages.system import counted

router = APIRouter()


@router.get("/metrics")
def metrics(desk: TheDesk) -> Response:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Store(desk))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/healthz")
def healthz(desk: TheDesk) -> Response:
    """200 as long as the store can be read; StoreError becomes 503."""
    desk.store.is_off("")
    return Json({"status": "ok"})


class _Store(Collector):
    """Reads the store when it is scraped; all are gauges, since the log of visits forgets."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        system = counted(self._desk)
        yield _of("rows", "Rows kept, by table.", "table", system.counts)
        yield _of("targets", "Targets known, by kind.", "kind", system.queue.targets)
        yield _of("targets_due", "Targets due now, by kind.", "kind", system.queue.due)
        yield _of(
            "visits_24h", "Visits that ended in 24 hours, by outcome.", "outcome", system.rates.outcomes_day
        )
        yield _of(
            "visits_1h", "Visits that ended in one hour, by outcome.", "outcome", system.rates.outcomes_hour
        )
        yield _one("bytes_24h", "Bytes of bodies read in 24 hours.", system.rates.bytes_day)
        yield _one("database_bytes", "Size of the database with its log.", system.space.database)
        yield _one("hosts_left_alone", "Hosts that nobody is sent to now.", len(system.left_alone))
        if system.rates.newest_at is not None:
            yield _one(
                "last_visit_timestamp_seconds",
                "When the newest visit ended.",
                system.rates.newest_at.timestamp(),
            )
        counts = self._desk.store.alert_counts().values()
        waiting = sum(count.waiting for count in counts)
        yield _one("alerts_waiting", "Alerts that no channel has confirmed yet.", waiting)
        troubles: dict[str, int] = {}
        for view, _ in views(self._desk):
            for episode in view.episodes:
                troubles[episode.finding] = troubles.get(episode.finding, 0) + 1
        yield _of(
            "sources_troubled", "Sources with a finding, by finding.", "finding", tuple(troubles.items())
        )


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"wirewatch_{name}", text, value=value)


def _of(name: str, text: str, label: str, values: tuple[tuple[str, int], ...]) -> Metric:
    family = GaugeMetricFamily(f"wirewatch_{name}", text, labels=[label])
    for key, value in values:
        family.add_metric([str(key)], value)
    return family
