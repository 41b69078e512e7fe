//! The portal as people meet it: a whole demo in this process, and a real browser in front of it.
//!
//! Each test has a portal and a browser of its own, so that no test sees what another one did.

#[path = "../support/mod.rs"]
mod support;

mod audit_tour;
mod behaviour;
mod boards;
mod browser;
mod inspection;
mod portal;
mod tour;
mod walks;
