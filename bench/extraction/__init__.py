"""Extraction quality: any extractor over any folder of pages with known text, side by side in one run.

`corpus` reads the pages, `extractors` has ours and the peers, `metric` scores, `__main__` runs and prints.
"""
