"""Ready-made graders; `graders templates list` lists them, `graders.catalog` loads them."""
