"""Scrapy's settings: politeness, middlewares, the stages in order. `app.py` adds what the config says."""

from __future__ import annotations

import pipelines.limits

BOT_NAME = "wirewatch"
SPIDER_MODULES = ["crawler.spiders"]
USER_AGENT = "Wirewatch/0.1 (+https://example.org/bot)"

# Politeness: robots.txt is obeyed (by our own middleware: Scrapy's takes a server error for consent), one
# request at a time to a host, a second's rest between two (in our download handler: Scrapy's delay counts
# from the start of a request and forgets). What failed is tried again later, not at once.
ROBOTSTXT_OBEY = False
WIREWATCH_OBEY_ROBOTS = True
WIREWATCH_TDMREP = True
WIREWATCH_OBEY_TAGS: list[str] = []
WIREWATCH_DELAY = 1.0
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0
RETRY_ENABLED = False
COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"

# Limits: bytes after decompression, and seconds for the whole answer; the others in one place.
DOWNLOAD_MAXSIZE = 15 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
WIREWATCH_LIMITS = pipelines.limits.LIMITS
REDIRECT_MAX_TIMES = WIREWATCH_LIMITS.redirects
URLLENGTH_LIMIT = WIREWATCH_LIMITS.url_length

# Nothing but http and https, certificates verified, no port of ours open.
DOWNLOAD_HANDLERS = {
    "http": "crawler.middlewares.handler.PoliteDownloadHandler",
    "https": "crawler.middlewares.handler.PoliteDownloadHandler",
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}
DOWNLOAD_VERIFY_CERTIFICATES = True
# Behind a proxy nobody could say which address is really connected to.
HTTPPROXY_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
TWISTED_DNS_RESOLVER = "crawler.middlewares.guard.GuardedResolver"

# A meta refresh is a trick of consent walls and dead pages, not a redirect to an article.
METAREFRESH_ENABLED = False
# Every status is an outcome, so every status reaches the spider; and the due table knows what was seen.
HTTPERROR_ALLOW_ALL = True
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.middlewares.guard.GuardMiddleware": 50,
    "crawler.middlewares.politeness.PolitenessMiddleware": 100,
    "crawler.middlewares.media.MediaMiddleware": 390,
    "crawler.middlewares.conditional.ConditionalGetMiddleware": 400,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.decoding.DecodingMiddleware": 590,
}
CONCURRENT_ITEMS = 1
ITEM_PIPELINES = {
    "pipelines.stages.ExtractStage": 100,
    "pipelines.stages.SinceStage": 200,
    "pipelines.stages.StoreStage": 900,
}
EXTENSIONS = {
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
}

TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
LOG_LEVEL = "WARNING"
LOG_FORMATTER = "crawler.log_formatter.DiscreetLogFormatter"
LOG_INSTALL_ROOT_HANDLER = False
# Ranges of otherwise refused addresses that may be reached, and the ports of all others; from [network].
WIREWATCH_ALLOW: list[str] = []
WIREWATCH_PORTS = [80, 443, 8000, 8080, 8443]
