//! Compiles the screens.

fn main() {
    // Element ids are found in the generated code only when it says where they came from.
    let inspect = std::env::var_os("CARGO_FEATURE_INSPECT").is_some();
    let config = slint_build::CompilerConfiguration::new()
        .with_style("fluent-light".into())
        .with_default_translation_context(slint_build::DefaultTranslationContext::None)
        .with_debug_info(inspect);
    if let Err(error) = slint_build::compile_with_config("screens/kiosk.slint", config) {
        eprintln!("the screens do not compile: {error}");
        std::process::exit(1);
    }
}
