"""Benches: quality and speed beside the peers or the limit, never part of the product."""
