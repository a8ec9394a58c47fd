"""Detection delay: a simulated web of sources, and policies that decide when to poll them."""
