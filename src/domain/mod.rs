//! The nouns of Latchkey, their rules, and each noun's own SQL.
//!
//! Nothing here knows of HTTP, LDAP or SMTP.

pub mod acceptances;
pub mod accounts;
pub mod audit;
pub mod catalogue;
pub mod changes;
pub mod courses;
pub mod dossier;
pub mod entitlements;
pub mod erasure;
pub mod folding;
pub mod leases;
pub mod locale;
pub mod log;
pub mod markdown;
pub mod memberships;
pub mod outbox;
pub mod own_data;
pub mod participant_list;
pub mod portal;
pub mod reminders;
pub mod reservations;
pub mod roles;
pub mod secrets;
pub mod sessions;
pub mod terms;
pub mod terms_drafts;
pub mod terms_notices;
pub mod text_diff;
pub mod uploads;
