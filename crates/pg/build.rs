//! Embeds `migrations/<folder>/NNNN_verb_object.sql` as a static list, so that a folder is the only registration.

use std::{env, fmt::Write as _, fs, path::Path};

fn main() {
    let root =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../migrations");
    let root = root.canonicalize().expect("migrations/ stands at the top of the workspace");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut code = String::from("pub(crate) static FOLDERS: &[Folder] = &[\n");
    for folder in sorted(&root) {
        println!("cargo:rerun-if-changed={}", folder.display());
        let name = folder.file_name().expect("has a name").to_string_lossy().into_owned();
        writeln!(code, "    Folder {{ name: {name:?}, files: &[").expect("writes to a string");
        for file in sorted(&folder) {
            let stem = file.file_stem().expect("has a stem").to_string_lossy().into_owned();
            let (number, title) = stem.split_once('_').expect("NNNN_verb_object.sql");
            let number: i64 = number.parse().expect("begins with a number");
            writeln!(
                code,
                "        File {{ number: {number}, title: {title:?}, sql: include_str!({:?}) }},",
                file.display().to_string()
            )
            .expect("writes to a string");
        }
        code.push_str("    ] },\n");
    }
    code.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("migrations.rs");
    fs::write(out, code).expect("writes to OUT_DIR");
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|kind| kind == "sql"))
        .collect();
    paths.sort();
    paths
}
