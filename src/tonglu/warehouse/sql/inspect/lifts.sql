-- The newest lift of every journey and goal.
SELECT journey, goal, n_treated, n_control, conversions_treated, conversions_control, rate_treated, rate_control, lift, lift_low, lift_high,
    method
FROM lift QUALIFY row_number() OVER (PARTITION BY journey, goal ORDER BY run_no DESC) = 1 ORDER BY journey, goal;
