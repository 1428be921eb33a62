DROP TABLE listed_files;
