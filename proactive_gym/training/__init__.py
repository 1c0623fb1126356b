"""What the recipes in ``examples/`` share."""
