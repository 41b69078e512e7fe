//! What each page shows: a page is a struct, its template under `templates/` holds no rules.

pub mod assets;
pub mod audit;
pub mod courses;
pub mod data_protection;
pub mod demo;
pub mod error;
pub mod frame;
pub mod history;
pub mod legal;
pub mod own_data;
pub mod permissions;
pub mod profile;
pub mod receipt;
pub mod result;
pub mod role_missing;
#[cfg(test)]
mod samples;
pub mod sessions;
pub mod sign_in;
pub mod terms;
pub mod terms_editor;
