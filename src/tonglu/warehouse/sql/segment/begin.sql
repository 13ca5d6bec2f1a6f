-- The members, as of this run, of every segment that was built in it, and what people call the segments.
CREATE OR REPLACE TEMP TABLE member_now (segment VARCHAR, customer_id BIGINT);
CREATE OR REPLACE TEMP TABLE segment_title (segment VARCHAR, title_zh VARCHAR, built BOOLEAN);
