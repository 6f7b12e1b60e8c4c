//! Writes the corpus from which fuzzing starts: the captured streams of a real server, and
//! connection strings. `cargo run --example seeds`, in this folder.

use std::fs;
use std::io;
use std::path::Path;

use howdah_fuzz::{driver, wire};

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for stream in wire::streams::load(&here.join("../crates/howdah-wire")) {
        let target = if stream.is_login() {
            "handshake"
        } else {
            "session"
        };
        let seed = wire::entry::seed(&stream);
        write(&here.join("corpus").join(target), &stream.name, &seed)?;
    }
    let changes = wire::changes::sample();
    write(&here.join("corpus/changes"), "sample", &changes)?;
    for (number, dsn) in driver::CONNECTION_STRINGS.iter().enumerate() {
        let folder = here.join("corpus/config");
        write(&folder, &number.to_string(), dsn.as_bytes())?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, data: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), data)
}
