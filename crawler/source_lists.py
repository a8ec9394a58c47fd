"""Lists of sources as other programs keep them: OPML, CSV, one address a line. Bytes in, bytes out; pure.

Every reader gives what it could read and names what it could not by its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from crawler.sources import Source, language_code, name_for, source_name, unique_name, web_address
from pipelines.errors import UsageError

# A list of 10,000 sources has about 3 MB.
MAX_BYTES = 20 * 1024 * 1024
_DELIMITERS = ",;\t|"
_COLUMNS = {
    "name": "name", "title": "name", "source": "name",
    "url": "url", "site": "url", "website": "url", "homepage": "url", "htmlurl": "url",
    "feed": "feeds", "feeds": "feeds", "rss": "feeds", "xmlurl": "feeds",
    "language": "language", "lang": "language",
    "tag": "tags", "tags": "tags", "category": "tags", "categories": "tags",
}  # fmt: skip
# A comma or semicolon may stand inside an address; it parts two only where another one follows.
_BETWEEN_FEEDS = re.compile(r"[\s|]+|[;,](?=\s*https?://)")
_BETWEEN_TAGS = re.compile(r"[|;,]")
_BARE_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a list, addresses and all as written there; `url` is None where only feeds are named."""

    line: int
    url: str | None
    name: str | None = None
    feeds: tuple[str, ...] = ()
    language: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceList:
    """What a list holds, in its order."""

    entries: tuple[Entry, ...]
    bad: tuple[BadLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import comes to: sources to add, entries that were there already, lines of no use."""

    new: tuple[Source, ...]
    doubles: int
    bad: tuple[BadLine, ...]


def read_list(data: bytes) -> SourceList:
    """The list, whatever its form: told by its content. Raises UsageError when it is none at all."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"too large for a list of sources: more than {MAX_BYTES // 1024**2} MiB")
    if _is_xml(data):
        return read_opml(data)
    text = _text(data)
    return _csv(text) if _delimiter(text) else _urls(text)


def _is_xml(data: bytes) -> bool:
    start = data[:400].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"<") and not re.match(rb"<https?:", start)


def _text(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        # Spreadsheets in western Europe save CSV so; every byte means something in it.
        text = data.decode("latin-1")
    if "\x00" in text:
        raise UsageError("not a list of sources: it holds binary data")
    return text


# --- OPML -----------------------------------------------------------------------------------------------


def read_opml(data: bytes) -> SourceList:
    """The outlines of an OPML file that name a feed or a page; the folders around them become tags.

    Nothing outside the file is ever loaded. Raises UsageError.
    """
    root = _xml(data)
    if _local_name(root) != "opml":
        raise UsageError(f"XML, but not OPML: its root element is <{_local_name(root)}>")
    return SourceList(entries=tuple(entry for body in root for entry in _outlines(body)))


def _xml(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UsageError(f"line {error.lineno or 1}: not well-formed XML: {error.msg}") from error
    except ValueError as error:
        raise UsageError(f"not well-formed XML: {error}") from error
    # In attributes libxml2 would put the entities in all the same.
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):  # type: ignore[union-attr]
        raise UsageError("refused: the file defines XML entities, which no OPML needs")
    return root


def _local_name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1].lower() if isinstance(tag, str) else ""


def _line(element: etree._Element) -> int:
    line: int | None = element.sourceline  # type: ignore[assignment]
    return line or 0


def _outlines(top: etree._Element) -> Iterator[Entry]:
    """Depth first, in the order of the file; with a list of its own, as nesting has no limit but lxml's."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(top, ())]
    while waiting:
        element, folders = waiting.pop()
        inner = folders
        if _local_name(element) == "outline":
            values = {str(key).lower(): " ".join(str(value).split()) for key, value in element.items()}
            entry = _outline(values, line=_line(element), folders=folders)
            if entry is not None:
                yield entry
            elif title := values.get("text") or values.get("title"):
                inner = (*folders, title)
        waiting.extend((child, inner) for child in reversed(element))


def _outline(values: dict[str, str], *, line: int, folders: tuple[str, ...]) -> Entry | None:
    feed = re.sub(r"^feed:(?://)?(?=https?:)", "", values.get("xmlurl", "")).replace("feed://", "http://", 1)
    page = values.get("htmlurl") or (values.get("url", "") if values.get("type") == "link" else "")
    if not feed and not page:
        return None
    categories = [*folders, *_BETWEEN_TAGS.split(values.get("category", ""))]
    return Entry(
        line=line,
        url=page if _is_address(page) or not feed else None,
        name=_fit_name(values.get("text") or values.get("title") or ""),
        feeds=(feed,) if feed else (),
        language=_fit_language(values.get("language", "")),
        tags=tuple(
            dict.fromkeys(tag.strip() for part in categories for tag in part.split(",") if tag.strip())
        ),
    )


def _is_address(text: str) -> bool:
    try:
        return bool(web_address(text))
    except ValueError:
        return False


def _fit_name(title: str) -> str | None:
    """A feed's title as a source's name; None where it cannot be one."""
    name = "".join(character for character in title if character.isprintable())
    name = name.replace("://", " ").lstrip("- ")[:100].strip()
    return name or None


def _fit_language(text: str) -> str | None:
    """Feed readers write "unknown" and the like."""
    try:
        return language_code(text)
    except ValueError:
        return None


def write_opml(sources: Iterable[Source]) -> bytes:
    """OPML 2.0: an outline for each feed, for a source without feeds one of type "link".

    Read again, it gives the same names, addresses, feeds, tags and languages.
    """
    opml = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(opml, "head"), "title").text = "Wirewatch sources"
    body = etree.SubElement(opml, "body")
    for source in sources:
        for feed in source.feeds or (None,):
            etree.SubElement(body, "outline", _attributes(source, feed))
    return bytes(etree.tostring(opml, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _attributes(source: Source, feed: str | None) -> dict[str, str]:
    values = {"text": source.name, "title": source.name}
    if feed:
        values |= {"type": "rss", "xmlUrl": feed, "htmlUrl": source.url}
    else:
        values |= {"type": "link", "url": source.url, "htmlUrl": source.url}
    if source.language:
        values["language"] = source.language
    if source.tags:
        values["category"] = ",".join(source.tags)
    return values


# --- CSV and plain lists --------------------------------------------------------------------------------


def read_csv(data: bytes) -> SourceList:
    """CSV with a header that names `url` or `feeds`; also name, language, tags. Raises UsageError."""
    return _csv(_text(data))


def read_urls(data: bytes) -> SourceList:
    """One address a line; blank lines and what follows a # at a word's start are passed over."""
    return _urls(_text(data))


def _delimiter(text: str) -> str | None:
    """The delimiter that finds the most known columns in the header, None when there is no header."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    if "://" in header or header.startswith("#"):
        return None
    known = {sign: _columns(next(csv.reader([header], delimiter=sign), [])) for sign in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda sign: len([column for column in known[sign] if column]))
    return best if {"url", "feeds"} & set(known[best]) else None


def _columns(header: list[str]) -> list[str | None]:
    return [_COLUMNS.get(cell.strip().lower()) for cell in header]


def _csv(text: str) -> SourceList:
    delimiter = _delimiter(text)
    if delimiter is None:
        raise UsageError("line 1: not a CSV of sources: its header names neither 'url' nor 'feeds'")
    entries: list[Entry] = []
    bad: list[BadLine] = []
    columns: list[str | None] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            bad.append(BadLine(line, f"not CSV: {error}"))
            break
        if row is None:
            break
        first, line = line, reader.line_num + 1
        if not any(cell.strip() for cell in row):
            continue
        if not columns:
            columns = _columns(row)
        elif any(cell.strip() for cell in row[len(columns) :]):
            bad.append(BadLine(first, "it has more cells than the header"))
        else:
            entries.append(_entry(dict(zip(columns, row, strict=False)), line=first))
    return SourceList(entries=tuple(entries), bad=tuple(bad))


def _entry(cells: dict[str | None, str], *, line: int) -> Entry:
    def cell(column: str) -> str:
        return " ".join(cells.get(column, "").split())

    feeds = _BETWEEN_FEEDS.split(cells.get("feeds", ""))
    tags = _BETWEEN_TAGS.split(cell("tags"))
    return Entry(
        line=line,
        url=_with_scheme(cell("url")) or None,
        name=cell("name") or None,
        feeds=tuple(feed.strip() for feed in feeds if feed.strip()),
        language=cell("language") or None,
        tags=tuple(tag.strip() for tag in tags if tag.strip()),
    )


def _urls(text: str) -> SourceList:
    entries: list[Entry] = []
    bad: list[BadLine] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = re.sub(r"(?:^|\s)#.*", "", line).split()
        if len(words) == 1:
            entries.append(Entry(line=number, url=_with_scheme(words[0].strip("<>,;\"'"))))
        elif words:
            bad.append(BadLine(number, "more than one word: an address is wanted on each line"))
    return SourceList(entries=tuple(entries), bad=tuple(bad))


def _with_scheme(text: str) -> str:
    """A bare host, as people write addresses, with the scheme that it most likely has."""
    return f"https://{text}" if _BARE_HOST.fullmatch(text) and "://" not in text else text


# --- what to add ----------------------------------------------------------------------------------------


def plan(found: SourceList, *, existing: Iterable[Source]) -> Plan:
    """Which sources the list adds to those there are. Entries of one site become one source.

    An entry is a double when its site is there already, or all of its feeds are.
    """
    there = list(existing)
    names = {source.name for source in there}
    known = {url for source in there for url in (source.url, *source.feeds)}
    new: dict[str, Source] = {}
    bad = list(found.bad)
    doubles = 0
    for entry in found.entries:
        try:
            source = _source(entry)
        except ValueError as error:
            bad.append(BadLine(entry.line, f"it is {error}"))
            continue
        if source.url in new:
            merged = _merged(new[source.url], source)
            doubles += merged.feeds == new[source.url].feeds
            new[source.url] = merged
        elif source.url in known or (source.feeds and known.issuperset(source.feeds)):
            doubles += 1
            continue
        else:
            named = _named(source, names)
            new[source.url] = named
            names.add(named.name)
        known.update(source.feeds)
    return Plan(new=tuple(new.values()), doubles=doubles, bad=tuple(sorted(bad, key=lambda item: item.line)))


def _source(entry: Entry) -> Source:
    """Raises ValueError saying what in the entry is of no use."""
    feeds = tuple(dict.fromkeys(web_address(feed) for feed in entry.feeds))
    if not entry.url and not feeds:
        raise ValueError("without an address")
    return Source(
        name=source_name(entry.name) if entry.name else "",
        url=web_address(entry.url) if entry.url else feeds[0],
        feeds=feeds,
        language=language_code(entry.language) if entry.language else None,
        tags=tuple(dict.fromkeys(entry.tags)),
    )


def _named(source: Source, taken: Collection[str]) -> Source:
    name = unique_name(source.name, taken) if source.name else name_for(source.url, taken)
    return replace(source, name=name)


def _merged(one: Source, other: Source) -> Source:
    return replace(
        one,
        feeds=tuple(dict.fromkeys((*one.feeds, *other.feeds))),
        tags=tuple(dict.fromkeys((*one.tags, *other.tags))),
        language=one.language or other.language,
    )
