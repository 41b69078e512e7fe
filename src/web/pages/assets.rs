//! Static files, built into the program: their addresses carry a hash of the content, so that browsers
//! may keep them for ever, and they are compressed once.

use std::{io::Write, sync::OnceLock};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// One static file.
pub struct Asset {
    pub content_type: &'static str,
    pub plain: &'static [u8],
    pub brotli: Vec<u8>,
    pub gzip: Vec<u8>,
    /// With its quotes.
    pub etag: String,
    /// Where pages fetch it.
    pub path: String,
    name: &'static str,
}

struct Source {
    name: &'static str,
    content_type: &'static str,
    content: &'static [u8],
}

const SOURCES: [Source; 4] = [
    Source {
        name: "kern.css",
        content_type: "text/css; charset=utf-8",
        content: include_bytes!("../../../static/vendor/kern/kern.min.css"),
    },
    Source {
        name: "latchkey.css",
        content_type: "text/css; charset=utf-8",
        content: include_bytes!("../../../static/latchkey.css"),
    },
    Source {
        name: "latchkey.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_bytes!("../../../static/latchkey.js"),
    },
    Source {
        name: "favicon.svg",
        content_type: "image/svg+xml; charset=utf-8",
        content: include_bytes!("../../../static/favicon.svg"),
    },
];

/// The file at a path (`/static/kern.0123456789.css`, or `/favicon.svg`), and whether it may be kept for ever.
pub fn find(path: &str) -> Option<&'static Asset> {
    let by_name = |name: &str| all().iter().find(|a| a.name == name);
    if path == "/favicon.svg" { by_name("favicon.svg") } else { all().iter().find(|a| a.path == path) }
}

/// The address of a file by its plain name; `/static/` and the name if there is none (a test sees to it that there is).
pub fn url(name: &str) -> String {
    all().iter().find(|a| a.name == name).map_or_else(|| format!("/static/{name}"), |a| a.path.clone())
}

/// Whether the path carries a hash: its content never changes.
pub fn is_immutable(path: &str) -> bool {
    path.starts_with("/static/")
}

/// All files; the first call compresses them (call it when the program starts).
pub fn all() -> &'static [Asset] {
    static ALL: OnceLock<Vec<Asset>> = OnceLock::new();
    ALL.get_or_init(|| SOURCES.iter().map(Asset::from_source).collect())
}

impl Asset {
    fn from_source(source: &Source) -> Self {
        let hash = hex::encode(Sha256::digest(source.content));
        let short = hash.get(..10).unwrap_or_default();
        let (stem, ending) = source.name.rsplit_once('.').unwrap_or((source.name, ""));
        Self {
            content_type: source.content_type,
            plain: source.content,
            brotli: brotli(source.content).unwrap_or_else(|_| source.content.to_vec()),
            gzip: gzip(source.content).unwrap_or_else(|_| source.content.to_vec()),
            etag: format!("\"{short}\""),
            path: format!("/static/{stem}.{short}.{ending}"),
            name: source.name,
        }
    }
}

fn brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    // The best level takes a second in a release build, and too long in a debug build.
    let quality = if cfg!(debug_assertions) { 5 } else { 11 };
    let mut out = Vec::new();
    {
        let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, quality, 22);
        encoder.write_all(content)?;
    }
    Ok(out)
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn every_file_is_found_under_its_own_address_only() {
        for asset in all() {
            assert!(std::ptr::eq(find(&asset.path).unwrap(), asset));
            assert_eq!(url(asset.name), asset.path);
        }
        assert!(find("/static/kern.css").is_none());
        assert!(find("/favicon.svg").is_some());
    }

    #[test]
    fn compressed_files_unpack_to_the_plain_ones() {
        for asset in all() {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&asset.gzip[..]).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, asset.plain);
            let mut unpacked = Vec::new();
            brotli::Decompressor::new(&asset.brotli[..], 4096).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, asset.plain);
        }
    }

    #[test]
    fn a_first_visit_fits_the_budget() {
        let sum: usize = all().iter().map(|a| a.gzip.len()).sum();
        assert!(sum < 52_000, "{sum} bytes of static files leave too little for the page itself");
    }
}
