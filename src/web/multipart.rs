//! Forms with a file, read piece by piece and never beyond their limits. The file's name is not looked at.

use std::time::Duration;

use actix_multipart::Multipart;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::forms::Fields;

/// What fields besides the file may take, in bytes, and how many there may be.
const LONGEST_FIELD: usize = 4 * 1024;
const MOST_FIELDS: usize = 20;

/// How much more than the limit is read and thrown away before the answer: browsers show no answer to a form that they could not
/// send to its end.
const DRAINED: usize = 16 * 1024 * 1024;

/// A form with one file.
pub(super) struct FileForm {
    pub(super) fields: Fields,
    /// `None` if no file was sent.
    pub(super) file: Option<Vec<u8>>,
}

/// Why a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The file is larger than allowed; the fields before it were read.
    TooLarge,
    /// This is no form of ours.
    Malformed,
}

/// Reads a form whose file is the field of this name. Whatever is wrong, the fields that came before are returned, too. What has
/// not arrived within `deadline` is given up.
pub(super) async fn read(
    mut form: Multipart,
    file_field: &str,
    most_bytes: usize,
    deadline: Duration,
) -> (FileForm, Result<(), Unreadable>) {
    let mut fields = Vec::new();
    let mut file = None;
    let reading = read_all(&mut form, file_field, most_bytes, &mut fields, &mut file);
    let result = tokio::time::timeout(deadline, reading).await.unwrap_or(Err(Unreadable::Malformed));
    (FileForm { fields: Fields::new(fields), file }, result)
}

async fn read_all(
    form: &mut Multipart,
    file_field: &str,
    most_bytes: usize,
    fields: &mut Vec<(String, String)>,
    file: &mut Option<Vec<u8>>,
) -> Result<(), Unreadable> {
    for _ in 0..MOST_FIELDS {
        let Some(mut field) = form.try_next().await.map_err(|_| Unreadable::Malformed)? else { return Ok(()) };
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = name == file_field;
        let limit = if is_file { most_bytes } else { LONGEST_FIELD };
        let mut bytes = Vec::new();
        let mut read = 0;
        while let Some(chunk) = field.next().await {
            let chunk = chunk.map_err(|_| Unreadable::Malformed)?;
            read += chunk.len();
            if read <= limit {
                bytes.extend_from_slice(&chunk);
            } else if read > limit + DRAINED {
                break;
            }
        }
        if read > limit {
            return Err(if is_file { Unreadable::TooLarge } else { Unreadable::Malformed });
        }
        if is_file {
            // A browser sends an empty part if no file was chosen; the file itself says whether it is empty.
            let is_chosen = read > 0 || field.content_disposition().is_some_and(|d| d.get_filename() != Some(""));
            *file = is_chosen.then_some(bytes);
        } else {
            fields.push((name, String::from_utf8(bytes).map_err(|_| Unreadable::Malformed)?));
        }
    }
    Err(Unreadable::Malformed)
}

#[cfg(test)]
mod tests {
    use actix_web::{
        error::PayloadError,
        http::header::{CONTENT_TYPE, HeaderMap, HeaderValue},
        web::Bytes,
    };
    use futures_util::stream;

    use super::*;

    #[actix_web::test]
    async fn a_form_that_stalls_is_given_up() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=x"));
        let begins = "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\nt\r\n--x\r\n\
                      Content-Disposition: form-data; name=\"list\"; filename=\"a\"\r\n\r\nlogin\r\nanna";
        let begins = stream::iter([Ok::<_, PayloadError>(Bytes::from_static(begins.as_bytes()))]);
        let form = Multipart::new(&headers, begins.chain(stream::pending()));
        let reading = read(form, "list", 1000, Duration::from_millis(50));
        let (form, read) = tokio::time::timeout(Duration::from_secs(5), reading).await.expect("an end");
        assert_eq!(read, Err(Unreadable::Malformed));
        assert_eq!(form.fields.get("form_token"), Some("t"), "what came before is there");
    }
}
