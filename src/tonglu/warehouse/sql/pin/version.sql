INSERT INTO tonglu.version VALUES ($version_no, $journey, $hash, $purpose, $title_zh, $title_en, $definition, $run_no);
