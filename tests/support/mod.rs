//! Real servers for tests: each one private, on loopback, from nothing, and gone with the test.
#![allow(dead_code, reason = "every test crate uses a part of it")]

pub mod certificates;
pub mod openldap;
pub mod people;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod smtp;
