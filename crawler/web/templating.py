"""Pages from templates: everything that comes from outside is escaped, what is drawn is drawn here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from crawler.watch_words import told
from crawler.web.guard import visitor_of
from pipelines.items import iso_utc

# A page's languages, where they are not known by themselves, are set by the reader's browser.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("crawler.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "size": size,
        "when": when,
        "span": span,
        "link": link,
        "lang": language_attribute,
        "marked": marked,
        "paragraphs": paragraphs,
        "told": told,
        "coded": coded,
    }
    environment.globals |= {"bars": bars, "url": url_with, "spark": spark, "tag_query": tag_query}
    return environment


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The template filled, with what every page has: who looks, which page it is, the token of its forms."""
    visitor = visitor_of(request)
    app = request.app.state
    shared = {
        "path": request.url.path,
        "query_string": request.url.query,
        "may_write": visitor.right.name == "WRITE",
        "logged_in": visitor.right.name != "NONE" and not app.desk.access.is_open,
        "form_token": app.desk.access.form_token(visitor.session or ""),
        "now": app.desk.clock(),
    }
    content = _environment().get_template(template).render({**shared, **values})
    return HTMLResponse(content.encode("utf-8", "replace"), status)


def error_page(*, status: int, detail: str, advice: str = "") -> bytes:
    """A page about what is wrong; needs nothing that may be missing."""
    template = _environment().get_template("error.html")
    phrase = HTTPStatus(status).phrase
    content = template.render(status=status, phrase=phrase, detail=detail, advice=advice)
    return content.encode("utf-8", "replace")


# --- what templates call --------------------------------------------------------------------------------


def number(value: float | None) -> str:
    """1234567 -> "1,234,567"; a dash for None."""
    return "–" if value is None else f"{value:,.0f}"


def size(count: int | None) -> str:
    """Bytes in the unit that fits, by powers of 1,024."""
    if count is None:
        return "–"
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return f"{value:,.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:,.1f} {unit}"


def when(at: datetime | None, now: datetime | None = None) -> Markup:
    """A time element: UTC as written, which a script turns into the reader's own zone."""
    if at is None:
        return Markup('<span class="quiet">never</span>')
    # Digits and names of months: nothing of it need be escaped, which takes longer than the rest.
    written = iso_utc(at)
    shown = f"{written[:10]} {written[11:19]} UTC"
    return Markup(f'<time datetime="{written}" title="{shown}">{_short(at, now)}</time>')  # noqa: S704


def _short(at: datetime, now: datetime | None) -> str:
    now = now or datetime.now(UTC)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if abs(now - at) < timedelta(days=300):
        return f"{at.day} {at:%b %H:%M}"
    return f"{at.day} {at:%b %Y}"


def span(length: timedelta | None) -> str:
    """ "2 d 3 h", "3 h 20 min", "40 s": the two largest units."""
    if length is None:
        return "–"
    seconds = int(abs(length.total_seconds()))
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    for place, (unit, worth) in enumerate(units):
        if seconds >= worth:
            rest = (seconds % worth) // units[place + 1][1] if place < 2 else 0
            return f"{seconds // worth} {unit}" + (f" {rest} {units[place + 1][0]}" if rest else "")
    return "0 s"


def link(address: str | None) -> str | None:
    """The address if a reader may be sent there: http or https; None for javascript:, data: and the like."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None


def language_attribute(language: str | None) -> Markup:
    """The lang attribute of text in that language. Its direction is told by the text itself (dir="auto")."""
    if language and _LANGUAGE.fullmatch(language):
        return Markup('lang="{}"').format(language)
    return Markup("")


def marked(parts: Iterable[tuple[str, bool]]) -> Markup:
    """Text with what was looked for in mark elements."""
    return Markup("").join(
        Markup("<mark>{}</mark>").format(text) if match else escape(text) for text, match in parts
    )


def coded(text: str) -> Markup:
    """Text with what stands between backticks in code elements."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def paragraphs(text: str) -> list[list[str]]:
    """The blocks of an article, each as its lines."""
    return [block.split("\n") for block in re.split(r"\n{2,}", text.strip()) if block.strip()]


def url_with(path: str, values: Mapping[str, Any], **changed: Any) -> str:
    """The path with these parameters, some changed; empty ones are left out."""
    merged = {**values, **changed}
    query = urlencode({name: value for name, value in merged.items() if value not in (None, "", False)})
    return f"{path}?{query}" if query else path


def tag_query(tag: str) -> str:
    """The search for articles that bear the tag."""
    return 'tag:"{}"'.format(tag.replace('"', " "))


def bars(
    values: Sequence[float],
    before: Sequence[float] = (),
    *,
    expected: Sequence[float | None] = (),
    width: int = 720,
    height: int = 96,
    name: str = "bars",
) -> Markup:
    """Columns over time as a picture, those of the time before behind them, a line of what was expected."""
    top = max([*values, *before, *filter(None, expected), 1])
    step = width / max(len(values), 1)
    gap = min(2.0, step / 5)

    def column(place: int, value: float, fill: str) -> str:
        tall = 0.0 if value <= 0 else max(1.5, value / top * (height - 2))
        x, y, wide = place * step + gap / 2, height - tall, step - gap
        return f'<rect class="{fill}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>'

    drawn = [column(place, value, "was") for place, value in enumerate(before)]
    drawn += [column(place, value, "is") for place, value in enumerate(values)]
    line = [
        f"{(place + 0.5) * step:.1f},{height - value / top * (height - 2):.1f}"
        for place, value in enumerate(expected)
        if value is not None
    ]
    if line:
        drawn.append(f'<polyline class="expected" points="{" ".join(line)}"/>')
    # Numbers and words of ours: nothing of it need be escaped, which takes ten times as long as to draw it.
    return _picture(Markup("".join(drawn)), width, height, name)  # noqa: S704


def spark(values: Sequence[float], expected: Sequence[float | None] = ()) -> Markup:
    """A small one, to stand in a table."""
    return bars(values, expected=expected, width=120, height=28, name="spark")


def _picture(content: Markup, width: int, height: int, name: str) -> Markup:
    """Hidden from screen readers: the figures stand beside it in words."""
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" width="{}" height="{}" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false">{}</svg>'
    ).format(name, width, height, width, height, content)
