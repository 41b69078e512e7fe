//! People in the sealed log: a leaf holds a commitment to a person, never the person.
//!
//! The commitment stays in the account's row for ever. What opens it, the salt and the directory's key, is deleted when the
//! person is erased; from then on nobody can prove who it was, and the log still verifies.

use std::collections::HashMap;

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::{Conn, Error, schema::accounts};

/// What opens a commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub salt: String,
    pub directory_key: String,
    pub account_id: String,
}

impl Opening {
    /// SHA-256, in hexadecimal, of "latchkey-person-v1", salt, directory key and account id, with a zero byte between them.
    pub fn commitment(&self) -> String {
        let mut digest = Sha256::new_with_prefix("latchkey-person-v1");
        for part in [&self.salt, &self.directory_key, &self.account_id] {
            digest.update([0]);
            digest.update(part);
        }
        hex::encode(digest.finalize())
    }
}

/// What the account's row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub commitment: Option<String>,
    /// `None` once the person was erased.
    pub opening: Option<Opening>,
}

impl Known {
    /// Whether the commitment is that of this person, as far as that can still be told.
    pub fn fits(&self) -> bool {
        match (&self.commitment, &self.opening) {
            (Some(commitment), Some(opening)) => *commitment == opening.commitment(),
            _ => true,
        }
    }
}

/// Id, commitment, salt, directory key.
type Stored = (String, Option<String>, Option<String>, Option<String>);

/// What is known of these people, by account id; who has no account is left out.
pub fn load<'a>(conn: &mut Conn, ids: impl IntoIterator<Item = &'a str>) -> Result<HashMap<String, Known>, Error> {
    let ids: Vec<&str> = ids.into_iter().collect();
    let rows: Vec<Stored> = accounts::table
        .filter(accounts::id.eq_any(ids))
        .select((accounts::id, accounts::commitment, accounts::salt.nullable(), accounts::directory_key))
        .load(conn)?;
    let known = |(id, commitment, salt, key): Stored| {
        let opening = salt.filter(|salt| !salt.is_empty()).zip(key).map(|(salt, directory_key)| Opening {
            salt,
            directory_key,
            account_id: id.clone(),
        });
        (id, Known { commitment, opening })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// What stands for each of these people; who has an account from before the log was sealed gets a commitment now.
pub fn commit<'a>(conn: &mut Conn, ids: impl IntoIterator<Item = &'a str>) -> Result<HashMap<String, String>, Error> {
    let mut commitments = HashMap::new();
    for (id, known) in load(conn, ids)? {
        let commitment = match (known.commitment, known.opening) {
            (Some(commitment), _) => commitment,
            (None, Some(opening)) => {
                let fresh = opening.commitment();
                diesel::update(accounts::table.find(&id).filter(accounts::commitment.is_null()))
                    .set(accounts::commitment.eq(&fresh))
                    .execute(conn)?;
                fresh
            }
            // Erased before anything of it was sealed: it stays unknown.
            (None, None) => continue,
        };
        commitments.insert(id, commitment);
    }
    Ok(commitments)
}
