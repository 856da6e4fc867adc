//! What can go wrong with the screen.

/// Why the screen could not be started or asked.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// The machine has no font at all; the toolkit does not start there, although the screens bring theirs.
    #[error(
        "screen: this machine has no font at all, and the toolkit needs one to start; install the package fonts-noto-cjk"
    )]
    Font,
    /// A language file cannot be read; the program was built from a broken one.
    #[error("screen: the language file {0} is broken: {1}; build the program from a whole one")]
    Words(&'static str, String),
    /// The display or the toolkit refused.
    #[error("screen: {0}; check the display, its driver and the rights to it")]
    Platform(String),
    /// The program was built without this kind of screen.
    #[error("screen: built without the feature \"{0}\"; build with it or choose another backend")]
    NotBuilt(&'static str),
    /// A size that no screen has.
    #[error("screen: {width}×{height} pixels is no size for a screen; give 1 to 8192 for each")]
    Size {
        /// in pixels
        width: u32,
        /// in pixels
        height: u32,
    },
    /// The screen's loop has ended or has not begun.
    #[error("screen: it is not running")]
    NotRunning,
    /// The screen did not answer in time.
    #[error("screen: no answer within {0} s; its thread is blocked")]
    Late(u64),
    /// Nothing of this id can be touched on the screen now.
    #[error("screen: there is no {0:?} to touch")]
    NotOnScreen(String),
    /// The thing is there and takes no touch.
    #[error("screen: {0:?} is disabled")]
    Disabled(String),
}

impl From<slint::PlatformError> for UiError {
    fn from(error: slint::PlatformError) -> Self {
        Self::Platform(error.to_string())
    }
}
