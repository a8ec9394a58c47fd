"""Silence: simulated sources that publish on, or stop; how often and how soon they are called silent."""
