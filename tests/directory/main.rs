//! The LDAP client at work: one contract that the embedded directory and OpenLDAP keep alike, and what only a real
//! server or a bad network can show.

#[path = "../support/mod.rs"]
mod support;

mod admission;
mod check;
mod course_entries;
mod courses;
mod escaping;
mod grants;
mod network;
mod outage;
mod people;
mod server;
mod sign_in;
mod tls;
