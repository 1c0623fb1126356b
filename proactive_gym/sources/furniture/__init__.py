"""Sweet Home 3D's furniture library: models of things with names, turned in space."""
