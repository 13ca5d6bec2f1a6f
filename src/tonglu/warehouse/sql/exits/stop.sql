-- A journey that stops at its last day ends for everybody in it.
INSERT INTO exit_match SELECT entry_id, $as_of, 1001, 'journey_over', TRUE FROM tonglu.rest WHERE journey = $journey;
