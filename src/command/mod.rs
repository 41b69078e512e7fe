//! What the command line does, apart from reading it.

/// Prints a line. Whoever reads may have gone (`latchkey check | head`), which is no reason to fail.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

pub mod audit;
pub mod check;
pub mod demo;
pub mod outbox;
pub mod processing_record;
pub mod purge;
pub mod serve;
pub mod terms;
