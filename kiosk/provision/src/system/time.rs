//! What time it is, for chrony.

use super::Facts;
use std::fmt::Write;

pub(super) fn text(facts: &Facts<'_>) -> String {
    // It is a client and nothing else: it answers nobody. Whether it has set the clock is asked at a socket of its own
    // user's (onedoor-clock.service).
    let mut text = String::from(
        "# Written by onedoor-provision.\nport 0\ncmdport 0\nbindcmdaddress /run/chrony/chronyd.sock\n",
    );
    for time in facts.time() {
        let nts = if time.plain { "" } else { " nts" };
        _ = writeln!(text, "server {} iburst{nts}", time.server);
    }
    if let Some(ca) = &facts.time_ca {
        _ = writeln!(text, "nosystemcert\nntstrustedcerts {}", ca.display());
    }
    // A clock that lost its battery is before every certificate's time. Until it has been set once, who signed them is
    // proof enough (chrony.conf(5)).
    text.push_str("nocerttimecheck 1\n");
    // A clock that is years off is set at once at start, and never in the middle of a day.
    _ = writeln!(text, "makestep 1.0 3\nrtcsync\ndriftfile {}/drift", facts.drift.display());
    // Cookies of the last time: a server need not be asked for keys anew with each boot.
    _ = writeln!(text, "ntsdumpdir {}", facts.drift.display());
    text
}
