-- While a journey is paused, or has no approved version, the clock of its waiting proposals stands still.
UPDATE tonglu.waiting_touch SET paused_us = paused_us + epoch_us($as_of) - epoch_us($previous_as_of)
WHERE entry_id IN (SELECT r.entry_id FROM tonglu.rest AS r ANTI JOIN (SELECT journey FROM journey_now WHERE proposes) AS j ON j.journey = r.journey);
