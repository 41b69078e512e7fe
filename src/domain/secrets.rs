//! Random values that all portals on one database share.

use diesel::prelude::*;

use crate::db::{Conn, Error, schema::secrets};

/// The secret of this name; `fresh` becomes it if there was none. If two portals start at once, one of them gets
/// [`Error::Conflict`] and finds the other's value when it asks again.
pub fn obtain(conn: &mut Conn, name: &str, fresh: &str) -> Result<String, Error> {
    let known: Option<String> = secrets::table.find(name).select(secrets::value).first(conn).optional()?;
    if let Some(value) = known {
        return Ok(value);
    }
    diesel::insert_into(secrets::table).values((secrets::name.eq(name), secrets::value.eq(fresh))).execute(conn)?;
    Ok(fresh.to_owned())
}
