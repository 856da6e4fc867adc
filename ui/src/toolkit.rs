//! What the compiler makes of the files in `screens/`.

// Not our writing: the toolkit's code for our screens, which needs `unsafe` for its item tables.
#![allow(missing_docs, unsafe_code, clippy::all)]

slint::include_modules!();
