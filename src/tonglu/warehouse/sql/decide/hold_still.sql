-- While a journey is paused the clock of its waiting proposals stands still.
UPDATE tonglu.waiting_touch SET paused_us = paused_us + epoch_us($as_of) - epoch_us($previous_as_of)
WHERE entry_id IN (SELECT r.entry_id FROM tonglu.rest AS r JOIN journey_now AS j ON j.journey = r.journey WHERE NOT j.proposes);
