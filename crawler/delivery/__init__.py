"""Delivering alerts: what is said, how it is signed and sent, and what becomes of what was not confirmed."""
