"""The benchmark's own package as the other side: the same random rows and replies are played by it and by us."""
