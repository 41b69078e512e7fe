//! What the command line does, apart from reading it.

pub mod check;
pub mod demo;
pub mod outbox;
pub mod serve;
pub mod terms;
