"""`python -m crawler` is the wirewatch command."""

from crawler.cli import main

if __name__ == "__main__":
    main()
