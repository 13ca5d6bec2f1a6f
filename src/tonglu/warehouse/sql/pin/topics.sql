INSERT INTO tonglu.topic
SELECT $version_no, m.key, json_extract_string((m.value ->> '$')::JSON, '$.product.kind')
FROM json_each($definition::JSON, '$.messages') AS m
WHERE json_extract_string((m.value ->> '$')::JSON, '$.product.kind') IS NOT NULL;
