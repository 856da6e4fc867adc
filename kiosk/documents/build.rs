//! Compiles the shim over libjpeg's planar interface, against the headers of the library that
//! `turbojpeg-sys` builds and links.

use std::env;

const SHIM: &str = "src/finish/planes/planes.c";

fn main() {
    println!("cargo:rerun-if-changed={SHIM}");
    let headers = env::var("DEP_TURBOJPEG_INCLUDE").unwrap_or_default();
    cc::Build::new()
        .file(SHIM)
        .includes(headers.split(',').filter(|path| !path.is_empty()))
        .std("c11")
        .warnings(true)
        .extra_warnings(true)
        .compile("onedoor_planes");
}
