"""The sample news site: fictional outlets in six languages, served on loopback for `demo` and tests.

`content` reads what the outlets say, `designs` gives each the markup of another content system, `feeds`
writes feeds and sitemaps, `pages` puts an outlet's site together, `server` serves them.
"""
