//! The published samples, whole: every store says of them what their folder says.

use super::azurite::Azurite;
use super::behaviour::{Folders, Own, Place, Visitor};
use crate::inside::digest_anywhere;
use crate::moto::Moto;
use crate::store_server::face::Face;
use std::path::Path;
use std::sync::OnceLock;

/// A key and its bytes.
type Sample = (String, Vec<u8>);

/// All samples; none, with a word about it, where they are not.
fn samples() -> Option<&'static [Sample]> {
    static SAMPLES: OnceLock<Option<Vec<Sample>>> = OnceLock::new();
    let read = || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples").canonicalize().ok()?;
        let files = walkdir::WalkDir::new(&folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
        let key = |path: &Path| path.strip_prefix(&folder).unwrap().to_str().unwrap().to_string();
        Some(files.map(|file| (key(file.path()), std::fs::read(file.path()).unwrap())).collect())
    };
    let samples = SAMPLES.get_or_init(read).as_deref();
    if samples.is_none() {
        println!("skipped: ../shared/samples is absent");
    }
    samples
}

/// What a scan of the samples says in some place: how its objects end, and the digest.
fn said(place: &dyn Place, samples: &[Sample]) -> (serde_json::Value, String) {
    place.bucket("samples");
    for (key, bytes) in samples {
        assert!(place.put("samples", key, bytes), "{key}");
    }
    let visitor = Visitor::new(place);
    let told = visitor.scan("samples", "").exits(0).json();
    (told["objects"].clone(), digest_anywhere(&visitor.home.snapshot()))
}

fn says_what_the_folder_says(place: &dyn Place) {
    static FOLDER: OnceLock<(serde_json::Value, String)> = OnceLock::new();
    let Some(samples) = samples() else { return };
    let folder = FOLDER.get_or_init(|| said(&Folders(tempfile::tempdir().unwrap()), samples));
    assert_eq!(&said(place, samples), folder);
    println!("{} files, {}: {}", samples.len(), folder.0, folder.1);
}

#[test]
fn samples_in_the_s3_face() {
    says_what_the_folder_says(&Own::new(Face::S3));
}

#[test]
fn samples_in_the_gcs_face() {
    says_what_the_folder_says(&Own::new(Face::Gcs));
}

#[test]
fn samples_in_azurite() {
    if let Some(azurite) = Azurite::start() {
        says_what_the_folder_says(&azurite);
    }
}

#[test]
fn samples_in_moto() {
    if let Some(moto) = Moto::start() {
        says_what_the_folder_says(&moto);
    }
}
