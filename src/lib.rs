//! Latchkey: an account self-service permission portal for organisations with an LDAP directory.
//!
//! Data goes one way: a request decides inside one synchronous transaction; effects on the outside
//! (directory, mail) happen after commit. `docs/ARCHITECTURE.md` draws the house; `tests/architecture.rs`
//! keeps the direction of dependency.

pub mod app;
pub mod chance;
pub mod clock;
pub mod command;
pub mod config;
pub mod db;
pub mod demo;
pub mod directory;
pub mod domain;
pub mod mail;
pub mod texts;
pub mod web;
pub mod work;
