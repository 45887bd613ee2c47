//! The console's own files, embedded; an address that names a version is kept by browsers for ever.

use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use crate::failure::Failure;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Assets;

/// Which version of a file the page asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    v: String,
}

/// The address of a file in its present version.
pub(crate) fn address(file: &str) -> String {
    let version = Assets::get(file).map(|found| version(&found)).unwrap_or_default();
    format!("/assets/{file}?v={version}")
}

/// Serves a file.
pub(crate) async fn serve(
    Path(file): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let found = Assets::get(&file).ok_or_else(Failure::nothing_here)?;
    let version = version(&found);
    // An old page that asks for an old version gets the new file, but must ask again next time.
    let keep = match asked.v == version {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let headers = [
        (header::CONTENT_TYPE, found.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, keep.to_owned()),
        (header::ETAG, format!("\"{version}\"")),
    ];
    Ok((StatusCode::OK, headers, found.data).into_response())
}

fn version(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..6])
}
