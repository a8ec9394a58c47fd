"""The pages around the stories: home, sections, tags, authors, and those that look like stories and are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from crawler.demo.content import Outlet, Site, Story
from crawler.demo.frames import frame

# The newest stories on a home page; and the place of the story that no section page lists.
HOME_STORIES = 6
UNLISTED = 1


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the pages that are no articles say. `about` has a heading and paragraphs; pairs are title, text."""

    about: tuple[str, str, str]
    gallery: tuple[str, ...]
    video: tuple[str, str]
    login: tuple[str, str]
    search: tuple[str, str]
    removed: tuple[str, str]
    missing: tuple[str, str]
    further: str
    consent: tuple[str, ...] = ()


WORDS: Mapping[str, Words] = {
    "harbour-courier": Words(
        about=(
            "About us",
            "The newspaper is put together in three rooms above the old customs house.",
            "We correct mistakes where we made them and say that we did.",
        ),
        gallery=(
            "In pictures: a morning at the fish quay",
            "Crates on the quay",
            "The first boat in",
            "Gulls, waiting",
            "Ice for the auction",
        ),
        video=("Watch: how the old swing bridge turns", "2 min 14 s. Your browser plays no video."),
        login=("Members' letter: what the editors read this week", "Please log in to read this letter."),
        search=("Search results", "3 results for your search"),
        removed=("Gone", "This story has been withdrawn."),
        missing=("Page not found", "There is nothing at this address."),
        further="Older posts",
    ),
    "talbote": Words(
        about=(
            "Über uns",
            "Die Zeitung erscheint im oberen und im unteren Tal.",
            "Fehler berichtigen wir dort, wo sie standen.",
        ),
        gallery=(
            "Der Herbst im oberen Tal in Bildern",
            "Nebel über der Brücke",
            "Letzte Äpfel",
            "Holz vor der Hütte",
            "Abend am Wehr",
        ),
        video=("So klingt die neue Glocke", "1 Min. 40 Sek. Ihr Browser spielt kein Video ab."),
        login=("Brief aus der Redaktion für Mitglieder", "Bitte melden Sie sich an, um weiterzulesen."),
        search=("Suchergebnisse", "4 Treffer für Ihre Suche"),
        removed=("Entfernt", "Dieser Beitrag wurde zurückgezogen."),
        missing=("Seite nicht gefunden", "Unter dieser Adresse steht nichts."),
        further="Ältere Beiträge",
        consent=(
            "Was die neue Bahnlinie die Gemeinden kostet",
            "Mit Werbung und Cookies weiterlesen",
            "Wir und unsere 143 Partner speichern Informationen auf Ihrem Gerät und lesen sie aus. "
            "Mit einem Klick auf Zustimmen erlauben Sie uns die Verarbeitung Ihrer Daten.",
            "Zustimmen und weiter",
            "Werbefrei im Pur-Abo lesen",
        ),
    ),
    "le-phare": Words(
        about=(
            "À propos",
            "La rédaction travaille au pied du phare, dans l'ancienne capitainerie.",
            "Nos erreurs sont corrigées là où elles ont été commises.",
        ),
        gallery=(
            "La rentrée des voiliers en images",
            "Au petit matin",
            "Les voiles ferlées",
            "Sur le quai",
            "Le dernier bord",
        ),
        video=("Comment on allume un phare", "3 min 05 s. Votre navigateur ne lit pas les vidéos."),
        login=("La lettre des abonnés de novembre", "Connectez-vous pour lire cette lettre."),
        search=("Résultats de la recherche", "5 résultats pour votre recherche"),
        removed=("Article retiré", "Cet article n'est plus en ligne."),
        missing=("Page introuvable", "La page que vous cherchez n'existe pas ou n'existe plus."),
        further="Page suivante",
    ),
    "diario-del-valle": Words(
        about=(
            "Quiénes somos",
            "El periódico se hace en la plaza, encima de la antigua botica.",
            "Corregimos los errores donde los cometimos.",
        ),
        gallery=(
            "La cosecha del valle en diez fotos",
            "Antes del alba",
            "Cestas llenas",
            "La báscula vieja",
            "El descanso",
        ),
        video=("Así funciona la nueva compuerta del canal", "2 min 30 s. Su navegador no reproduce vídeo."),
        login=("Carta semanal a los suscriptores del diario", "Inicie sesión para leer esta carta."),
        search=("Resultados de la búsqueda", "6 resultados para su búsqueda"),
        removed=("Retirado", "Esta noticia ya no está disponible."),
        missing=("Página no encontrada", "No hay nada en esta dirección."),
        further="Siguiente",
    ),
    "al-mina": Words(
        about=("من نحن", "تصدر الصحيفة من مبنى الجمارك القديم قرب الرصيف.", "نصحح أخطاءنا حيث وقعت."),
        gallery=("صباح في المرفأ القديم بالصور", "عند الفجر", "شباك على الرصيف", "أول القوارب", "سوق السمك"),
        video=("كيف تُصنع شباك الصيد", "دقيقتان. متصفحك لا يعرض الفيديو."),
        login=("رسالة إلى مشتركينا", "سجّل الدخول لقراءة هذه الرسالة."),
        search=("نتائج البحث", "ثلاث نتائج لبحثك"),
        removed=("حُذف", "سُحب هذا الخبر."),
        missing=("الصفحة غير موجودة", "لا شيء في هذا العنوان."),
        further="التالي",
    ),
    "binjiang-daily": Words(
        about=("关于我们", "本报编辑部设在旧码头仓库的二楼。", "文中有误，我们在原处更正。"),
        gallery=("图集：老码头的清晨", "雾中渡船", "早市开张", "江边晨练", "卸货工人"),
        video=("视频：看一盏灯笼怎样做成", "时长两分钟。您的浏览器不支持视频播放。"),
        login=("致读者的一封信", "请登录后阅读全文。"),
        search=("搜索结果", "共找到三条结果"),
        removed=("已删除", "该稿件已撤下。"),
        missing=("页面不存在", "您访问的地址没有内容。"),
        further="下一页",
    ),
}

# How each content system dresses a teaser.
CARDS: Mapping[str, str] = {
    "harbour-courier": (
        '<article class="post type-post hentry"><a class="post-thumbnail" href="{url}" aria-hidden="true">'
        '<img src="{image}" alt="" loading="lazy"></a><header class="entry-header"><h2 class="entry-title">'
        '<a href="{url}" rel="bookmark">{title}</a></h2></header>'
        '<div class="entry-summary"><p>{summary}</p></div></article>'
    ),
    "talbote": (
        '<li class="wp-block-post post type-post"><div class="wp-block-group is-layout-flow">'
        '<figure class="wp-block-post-featured-image"><a href="{url}"><img src="{image}" alt=""></a></figure>'
        '<h3 class="wp-block-post-title"><a href="{url}" target="_self">{title}</a></h3>'
        '<div class="wp-block-post-excerpt"><p class="wp-block-post-excerpt__excerpt">{summary}</p></div></div></li>'
    ),
    "le-phare": (
        '<div class="css-1k9w2t teaser-7f"><a class="css-0qz8yb" href="{url}"><img class="css-3hh1mm" src="{image}" '
        'alt=""><h3 class="css-9d8e7f">{title}</h3></a><p class="css-5r4t3e">{summary}</p></div>'
    ),
    "diario-del-valle": (
        '<article class="c-noticia" itemscope itemtype="https://schema.org/CreativeWork"><a class="c-noticia__foto" '
        'href="{url}"><picture><img src="{image}" alt=""></picture></a><h2 class="c-noticia__titulo" '
        'itemprop="headline"><a href="{url}">{title}</a></h2><p class="c-noticia__entradilla">{summary}</p></article>'
    ),
    "al-mina": (
        '<div class="news-card col-md-4"><div class="thumb"><a href="{url}"><img src="{image}" alt=""></a></div>'
        '<div class="card-body"><h3 class="card-title"><a href="{url}">{title}</a></h3>'
        '<p class="card-text">{summary}</p></div></div>'
    ),
    "binjiang-daily": (
        '<li class="clearfix news_item"><a class="pic" href="{url}" target="_blank"><img src="{image}" alt=""></a>'
        '<h4><a href="{url}" target="_blank">{title}</a></h4><p class="intro">{summary}</p></li>'
    ),
}


def card(site: Site, *, url: str, title: str, summary: str, image: str) -> str:
    values = {"url": url, "title": title, "summary": summary, "image": image}
    return CARDS[site.outlet.key].format(**{name: escape(value) for name, value in values.items()})


def story_card(site: Site, story: Story) -> str:
    return card(
        site, url=site.url(story), title=story.title, summary=story.description, image=site.image(story)
    )


def home_page(site: Site) -> str:
    """The newest stories, and teasers of the pages that only look like stories."""
    cards = [story_card(site, story) for story in site.outlet.stories[:HOME_STORIES]]
    cards += [
        card(site, url=site.base + path, title=title, summary="", image=f"{site.base}/media/1{place}.png")
        for place, (path, title) in enumerate(oddities(site))
    ]
    return frame(site, title=site.outlet.name, main=_list(cards), path="/")


def oddities(site: Site) -> Iterator[tuple[str, str]]:
    """Path and headline of what a home page links to beside stories of its outlet."""
    paths, words = site.paths, WORDS[site.outlet.key]
    yield paths.gallery, words.gallery[0]
    yield paths.video, words.video[0]
    yield paths.login, words.login[0]
    yield paths.removed, f"{words.removed[0]}: {site.outlet.tagline}"
    if paths.consent:
        yield paths.consent, words.consent[0]
    if paths.missing:
        yield paths.missing, "Les horaires du bac pour cet été"
    if paths.moved:
        yield moved_path(site), moved_story(site).title
    if site.outlet.key == "diario-del-valle":
        # What readers share of such a system is often the address of the twin.
        yield f"/amp{site.path(site.outlet.stories[0])}", site.outlet.stories[0].title


def moved_story(site: Site) -> Story:
    """The story that also has an address of an older system."""
    return site.outlet.stories[-1]


def moved_path(site: Site) -> str:
    return (site.paths.moved or "").format(number=moved_story(site).number)


def _list(cards: Sequence[str]) -> str:
    tag = "ul" if cards and cards[0].startswith("<li") else "div"
    return f'<{tag} class="post-list">{"".join(cards)}</{tag}>'


def paged_section(outlet: Outlet) -> str:
    """The section with the most stories: the one with a second page."""
    sections = [story.section for story in outlet.stories]
    return max(outlet.sections, key=sections.count)


def section_pages(site: Site) -> Iterator[tuple[str, str]]:
    """Path and page for every section; one story is in none, for feeds and sitemaps to show."""
    listed = [story for place, story in enumerate(site.outlet.stories) if place != UNLISTED]
    for slug, name in site.outlet.sections.items():
        mine = [story for story in listed if story.section == slug]
        path = site.section_path(slug)
        half = (len(mine) + 1) // 2 if slug == paged_section(site.outlet) else len(mine)
        further = path + site.paths.page if mine[half:] else None
        yield path, listing(site, name, mine[:half], path=path, further=further)
        if further:
            yield further, listing(site, name, mine[half:], path=further)


def topic_pages(site: Site) -> Iterator[tuple[str, str]]:
    """Path and page for every tag and every author."""
    topics: dict[str, tuple[str, list[Story]]] = {}
    for story in site.outlet.stories:
        named = [(site.tag_path(tag), tag) for tag in story.tags]
        named += [(site.author_path(author), author) for author in story.authors]
        for path, name in named:
            topics.setdefault(path, (name, []))[1].append(story)
    for path, (name, stories) in topics.items():
        yield path, listing(site, name, stories, path=path)


def listing(
    site: Site, heading: str, stories: Sequence[Story], *, path: str, further: str | None = None
) -> str:
    """A page of teasers, with a link to its next page when there is one."""
    more = ""
    if further:
        word = WORDS[site.outlet.key].further
        more = f'<nav class="pagination"><a class="next" rel="next" href="{site.base}{further}">{word}</a></nav>'
    cards = _list([story_card(site, story) for story in stories])
    main = f'<h1 class="page-title">{escape(heading)}</h1>{cards}{more}'
    return frame(site, title=f"{heading} - {site.outlet.name}", main=main, path=path)


def other_pages(site: Site) -> Iterator[tuple[str, int, str]]:
    """Path, status and page of everything that is neither story nor listing."""
    paths, words = site.paths, WORDS[site.outlet.key]
    for path in (paths.about, paths.contact, paths.imprint):
        yield path, 200, _plain(site, path, words.about[0], *words.about[1:])
    yield paths.gallery, 200, _gallery(site)
    yield paths.video, 200, _video(site)
    yield paths.login, 200, _login(site)
    yield paths.search.partition("?")[0] + "?" + paths.search.partition("?")[2][0], 200, _search(site)
    yield paths.removed, 410, _plain(site, paths.removed, *words.removed)
    if paths.consent:
        yield paths.consent, 200, _consent(site)
    if paths.missing:
        yield paths.missing, 200, missing_page(site, paths.missing)


def missing_page(site: Site, path: str) -> str:
    return _plain(site, path, *WORDS[site.outlet.key].missing)


def _plain(site: Site, path: str, heading: str, *texts: str) -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in texts)
    main = f'<div class="page-content"><h1>{escape(heading)}</h1>{paragraphs}</div>'
    return frame(site, title=f"{heading} - {site.outlet.name}", main=main, path=path)


def _gallery(site: Site) -> str:
    title, *captions = WORDS[site.outlet.key].gallery
    figures = "".join(
        f'<figure class="gallery-item"><img src="{site.base}/media/{place}.png" alt="">'
        f"<figcaption>{place}/{len(captions)} {escape(caption)}</figcaption></figure>"
        for place, caption in enumerate(captions, 1)
    )
    main = f'<div class="gallery slideshow"><h1>{escape(title)}</h1>{figures}</div>'
    return frame(site, title=title, main=main, path=site.paths.gallery)


def _video(site: Site) -> str:
    title, note = WORDS[site.outlet.key].video
    main = (
        f'<div class="video-page"><h1>{escape(title)}</h1><video class="player" controls preload="none" '
        f'poster="{site.base}/media/20.png"></video><p class="duration">{escape(note)}</p></div>'
    )
    head = '<meta property="og:type" content="video.other">'
    return frame(site, title=title, main=main, path=site.paths.video, head=head)


def _login(site: Site) -> str:
    title, note = WORDS[site.outlet.key].login
    main = (
        f'<div class="login-wall"><h1>{escape(title)}</h1><form method="post" action="{site.base}/login">'
        f'<p>{escape(note)}</p><input type="email" name="user"><input type="password" name="pass">'
        f'<button type="submit">OK</button></form></div>'
    )
    return frame(site, title=title, main=main, path=site.paths.login)


def _search(site: Site) -> str:
    title, note = WORDS[site.outlet.key].search
    cards = _list([story_card(site, story) for story in site.outlet.stories[:3]])
    main = f"<h1>{escape(title)}</h1><p>{escape(note)}</p>{cards}"
    return frame(site, title=title, main=main, path=site.paths.search)


def _consent(site: Site) -> str:
    """A page that shows nothing of the story but its headline until a button is pressed."""
    title, heading, text, agree, pay = WORDS[site.outlet.key].consent
    return (
        f'<!doctype html><html lang="{site.outlet.language}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head><body><main class=\"consent-wall\"><h1>{escape(heading)}</h1>"
        f"<p>{escape(text)}</p><button>{escape(agree)}</button> <button>{escape(pay)}</button></main></body></html>"
    )
