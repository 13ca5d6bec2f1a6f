-- The global control group through time: who is in it is drawn by hash from epoch and share.
CREATE TABLE tonglu.control_epoch (run_no INTEGER, epoch VARCHAR, share DOUBLE);
