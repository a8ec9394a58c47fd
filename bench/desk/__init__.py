"""How fast the desk is at a million articles: see `python -m bench.desk --help`."""
