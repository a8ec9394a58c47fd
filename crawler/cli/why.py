"""`wirewatch why`: the whole account of one address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from crawler.cli.context import Context
from crawler.cli.printing import plain
from crawler.why import minute
from pipelines.alerts import Event
from pipelines.errors import UsageError
from pipelines.items import OUTCOME_MEANING, Article, Grounds, Kind, Target, Visit, article_record, iso_utc

if TYPE_CHECKING:
    from crawler.why import Account, Robots
    from pipelines.store import Alert, Store, VisitRow

_VISITS = 10
# Lines cut that are shown of one visit, and characters of each.
_CUTS, _LINE = 20, 100
# What is said of an article.
_BRIEF = (
    "id",
    "url_canonical",
    "source",
    "title",
    "first_seen_at",
    "withdrawn_at",
    "revision",
    "revised_by",
    "cluster_id",
    "copy_of",
    "discovered_via",
    "extractor",
    "extractor_version",
)


@click.command()
@click.argument("url", metavar="URL|ID")
@click.option("--fetch", is_flag=True, help="Also ask for it now, as a crawl would; nothing is stored.")
@click.option("--all", "everything", is_flag=True, help=f"All visits, not only the last {_VISITS}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for machines.")
@click.pass_obj
def why(ctx: Context, url: str, fetch: bool, everything: bool, as_json: bool) -> None:
    """Say why an address is in the store or is not: where it was found, each visit, what comes next.

    URL may be that of an article, feed, sitemap or listing, or an article's id. Nobody is asked for anything
    without --fetch: robots.txt is judged by the copy at hand.

    \b
    Examples:
      wirewatch why https://example.org/2026/11/24/story/
      wirewatch why 8b870bcb --all
      wirewatch why https://example.org/tag/budget/ --fetch
      wirewatch why https://example.org/story --json | jq -r .state
    """
    from crawler.why import account

    config = ctx.config()
    with ctx.open_store(readonly=True) as store:
        address = _address(store, url)
        last = None if everything else _VISITS
        known = account(store, url, address, config=config, now=datetime.now(UTC), last=last)
        seen = _look(ctx, store, known) if fetch else None
    if as_json:
        record = _record(known)
        if seen is not None:
            record["fetched"] = seen
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    _show(ctx, known)
    if seen is not None:
        _show_look(ctx, seen)


def _address(store: Store, name: str) -> str:
    """The canonical address meant. Raises UsageError for an id that is none, and for what is no address."""
    from crawler.sources import web_address

    if "://" in name:
        try:
            return web_address(name)
        except ValueError as error:
            raise UsageError(str(error)) from error
    article = store.article(name)
    if article is None:
        raise UsageError(f"no article {plain(name)}, and no http(s) address")
    return article.url


# --- a look now -----------------------------------------------------------------------------------------


def _look(ctx: Context, store: Store, known: Account) -> dict[str, Any]:
    from crawler.errand import look
    from crawler.learning import wishes_of
    from crawler.logs import configure
    from crawler.why import source_of
    from pipelines.boilerplate.wishes import Wishes

    configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet)
    config = ctx.config()
    source = source_of(known.url, known.target, config.sources)
    wishes = wishes_of(source) if source is not None else Wishes()
    visit = look(
        known.target or _target(known),
        config=config,
        source=source,
        learned=lambda site: store.known_lines(site, wishes=wishes),
    )
    ended = store.foresee(visit, wishes=wishes)
    twin = store.find_copy(ended.article.text) if ended.article is not None else None
    return _seen(ended, twin if ended.article is None or twin != ended.article.id else None)


def _target(known: Account) -> Target:
    """One for an address that has none."""
    from pipelines.urls import host_of

    host = host_of(known.url)
    return Target(
        id=0,
        url=known.url,
        kind=Kind.ARTICLE,
        host=host,
        source=known.prospect.source or host,
        due_at=None,
        discovered_via="manual",
    )


def _seen(visit: Visit, twin: str | None) -> dict[str, Any]:
    page, article = visit.page, visit.article
    assert visit.outcome is not None
    return {
        "outcome": visit.outcome.value,
        "reason": visit.reason,
        "status": page.status if page is not None else None,
        "final_url": page.final_url if page is not None else None,
        "hops": [list(hop) for hop in page.hops] if page is not None else [],
        "bytes": len(page.body) if page is not None else None,
        "grounds": _grounds(visit.grounds),
        "cuts": [{"line": cut.line, "rule": cut.rule} for cut in visit.cuts],
        "article": _brief(article),
        "copy_of": twin,
    }


# --- for machines ---------------------------------------------------------------------------------------


def _record(known: Account) -> dict[str, Any]:
    target, now = known.target, known.prospect
    return {
        "url": known.url,
        "asked": known.asked,
        "state": known.state,
        "said": known.said,
        "found": None
        if target is None
        else {
            "at": iso_utc(target.found_at),
            "via": target.discovered_via,
            "via_kind": known.found_on.value if known.found_on else None,
            "kind": target.kind.value,
            "source": target.source,
        },
        "due_at": iso_utc(target.due_at) if target is not None else None,
        "article": _brief(known.article),
        "addresses": list(known.addresses),
        "copies": [_brief(copy) for copy in known.copies],
        "alerts": [_alert(alert) for alert in known.alerts],
        "visits": [_visit(visit) for visit in known.visits],
        "earlier_visits": known.more,
        "now": {
            "source": now.source,
            "outcome": now.outcome.value if now.outcome else None,
            "said": now.said,
            "shape": now.shape,
            "objection": now.objection,
            "robots": _robots(now.robots),
            "left_alone_until": iso_utc(now.left_alone.not_before) if now.left_alone else None,
        },
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "watch": alert.watch,
        "channel": alert.channel,
        "event": alert.event.value,
        "at": iso_utc(alert.at),
        "due_at": iso_utc(alert.due_at),
        "attempts": alert.attempts,
        "last_error": alert.last_error,
        "sent_at": iso_utc(alert.sent_at),
    }


def _brief(article: Article | None) -> dict[str, Any] | None:
    if article is None:
        return None
    record = article_record(article)
    return {name: record[name] for name in _BRIEF}


def _visit(visit: VisitRow) -> dict[str, Any]:
    names = (
        "url",
        "outcome",
        "reason",
        "status",
        "final_url",
        "bytes",
        "article_id",
        "links",
        "fresh",
        "gap",
    )
    return {
        "at": iso_utc(visit.ended_at),
        "kind": visit.kind.value,
        **{name: getattr(visit, name) for name in names},
        "hops": [list(hop) for hop in visit.hops],
        "grounds": _grounds(visit.grounds),
        "cuts": [dict(cut) for cut in visit.cuts],
        "timings": dict(visit.timings),
    }


def _robots(robots: Robots | None) -> dict[str, Any] | None:
    if robots is None:
        return None
    return {
        "allowed": robots.ruling is not None and robots.ruling.allowed,
        "rule": robots.ruling.rule if robots.ruling is not None else None,
        "group": robots.group,
        "status": robots.status,
        "fetched_at": iso_utc(robots.fetched_at),
    }


def _grounds(grounds: Grounds | None) -> dict[str, Any] | None:
    return asdict(grounds) if grounds is not None else None


# --- for people -----------------------------------------------------------------------------------------


def _show(ctx: Context, known: Account) -> None:
    ctx.console.print(Text(plain(known.url), "bold"), soft_wrap=True)
    ctx.console.print(Text(plain(known.said), "green" if known.article else "yellow"), soft_wrap=True)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(ratio=1, overflow="fold")
    for name, value in _facts(known):
        facts.add_row(name, Text(plain(value)))
    ctx.console.print()
    ctx.console.print(facts)
    if known.visits:
        ctx.console.print(Text("\nvisits" + (" (earlier ones: --all)" if known.more else ""), "bold"))
    for visit in known.visits:
        _show_visit(ctx, visit, known)


def _facts(known: Account) -> Iterator[tuple[str, str]]:
    if known.url != known.asked and "://" in known.asked:
        yield "asked for", known.asked
    if known.target is not None:
        yield "found", _found(known, known.target)
    if known.article is not None:
        yield from _of_article(known, known.article)
    if known.prospect.robots is not None:
        yield "robots.txt", _robots_line(known.prospect.robots)
    elif not known.visits:
        yield "robots.txt", "not asked for yet"
    if known.prospect.objection is not None:
        yield "patterns", known.prospect.objection
    if known.article is None and not known.visits:
        yield "address", f"{known.prospect.shape:.2f} like an article's"
    yield "now", known.prospect.said


def _found(known: Account, target: Target) -> str:
    at = f"{minute(target.found_at)}, " if target.found_at else ""
    if target.discovered_via == "config":
        where = f"as a {target.kind.value} of the source itself"
    elif target.discovered_via == "manual":
        where = "named by hand"
    else:
        on = f"the {known.found_on.value} " if known.found_on else ""
        where = f"on {on}{target.discovered_via}"
    return f"{at}{where} (source {target.source})"


def _of_article(known: Account, article: Article) -> Iterator[tuple[str, str]]:
    revision = f", revision {article.revision} by {article.revised_by}" if article.revision > 1 else ""
    yield "article", f"{article.title} ({article.source}{revision})"
    yield "read by", f"{article.extractor} {article.extractor_version}"
    for place, other in enumerate(known.addresses):
        yield "" if place else "also at", other
    for place, copy in enumerate(known.copies):
        first = ", seen first" if copy.copy_of is None else ""
        yield "" if place else "copies", f"{copy.id[:8]} {copy.source}: {copy.url_canonical}{first}"
    for place, alert in enumerate(known.alerts):
        yield "" if place else "alerts", f"{alert.watch} to {alert.channel}: {_told(alert)}"


def _told(alert: Alert) -> str:
    what = f"{alert.event}, " if alert.event is not Event.ARTICLE else ""
    if alert.sent_at is not None:
        return f"{what}confirmed {minute(alert.sent_at)}"
    failed = f" ({alert.attempts} attempts failed: {alert.last_error})" if alert.attempts else ""
    return f"{what}due {minute(alert.due_at)}{failed}"


def _robots_line(robots: Robots) -> str:
    at = minute(robots.fetched_at)
    if robots.ruling is None:
        return f"could not be had at {at}: nothing may be fetched until it can"
    verdict = "allowed" if robots.ruling.allowed else "forbidden"
    if robots.ruling.rule is not None:
        return f"{verdict} by '{robots.ruling.rule}' for {robots.group} (copy of {at})"
    none = "there is none" if robots.status is not None and robots.status >= 300 else "no rule matches"
    return f"{verdict}: {none} (copy of {at})"


def _show_visit(ctx: Context, visit: VisitRow, known: Account) -> None:
    line = Text(f"{minute(visit.ended_at)}  ", "dim")
    line.append(visit.outcome.value, "bold")
    said = visit.reason or OUTCOME_MEANING[visit.outcome]
    status = f"{visit.status}, " if visit.status is not None else ""
    line.append(f"  {status}{plain(said)}")
    ctx.console.print(line, soft_wrap=True)
    if visit.url != known.url:
        _detail(ctx, f"asked for at {visit.url}")
    _show_details(ctx, visit.hops, visit.grounds, [(cut["line"], cut["rule"]) for cut in visit.cuts])


def _show_look(ctx: Context, seen: dict[str, Any]) -> None:
    ctx.console.print(Text("\nasked for now (nothing is stored)", "bold"))
    line = Text(seen["outcome"], "bold")
    status = f"{seen['status']}, " if seen["status"] is not None else ""
    line.append(f"  {status}{plain(seen['reason'] or '')}".rstrip(", "))
    ctx.console.print(line, soft_wrap=True)
    if seen["article"] is not None:
        _detail(ctx, f"{seen['article']['title']} ({seen['article']['id'][:8]})")
    if seen["copy_of"] is not None:
        _detail(ctx, f"a copy of the story of {seen['copy_of']}")
    grounds = Grounds(**seen["grounds"]) if seen["grounds"] is not None else None
    _show_details(ctx, seen["hops"], grounds, [(cut["line"], cut["rule"]) for cut in seen["cuts"]])


def _show_details(
    ctx: Context, hops: Sequence[Sequence[str]], grounds: Grounds | None, cuts: Sequence[tuple[str, str]]
) -> None:
    for how, url in hops:
        _detail(ctx, f"{how} -> {url}")
    if grounds is not None:
        _detail(ctx, _judged_by(grounds))
    for text, rule in cuts[:_CUTS]:
        short = text if len(text) <= _LINE else text[: _LINE - 3] + "..."
        _detail(ctx, f"cut ({rule}): {short}")
    if len(cuts) > _CUTS:
        _detail(ctx, f"and {len(cuts) - _CUTS} more lines cut (--json has all)")


def _judged_by(grounds: Grounds) -> str:
    way = "a script of the page" if grounds.way == "scripts" else f"trafilatura's {grounds.way} way"
    declared = "calls itself an article" if grounds.declared else "does not call itself an article"
    dated = "dated" if grounds.dated else "no date"
    return (
        f"{grounds.words} words by {way}; {declared}, {dated}, {grounds.body} characters in one body, "
        f"{grounds.teasers} headings that lead elsewhere, address {grounds.shape:.2f} like an article's"
    )


def _detail(ctx: Context, text: str) -> None:
    ctx.console.print(Text(f"    {plain(text)}", "dim"), soft_wrap=True)
