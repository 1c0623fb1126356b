"""The official files of ProactiveBench: rows, pictures, wording, and how to get them."""
