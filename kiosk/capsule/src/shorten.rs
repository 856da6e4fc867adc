//! Recordings that would make a capsule too long lose their oldest events.

use crate::capsule::Recorded;
use crate::text::LONGEST_HEADING;

/// Leaves out of `recordings` what does not fit into `room` bytes of text. The first may take half of it
/// before the others get anything; what one does not need is there for the others.
pub(crate) fn fit(recordings: &mut [Recorded], room: usize) {
    let lines: Vec<Vec<usize>> = recordings.iter().map(|one| lengths(&one.recording.to_string())).collect();
    let wanted: Vec<usize> =
        lines.iter().map(|lines| lines.iter().sum::<usize>() + LONGEST_HEADING).collect();
    for ((one, lines), share) in recordings.iter_mut().zip(lines).zip(shares(&wanted, room)) {
        shorten(one, &lines, share.saturating_sub(LONGEST_HEADING));
    }
}

/// How long each line is, with its end.
fn lengths(text: &str) -> Vec<usize> {
    text.split_inclusive('\n').map(str::len).collect()
}

/// What each gets of `room`, who wants so much.
fn shares(wanted: &[usize], room: usize) -> Vec<usize> {
    let Some((first, others)) = wanted.split_first() else { return Vec::new() };
    let mut left = room - (*first).min(room / 2);
    let mut order: Vec<(usize, usize)> = others.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, wanted)| *wanted);
    let mut shares = vec![0; others.len()];
    let mut waiting = order.len();
    for (at, wanted) in order {
        let share = wanted.min(left / waiting.max(1));
        if let Some(own) = shares.get_mut(at) {
            *own = share;
        }
        left -= share;
        waiting = waiting.saturating_sub(1);
    }
    let first = (*first).min((*first).min(room / 2) + left);
    std::iter::once(first).chain(shares).collect()
}

/// Leaves out the oldest events, so that at most `room` bytes are left. The head stays.
fn shorten(one: &mut Recorded, lines: &[usize], room: usize) {
    let events = one.recording.events.len();
    let mut long: usize = lines.iter().sum();
    // Times are counted anew from the first event that is left: no line becomes longer by that.
    let of_events = lines.iter().skip(lines.len().saturating_sub(events));
    let surplus = of_events.take_while(|line| {
        let too_long = long > room;
        long -= if too_long { **line } else { 0 };
        too_long
    });
    let surplus = surplus.count();
    if surplus == 0 {
        return;
    }
    let since = match one.recording.events.get(surplus).or(one.recording.events.last()) {
        Some(first) => first.at,
        None => return,
    };
    one.recording.events.drain(..surplus);
    for event in &mut one.recording.events {
        event.at = event.at.saturating_sub(since);
    }
    one.began = one.began.after(since);
    one.left_out += surplus;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_may_have_half_and_nobody_less_than_he_could() {
        for (wanted, room, expected) in [
            (&[][..], 100, &[][..]),
            (&[30], 100, &[30]),
            (&[300], 100, &[100]),
            (&[30, 30, 30], 100, &[30, 30, 30]),
            (&[300, 300], 100, &[50, 50]),
            (&[300, 10, 300], 100, &[50, 10, 40]),
            (&[300, 10, 10], 100, &[80, 10, 10]),
            (&[20, 300, 10, 300], 100, &[20, 35, 10, 35]),
            (&[1, 1], 0, &[0, 0]),
        ] {
            assert_eq!(shares(wanted, room), expected, "{wanted:?} of {room}");
        }
    }
}
