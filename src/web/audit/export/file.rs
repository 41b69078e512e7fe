//! A file that is made, in pieces.

use std::{os::unix::fs::FileExt as _, sync::Arc};

use actix_web::{Error, error::ErrorInternalServerError, web};
use futures_util::{Stream, stream};

use super::jobs::Job;

const PIECE: usize = 64 * 1024;

/// Several readers may read at once: each knows its own place.
pub(super) fn chunks(job: Arc<Job>) -> impl Stream<Item = Result<web::Bytes, Error>> {
    stream::try_unfold((job, 0_u64), async |(job, place)| {
        let read = web::block(move || {
            let mut piece = vec![0; PIECE];
            let length = job.file.read_at(&mut piece, place)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((piece, job))
        });
        let (piece, job) = read.await?.map_err(ErrorInternalServerError)?;
        let next = place + piece.len() as u64;
        Ok((!piece.is_empty()).then(|| (web::Bytes::from(piece), (job, next))))
    })
}
