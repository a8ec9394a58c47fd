"""Articles a second, CPU and memory of a whole crawl, beside its limit and its peers."""
