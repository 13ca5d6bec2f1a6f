-- Shorthands of the connection. The variables as_of, as_of_date, day_start, run_no and one list of files per table are set before.
CREATE TEMP MACRO as_of() AS getvariable('as_of')::TIMESTAMP;
CREATE TEMP MACRO as_of_date() AS getvariable('as_of_date')::DATE;
CREATE TEMP MACRO run_no() AS getvariable('run_no')::INTEGER;
CREATE TEMP MACRO chance(parts) AS (md5_number_upper(parts) >> 11)::DOUBLE / 9007199254740992.0;
CREATE TEMP MACRO bank_hour() AS hour(as_of() + INTERVAL 8 HOUR);
CREATE TEMP MACRO bank_day(instant) AS date_trunc('day', instant + INTERVAL 8 HOUR) - INTERVAL 8 HOUR;
CREATE TEMP MACRO bank_month(instant) AS date_trunc('month', instant + INTERVAL 8 HOUR) - INTERVAL 8 HOUR;
-- When a channel opens that is open between two hours of the bank's clock; SMS to the silver-haired also rests at noon.
CREATE TEMP MACRO opening(opens, closes) AS CASE
    WHEN bank_hour() < opens THEN as_of_date()::TIMESTAMP + to_hours(opens - 8)
    WHEN bank_hour() < closes THEN as_of()
    ELSE as_of_date()::TIMESTAMP + INTERVAL 1 DAY + to_hours(opens - 8) END;
CREATE TEMP MACRO opening_of(channel, silver) AS CASE channel
    WHEN 'sms' THEN CASE WHEN silver AND bank_hour() IN (12, 13) THEN as_of_date()::TIMESTAMP + INTERVAL 6 HOUR ELSE opening(8, 21) END
    WHEN 'call' THEN opening(9, 20)
    ELSE opening(8, 22) END;
-- What a message is about: the kind of its product.
CREATE TEMP MACRO topic_of(message) AS
    CASE WHEN message IN ('payroll_plan_offer', 'payroll_plan_reminder', 'outflow_offer', 'pension_deposit_offer') THEN 'deposit' END;
CREATE TEMP MACRO surname(name) AS
    CASE WHEN name[1:2] IN ('欧阳', '上官', '司马', '诸葛', '东方', '皇甫', '尉迟', '公孙', '慕容', '令狐', '司徒', '夏侯', '端木', '南宫')
         THEN name[1:2] ELSE coalesce(name[1:1], '') END;
BEGIN TRANSACTION;
