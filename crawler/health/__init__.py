"""Health: what is wrong with a source, by its own history."""
