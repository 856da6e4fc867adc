//! The dock's page.

/// One page, no other files: it works wherever the dock is reached.
pub(crate) const PAGE: &str = include_str!("page.html");
