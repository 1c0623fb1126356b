"""People's own drawings, as they drew them in the game Quick, Draw!: stroke files, or packaged bitmaps traced."""
