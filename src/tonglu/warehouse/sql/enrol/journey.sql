INSERT INTO journey_now VALUES ($journey, $version_no, $enter_segment, $by_joining, $fresh_us,
    $takes_current, $takes_new, $again, $again_us, $per_run, $per_day, $total, $holdout, $global_control, $epoch, $first_key, $collects, $enrols,
    $proposes, $killed);
