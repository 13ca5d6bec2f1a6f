-- A customer on a list is an event of that list: what is entered by lists is entered as by events.
INSERT INTO source.events BY NAME
SELECT
  'list:' || l.list || ':' || l.customer_id || ':' || coalesce(l.key, '') || ':' || epoch_us(l.listed_at) AS event_id,
  l.customer_id,
  'list.' || l.list AS name,
  l.listed_at AS occurred_at,
  CASE WHEN l.key IS NULL THEN '{}' ELSE json_object('key', l.key)::VARCHAR END AS properties,
  l.loaded_run
FROM source.lists AS l
WHERE l.loaded_run = $run_no
ORDER BY l.listed_at;
