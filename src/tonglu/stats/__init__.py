"""Measuring and learning: pure functions over frozen, addable sufficient statistics.

SQL hands over sums per arm and stratum; nothing here sees a customer, a clock or a random number.

What comes in
- `sufficient`: the sums (`Proportion`, `Moments`, `Covaried`, `Clusters`);
- `estimate`: what every effect comes down to (`Estimate`), `Withheld` with its reason, and the interval for one look.

Effects
- `difference`: of proportions, means, ratios of clusters; relative lifts;
- `stratified`: post-stratification and CUPED;
- `ghosts`: on all assigned, and on those who would have been touched;
- `shrinkage`: of segments towards their mean; `multiplicity`: of many comparisons;
- `always_valid`, `group_sequential`: intervals for any number of looks, and for planned ones;
- `power`: what can be seen, and when.

Trust
- `ratio_mismatch`: does the split match the declared ratio? `balance`: did the arms differ before?
- `calibration`, `uplift`: do predictions come true, do rankings find those on whom treatment works?

Learning
- `beliefs`: of rates and values, and how they fade; `thompson`: which arm is best, and how the next run draws;
- `objectives`: several aims and guardrails; `winner`: is there one?
- `post_bandit`: what arms are worth after a bandit; `off_policy`: what another policy would have earned;
- `arbitration`: what a lift is worth in competition; `allocation`, `separation`, `rounding`: who gets scarce places; `fairness`: are groups
  treated alike?
"""
