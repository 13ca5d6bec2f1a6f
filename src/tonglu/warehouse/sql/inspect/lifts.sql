-- The newest lift of every journey and goal, or of one journey's goals.
SELECT journey, goal, role, n_treated, n_control, conversions_treated, conversions_control, rate_treated, rate_control, lift, lift_low, lift_high,
    fixed_low, fixed_high, p_value, relative, relative_low, relative_high, value_lift, value_low, value_high, method
FROM lift WHERE $journey IS NULL OR journey = $journey
QUALIFY row_number() OVER (PARTITION BY journey, goal ORDER BY run_no DESC) = 1 ORDER BY journey, goal;
