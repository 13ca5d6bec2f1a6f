-- The day's batches (not what people work, which is in tonglu.work_item), one Parquet file each, with the address and the variables of the text.
COPY (
    WITH reader AS (
        SELECT customer_id, has_salary_plan, CASE sex WHEN 'F' THEN '女士' WHEN 'M' THEN '先生' ELSE '' END AS honorific
        FROM tonglu.profile SEMI JOIN (FROM tonglu.touch WHERE run_no = run_no()) AS t USING (customer_id)
    )
    SELECT t.touch_key, t.customer_id, t.journey, v.hash AS version, a.address, t.message, t.arm,
        CASE WHEN t.message = 'outflow_offer'
            THEN json_object('has_salary_plan', f.has_salary_plan, 'honorific', f.honorific, 'surname', surname(c.name))
            ELSE json_object('honorific', f.honorific, 'surname', surname(c.name)) END::VARCHAR AS variables,
        t.not_before, t.expires_at, TRUE AS heeds_opt_out, t.batch_id
    FROM tonglu.touch AS t JOIN tonglu.version AS v USING (version_no)
    JOIN personal.addresses AS a ON a.customer_id = t.customer_id AND a.channel = t.channel
    LEFT JOIN personal.contacts AS c ON c.customer_id = t.customer_id LEFT JOIN reader AS f ON f.customer_id = t.customer_id
    WHERE t.run_no = run_no() AND t.batch_id IS NOT NULL ORDER BY t.touch_key
) TO 'staged' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (batch_id));
INSERT INTO tonglu.run_step VALUES (run_no(), 'handed_over');
