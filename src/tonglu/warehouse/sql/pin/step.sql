INSERT INTO tonglu.step VALUES ($step_key, $version_no, $journey, $step_no, $step, $kind, $label_zh, $next_key, $otherwise_key, $takes_us, $watched,
    $valid_us, $competes, $message, $reason, $listens, $revisited, $branches, $rereads);
