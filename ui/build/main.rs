//! Compiles the screens, and makes the font that they are written in.

mod font;

fn main() {
    if let Err(error) = font::make().and_then(|()| screens()) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn screens() -> Result<(), String> {
    // Element ids are found in the generated code only when it says where they came from.
    let inspect = std::env::var_os("CARGO_FEATURE_INSPECT").is_some();
    let config = slint_build::CompilerConfiguration::new()
        .with_style("fluent-light".into())
        .with_default_translation_context(slint_build::DefaultTranslationContext::None)
        .with_debug_info(inspect);
    slint_build::compile_with_config("screens/kiosk.slint", config)
        .map_err(|error| format!("the screens do not compile: {error}"))
}
