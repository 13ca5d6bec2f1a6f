"""From authored to compiled: passes, one file each; a compiled program is what the stages run."""
