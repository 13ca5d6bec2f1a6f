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
-- The bank's wall clock at an instant, and the instant of a moment on it.
CREATE OR REPLACE TEMP MACRO bank_clock(instant) AS timezone(getvariable('zone')::VARCHAR, timezone('UTC', instant));
CREATE OR REPLACE TEMP MACRO bank_instant(moment) AS timezone('UTC', timezone(getvariable('zone')::VARCHAR, moment));
-- The family name of a Chinese name: two characters for the compound ones, else the first.
CREATE OR REPLACE TEMP MACRO surname_of(name) AS
    CASE WHEN name[1:2] IN ('欧阳', '上官', '司马', '诸葛', '东方', '皇甫', '尉迟', '公孙', '慕容', '令狐', '司徒', '夏侯', '端木', '南宫')
         THEN name[1:2] ELSE coalesce(name[1:1], '') END;
