//! Tables are written whole or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says on stderr what it skips"
)]

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use nlpflow_matrix::{Error, TableFormat, TableWriter, read_ipc, read_parquet, write_table};

fn table() -> (SchemaRef, RecordBatch) {
    let schema = Arc::new(Schema::new(vec![
        Field::new("token", DataType::Utf8, false),
        Field::new("idf", DataType::Float64, true),
    ]));
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(StringArray::from(vec!["a,b", "say \"c\""])),
            Arc::new(Float64Array::from(vec![Some(0.1), None])),
        ],
    )
    .unwrap();
    (schema, batch)
}

fn write(path: &Path) -> Result<u64, Error> {
    let (schema, batch) = table();
    write_table(path, TableFormat::of(path)?, &schema, [Ok::<_, Error>(batch)])
}

#[test]
fn every_format_holds_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["t.csv", "t.json", "t.parquet", "t.arrow"] {
        assert_eq!(write(&path(name)).unwrap(), 2);
    }
    let text = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    assert_eq!(text("t.csv"), "token,idf\n\"a,b\",0.1\n\"say \"\"c\"\"\",\n");
    assert_eq!(text("t.json"), "[{\"token\":\"a,b\",\"idf\":0.1},{\"token\":\"say \\\"c\\\"\",\"idf\":null}]");
    let (_, parquet) = read_parquet(&path("t.parquet")).unwrap();
    assert_eq!(parquet, [table().1]);
    let arrow: Vec<RecordBatch> = read_ipc(&path("t.arrow")).unwrap().1.map(Result::unwrap).collect();
    assert_eq!(arrow, [table().1]);
}

#[test]
fn a_table_without_rows_still_has_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.csv");
    write_table(&path, TableFormat::Csv, &table().0, std::iter::empty::<Result<RecordBatch, Error>>()).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "token,idf\n");
}

#[test]
fn an_unfinished_table_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (schema, batch) = table();
    let mut writer = TableWriter::create(&folder.path().join("t.csv"), TableFormat::Csv, &schema).unwrap();
    writer.write(&batch).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_extension_is_named() {
    let error = write(Path::new("out.xlsx")).unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_FORMAT");
    assert!(error.to_string().contains("out.xlsx") && error.to_string().contains(".parquet"));
}

#[test]
fn a_full_disk_is_the_error_of_the_operating_system() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        eprintln!("skipped: this system has no /dev/full");
        return;
    }
    let (schema, batch) = table();
    let error = write_table(full, TableFormat::Csv, &schema, [Ok::<_, Error>(batch)]).unwrap_err();
    assert!(
        matches!(&error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull),
        "{error:?}"
    );
}

/// Writes one table where the variable says: what the test below follows with strace.
#[test]
fn a_table_for_another_process() {
    if let Some(path) = std::env::var_os("NLPFLOW_TEST_TABLE") {
        write(Path::new(&path)).unwrap();
    }
}

#[test]
fn what_is_in_a_table_is_on_the_disk_before_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (path, trace) = (folder.path().join("t.csv"), folder.path().join("trace"));
    let mut strace = std::process::Command::new("strace");
    strace.args(["-f", "-y", "-o"]).arg(&trace).args(["-e", "trace=fsync,rename,renameat,renameat2"]);
    strace.arg(std::env::current_exe().unwrap()).args(["--exact", "a_table_for_another_process"]);
    match strace.env("NLPFLOW_TEST_TABLE", &path).output() {
        Ok(output) if output.status.success() => {}
        _ => return eprintln!("skipped: strace cannot be used here"),
    }
    let trace = std::fs::read_to_string(trace).unwrap();
    let calls: Vec<&str> = trace.lines().filter(|line| line.contains("= 0")).collect();
    let at = |what: &str, of: &str| calls.iter().position(|call| call.contains(what) && call.contains(of));
    let renamed = at("rename", "t.csv\"").unwrap();
    assert!(at("fsync", ".partial>").unwrap() < renamed, "{trace}");
    assert!(at("fsync", &format!("{}>", folder.path().display())).unwrap() > renamed, "{trace}");
}
