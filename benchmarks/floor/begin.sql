-- Shorthands of the connection. The variables as_of, as_of_date, day_start, run_no and one list of files per table are set before.
CREATE TEMP MACRO as_of() AS getvariable('as_of')::TIMESTAMP;
CREATE TEMP MACRO as_of_date() AS getvariable('as_of_date')::DATE;
CREATE TEMP MACRO run_no() AS getvariable('run_no')::INTEGER;
CREATE TEMP MACRO chance(parts) AS (md5_number_upper(parts) >> 11)::DOUBLE / 9007199254740992.0;
CREATE TEMP MACRO opening(closes) AS CASE
    WHEN (as_of() + INTERVAL 8 HOUR)::TIME >= TIME '08:00' AND (as_of() + INTERVAL 8 HOUR)::TIME < closes THEN as_of()
    WHEN (as_of() + INTERVAL 8 HOUR)::TIME < TIME '08:00' THEN as_of_date()::TIMESTAMP
    ELSE as_of_date()::TIMESTAMP + INTERVAL 1 DAY END;
CREATE TEMP MACRO surname(name) AS
    CASE WHEN name[1:2] IN ('欧阳', '上官', '司马', '诸葛', '东方', '皇甫', '尉迟', '公孙', '慕容', '令狐', '司徒', '夏侯', '端木', '南宫')
         THEN name[1:2] ELSE coalesce(name[1:1], '') END;
BEGIN TRANSACTION;
