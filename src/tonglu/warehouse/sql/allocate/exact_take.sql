-- They have their places, and the limits less room.
INSERT INTO placed SELECT proposal_no, option_no FROM trying;
DELETE FROM seeking WHERE proposal_no IN (SELECT proposal_no FROM trying);
UPDATE exact_room SET room = exact_room.room - n.used
FROM (SELECT u.allotment_no, sum(u.amount)::BIGINT AS used FROM trying JOIN allotment_use AS u USING (option_no) GROUP BY 1) AS n
WHERE n.allotment_no = exact_room.allotment_no;
