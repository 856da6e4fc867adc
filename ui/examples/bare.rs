//! A screen with nothing on it but a few surfaces, and no program around it: what the kiosk's start is compared with
//! (`tests/image`, `startup`). It says how long after the kernel's start its first frame was painted.

use slint::ComponentHandle;

mod screen {
    // Not our writing: what the toolkit makes of it, which needs `unsafe` for its item tables.
    #![allow(missing_docs, unsafe_code, clippy::all)]

    slint::slint! {
        export component Bare inherits Window {
            background: #f4f1ea;
            VerticalLayout {
                padding: 60px;
                spacing: 60px;
                Rectangle { background: #b3261e; border-radius: 24px; }
                Rectangle { background: #1d5b8f; border-radius: 24px; }
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    slint::BackendSelector::new()
        .backend_name("linuxkms".into())
        .renderer_name("software".into())
        .select()?;
    let bare = screen::Bare::new()?;
    bare.show()?;
    // The loop that comes to it a second time has painted in between.
    slint::invoke_from_event_loop(|| {
        let again = slint::invoke_from_event_loop(|| {
            let up = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
            println!("first frame after {} s", up.split(' ').next().unwrap_or("?"));
        });
        if let Err(error) = again {
            println!("no first frame: {error}");
        }
    })?;
    Ok(slint::run_event_loop()?)
}
