"""The pages of the finding codes, one module per hundred: (code, title, explanation, bad example, good example)."""
