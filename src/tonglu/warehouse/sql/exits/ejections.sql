-- Customers whom an operator takes out of a journey leave as they stand.
INSERT INTO exit_match
SELECT r.entry_id, $as_of, 1000, 'ejected', TRUE
FROM tonglu.rest AS r JOIN tonglu.ejection AS x ON x.customer_id = r.customer_id AND x.journey = r.journey AND x.run_no = $run_no;
