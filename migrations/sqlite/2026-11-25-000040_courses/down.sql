DROP TABLE course_views;
