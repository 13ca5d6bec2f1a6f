-- The members of every segment as of this run, and what people call the segments.
CREATE OR REPLACE TEMP TABLE member_now (segment VARCHAR, customer_id BIGINT);
CREATE OR REPLACE TEMP TABLE segment_title (segment VARCHAR, title_zh VARCHAR);
