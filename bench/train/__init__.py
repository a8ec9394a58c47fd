"""Trains the judge of lines (pipelines.judge) on pages with known text, and says how good it is on other sites.

`labels` tells which lines of a page are the article's by its truth, `dataset` reads the corpora into rows,
`trees` fits and writes the model, `__main__` cross-validates by site and ships the result.
"""
