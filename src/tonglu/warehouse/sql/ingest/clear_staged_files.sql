DELETE FROM tonglu.staged_file;
