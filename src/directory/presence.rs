//! Whether people are still there, asked by their stable keys.

use std::collections::HashSet;

use ldap3::{Scope, ldap_escape};

use super::{Directory, DirectoryError, Search, people::stable_key};

/// How many people one search asks about.
const TOGETHER: usize = 25;

impl Directory {
    /// Which of these stable keys belong to nobody whom the search for people shows. Keys of another attribute than the configured
    /// one cannot be looked for and are never among them. `None`: the directory shows nobody at all, so its answer says nothing.
    pub async fn missing(&self, keys: &[String]) -> Result<Option<HashSet<String>>, DirectoryError> {
        let name = self.0.settings.people.key_attribute.to_ascii_lowercase();
        let value = |key: &String| Some(test(&name, key.strip_prefix(&name)?.strip_prefix(':')?));
        let tests: Vec<(&String, String)> = keys.iter().filter_map(|key| Some((key, value(key)?))).collect();
        let mut missing = HashSet::new();
        for some in tests.chunks(TOGETHER) {
            let any: String = some.iter().map(|(_, test)| test.as_str()).collect();
            let shown = self.keys_that_fit(&format!("(|{any})")).await?;
            for (key, test) in some.iter().filter(|(key, _)| !shown.contains(*key)) {
                // An answer may have been cut short by the server, so whoever seems missing is asked about alone.
                if !self.keys_that_fit(test).await?.contains(*key) {
                    missing.insert((*key).clone());
                }
            }
        }
        let is_plausible = missing.is_empty() || self.finds_anybody().await?.is_some();
        Ok(is_plausible.then_some(missing))
    }

    async fn keys_that_fit(&self, test: &str) -> Result<HashSet<String>, DirectoryError> {
        let people = &self.0.settings.people;
        let filter = format!("(&{}{test})", self.anybody());
        let attributes = [people.key_attribute.as_str()];
        let search = Search {
            base: &people.base,
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &attributes,
            size_limit: 0,
        };
        let found = self.search(search).await?;
        Ok(found.iter().filter_map(|entry| stable_key(entry, &people.key_attribute)).collect())
    }
}

/// The filter item for one key. Binary keys (objectGUID) are kept in hexadecimal and looked for byte by byte.
fn test(attribute: &str, value: &str) -> String {
    let is_binary = attribute.eq_ignore_ascii_case("objectGUID") && value.len() == 32;
    match hex::decode(value).ok().filter(|_| is_binary) {
        Some(bytes) => {
            let escaped: Vec<String> = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
            format!("({attribute}={})", escaped.concat())
        }
        None => format!("({attribute}={})", ldap_escape(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_looked_for_literally_and_binary_ones_byte_by_byte() {
        assert_eq!(test("entryuuid", "b7d2-*"), "(entryuuid=b7d2-\\2a)");
        let guid = "00ff".repeat(8);
        assert_eq!(test("objectguid", &guid), format!("(objectguid={})", "\\00\\ff".repeat(8)));
        assert_eq!(test("objectguid", "text"), "(objectguid=text)");
    }
}
