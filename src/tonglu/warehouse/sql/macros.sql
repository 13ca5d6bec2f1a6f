-- Shorthands of every connection. Temporary, so that a file never carries an old one.
CREATE OR REPLACE TEMP MACRO escape_part(part) AS replace(replace(part::VARCHAR, '\', '\\'), '|', '\|');
-- The SQL twin of core.chance.draw.
CREATE OR REPLACE TEMP MACRO draw
    (salt, a) AS (md5_number_upper(concat_ws('|', escape_part(salt), escape_part(a))) >> 11)::DOUBLE / 9007199254740992.0,
    (salt, a, b) AS (md5_number_upper(concat_ws('|', escape_part(salt), escape_part(a), escape_part(b))) >> 11)::DOUBLE / 9007199254740992.0,
    (salt, a, b, c) AS (md5_number_upper(concat_ws('|', escape_part(salt), escape_part(a), escape_part(b), escape_part(c))) >> 11)::DOUBLE / 9007199254740992.0,
    (salt, a, b, c, d) AS (md5_number_upper(concat_ws('|', escape_part(salt), escape_part(a), escape_part(b), escape_part(c), escape_part(d))) >> 11)::DOUBLE / 9007199254740992.0;
CREATE OR REPLACE TEMP MACRO as_of() AS getvariable('as_of')::TIMESTAMP;
CREATE OR REPLACE TEMP MACRO as_of_date() AS getvariable('as_of_date')::DATE;
