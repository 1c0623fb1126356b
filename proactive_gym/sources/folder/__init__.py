"""Anyone's labelled pictures and clips, in folders named for what they show."""
