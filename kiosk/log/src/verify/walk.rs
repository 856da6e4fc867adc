//! Along the chain, line by line, and on again behind whatever is wrong.

use super::{Finding, Report};
use crate::chain::{Line, pieces};
use crate::field::Hash;
use crate::folder::{FoundHead, Head};
use crate::key::LogKey;

/// How far a log has been followed.
pub(super) struct Walk<'a> {
    key: &'a LogKey,
    head: FoundHead,
    report: Report,
    /// the file before
    file: Option<u32>,
    /// the number that the next line should have
    next: Option<u64>,
    /// the hashes that the next line may follow: what the line before says, and what it ought to say
    before: Vec<Hash>,
    /// what the first line of the last file says was the oldest file when it was begun, and what is
    oldest: Option<(u32, u32)>,
    /// whether the line that the head tells of was seen
    head_seen: bool,
    /// bytes behind the last end of a line, in the last file
    torn: Option<(u32, u64, u64)>,
}

impl<'a> Walk<'a> {
    pub fn new(key: &'a LogKey, head: FoundHead) -> Self {
        // A head of line 0 is of a log that has not begun.
        let head_seen = matches!(head, FoundHead::Good(Head { seq: 0, .. }));
        Self {
            key,
            head,
            report: Report::default(),
            file: None,
            next: None,
            before: Vec::new(),
            oldest: None,
            head_seen,
            torn: None,
        }
    }

    /// The next file; `None` instead of its bytes if it is too long or no file at all.
    pub fn file(&mut self, number: u32, is_last: bool, bytes: Option<&[u8]>) {
        self.report.files += 1;
        if let Some(before) = self.file
            && number > before.saturating_add(1)
        {
            self.report.found(Finding::FilesGone { from: before + 1, to: number - 1 });
        }
        let (whole, torn) = pieces(bytes.unwrap_or_default());
        let mut begun = false;
        let mut lines = 0;
        for piece in whole {
            lines += 1;
            match Line::parse(piece) {
                Some(line) if lines == 1 => begun = self.first(number, &line),
                Some(line) => self.line(number, lines, &line),
                None => self.no_line(number, lines),
            }
        }
        if !begun {
            self.report.found(Finding::NoBeginning { file: number });
        }
        if !torn.is_empty() {
            self.torn = is_last.then_some((number, lines + 1, torn.len() as u64));
            if !is_last {
                self.no_line(number, lines + 1);
            }
        }
        self.file = Some(number);
    }

    /// The first line of a file says itself what it follows, and so holds though what was before it is gone.
    fn first(&mut self, file: u32, line: &Line<'_>) -> bool {
        let begins =
            line.begins_file().filter(|(begun, after)| begun.file == file && line.follows(self.key, after));
        let Some((begun, after)) = begins else {
            if self.file.is_some() {
                self.line(file, 1, line);
            } else {
                self.before = vec![line.mac];
            }
            return false;
        };
        let oldest = self.oldest.map_or(file, |(_, oldest)| oldest);
        self.oldest = Some((begun.oldest, oldest));
        if self.file.is_none() {
            self.report.dropped = u32::try_from(line.said.seq.saturating_sub(1)).unwrap_or(begun.dropped);
        }
        // Behind a gap it follows none that is there.
        let fits = self.next.is_none_or(|next| line.said.seq > next) || self.before.contains(&after);
        self.before = vec![after];
        self.line(file, 1, line);
        if !fits {
            self.report.found(Finding::Changed { file, line: 1, seq: line.said.seq });
        }
        true
    }

    fn no_line(&mut self, file: u32, line: u64) {
        self.report.found(Finding::NoLine { file, line });
    }

    fn line(&mut self, file: u32, at: u64, line: &Line<'_>) {
        let seq = line.said.seq;
        let mut ought: Vec<Hash> =
            self.before.iter().map(|before| line.hash_after(self.key, before)).collect();
        let holds = ought.contains(&line.mac);
        let next = self.next.unwrap_or(seq);
        if seq < next {
            self.report.found(Finding::OutOfPlace { file, line: at, seq });
            // What comes next may follow this one, or the one before it.
            self.follow(line.mac);
            return;
        }
        if seq > next {
            self.report.found(Finding::Missing { from: next, to: seq - 1 });
        } else if !holds && self.next.is_some() {
            self.report.found(Finding::Changed { file, line: at, seq });
        }
        self.next = Some(seq.saturating_add(1));
        if holds {
            self.holds(line);
            ought.clear();
        }
        self.before = ought;
        self.follow(line.mac);
    }

    /// Few are enough: there are more only where much is wrong.
    fn follow(&mut self, mac: Hash) {
        self.before.truncate(4);
        self.before.push(mac);
    }

    fn holds(&mut self, line: &Line<'_>) {
        let said = &line.said;
        self.report.lines += 1;
        self.report.first.get_or_insert((said.seq, said.at));
        self.report.last = Some((said.seq, said.at, hex::encode(line.mac.0)));
        match said.id.as_str() {
            "L1002" => self.report.healed = self.report.healed.saturating_add(1),
            "L1003" => self.report.found(Finding::Told { seq: said.seq }),
            _ => {}
        }
        if let FoundHead::Good(head) = self.head
            && (head.seq, head.last) == (said.seq, line.mac)
        {
            self.head_seen = true;
        }
    }

    /// What is wrong with the whole, and all that was found.
    pub fn end(mut self) -> Report {
        if let Some((oldest, found)) = self.oldest
            && found > oldest
        {
            self.report.found(Finding::OldestGone { from: oldest, to: found - 1 });
        }
        let next = self.next.unwrap_or(1);
        match self.head {
            FoundHead::None if self.file.is_some() => self.report.found(Finding::HeadGone),
            FoundHead::Bad => self.report.found(Finding::HeadChanged),
            FoundHead::Good(head) if head.seq >= next => {
                self.report.found(Finding::EndGone { from: next, to: head.seq });
            }
            FoundHead::Good(head) if !self.head_seen => {
                self.report.found(Finding::HeadDiffers { seq: head.seq });
            }
            FoundHead::Good(_) | FoundHead::None => {}
        }
        if let Some((file, line, bytes)) = self.torn {
            let synced = matches!(self.head, FoundHead::Good(head) if head.seq < next);
            self.report.found(if synced {
                Finding::Torn { file, bytes }
            } else {
                Finding::NoLine { file, line }
            });
        }
        self.moved();
        self.report
    }

    /// A line that stands elsewhere is not missing.
    fn moved(&mut self) {
        let findings = &self.report.findings;
        let moved =
            |seq| findings.iter().any(|f| matches!(f, Finding::OutOfPlace { seq: s, .. } if *s == seq));
        let elsewhere = |finding: &Finding| matches!(finding, Finding::Missing { from, to } if from == to && moved(*from));
        let kept: Vec<Finding> = findings.iter().filter(|finding| !elsewhere(finding)).copied().collect();
        self.report.findings = kept;
    }
}
