//! What must hold when the directory, the mail server, the database or the portal itself fails at a chosen moment.
//!
//! The real program as a process of its own, real servers, and proxies between them that hang, cut and lose.

#[path = "../soak/evidence.rs"]
mod evidence;
#[path = "../soak/portal.rs"]
mod portal;
#[path = "../soak/proxy.rs"]
mod proxy;
#[path = "../support/mod.rs"]
mod support;
#[path = "../soak/visitor.rs"]
mod visitor;
mod world;

mod crashes;
mod outages;
mod overload;
mod poison;
mod races;
