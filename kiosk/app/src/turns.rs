//! Quarter turns, as the rules and as documents call them: neither knows the other.

use documents::Quarter;
use visit::turn::Turn;

/// The turn of a document's page.
pub fn quarter(turn: Turn) -> Quarter {
    match turn {
        Turn::None => Quarter::None,
        Turn::Right => Quarter::Right,
        Turn::Half => Quarter::Half,
        Turn::Left => Quarter::Left,
    }
}

/// The turn that a visitor sees.
pub fn turn(quarter: Quarter) -> Turn {
    match quarter {
        Quarter::None => Turn::None,
        Quarter::Right => Turn::Right,
        Quarter::Half => Turn::Half,
        Quarter::Left => Turn::Left,
    }
}
