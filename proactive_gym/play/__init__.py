"""``proactive-gym play``: a page where people answer; what they do is kept as an ordinary run."""
