//! Mapped files.

use std::fs;

use nlpflow_model::map_file;

#[test]
fn the_bytes_are_the_files_and_outlive_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("matrix.arrow");
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&path, &content).expect("a file");
    let bytes = map_file(&path).expect("the bytes");
    let part = bytes.slice(4096..8192);
    fs::remove_file(&path).expect("removed");
    drop(bytes);
    assert_eq!(part, content[4096..8192]);
}

#[test]
fn an_empty_file_has_no_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("empty");
    fs::write(&path, "").expect("a file");
    assert!(map_file(&path).expect("no bytes").is_empty());
}

#[test]
fn a_missing_file_is_named() {
    let error = map_file("no/such/matrix.arrow").expect_err("a refusal");
    assert_eq!(error.code(), "READ_FAILED");
    assert!(error.to_string().contains("no/such/matrix.arrow"), "{error}");
}
