"""How well copies of a story are found, and what finding them costs."""
