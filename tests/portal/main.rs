//! The portal through its front door: a real directory, database and HTTP server, people who sign in and press buttons.

#[path = "../support/mod.rs"]
mod support;

#[macro_use]
mod world;

mod activation;
mod audit;
mod audit_downloads;
mod audit_exports;
mod audit_oddities;
mod audit_pages;
mod audit_people;
mod audit_plans;
mod audit_standing;
mod audit_standing_exports;
mod boards;
mod class_borders;
mod class_limits;
mod course_pages;
mod courses;
mod cross_site;
mod data_protection;
mod databases;
mod guidance;
mod headers;
mod http;
mod looks;
mod names;
mod outages;
mod outlets;
mod pages;
mod permissions;
mod receipts;
mod reminder_steps;
mod reminders;
mod roles;
mod routes;
mod sealed_log;
mod sessions;
mod sign_in;
mod teaching;
mod terms;
mod terms_editor;
mod terms_questions;
mod throttle;
mod upload_oddities;
mod uploads;
