"""Episodes rendered from drawings."""
