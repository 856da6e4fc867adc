//! Prints `docs/events.md`.

fn main() {
    print!("{}", log_book::document());
}
