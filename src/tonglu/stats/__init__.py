"""Measuring and learning: pure functions over frozen, addable sufficient statistics.

SQL hands over sums per arm; nothing here sees a customer, a clock or a random number.

- `sufficient`: the sums (`Proportion`, `Moments`, `Clusters`);
- `difference`: effects and their intervals;
- `ratio_mismatch`: does the split match the declared ratio?
- `thompson`: which arm is best, and how the next run draws.
"""
