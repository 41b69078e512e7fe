//! The lecturer's own courses.

use askama::Template;
use askama_web::WebTemplate;

use super::{Bar, CourseName};
use crate::web::pages::frame::{Frame, Nav};

/// `GET /courses`
#[derive(Template, WebTemplate)]
#[template(path = "courses/list.html")]
pub struct CoursesPage {
    pub frame: Frame,
    /// Courses of this term and of later ones.
    pub current: Vec<CourseRow>,
    pub older: Vec<CourseName>,
    /// Whether the operator has said where courses are found.
    pub has_sources: bool,
    /// Whether lecturers may see any service.
    pub has_services: bool,
}

/// A course with how many have activated each service that lecturers may see.
#[derive(Clone, Debug)]
pub struct CourseRow {
    pub name: CourseName,
    /// `None`: the class cannot be read now.
    pub bars: Option<Vec<Bar>>,
}

impl CoursesPage {
    pub fn is_empty(&self) -> bool {
        self.current.is_empty() && self.older.is_empty()
    }
}
