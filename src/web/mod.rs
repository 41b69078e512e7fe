//! The pages: routes, sessions, forms, and what each page shows.

pub mod pages;
pub mod settings;
