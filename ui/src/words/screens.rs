//! The keys of the language files, screen by screen.

use super::{Count, FaultText, Text, Told};
use serde::Deserialize;
use visit::screen::ReturnReason;

/// Declares the tables of a language file: every field must be there, and no other.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident { $($kind:ty: $($field:ident),+;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $($(pub $field: $kind,)+)* }
    )*};
}

tables! {
    /// What stands around every screen, and how lists, pages and dates are written.
    FrameText {
        Text: language, look, help, done, up, down, reached, back, finish, stay, called, missed, sent_back, ending, ending_pages, between, sentence, and_more;
        Text: page, page_next, page_previous, staff, staff_more, date, day;
        Count: tickets_left, minutes, hours;
        [Text; 12]: months;
        [Text; 7]: weekdays;
    }

    /// What is said besides what stands on the screen.
    SpeechText {
        Text: button, ticked, not_ticked, chosen, not_chosen, asleep, place, who, somebody, withheld;
    }

    /// The idle screen.
    HomeText {
        Text: title, number, number_text, papers, papers_text, no_way, no_scanner;
        Text: waiting_about, hours, hours_span, hours_all_day;
        Told: no_tickets, feeder;
        Count: waiting;
    }

    /// Why no numbers are given.
    NoNumbersText {
        Told: lunch, closed, closed_until, no_way, no_ledger;
    }

    /// Lay the card on the reader.
    IdentifyText {
        Text: number, papers, relative, text, text_relative, reading, reading_text, cards, privacy;
        Text: slot, slot_relative, slot_text, code, code_relative, code_text, or_slot, or_code, without;
    }

    /// What went wrong with a card.
    CardProblemText {
        Told: unreadable, unknown_kind, check_digit, authentication, reader, same_person, of_relative, lift_first;
        Told: code_unknown, code_unreachable, social_unreadable, wrong_side;
    }

    /// The list of matters.
    ChooseText {
        Text: number, papers, who, nobody, department, full, full_until;
        Text: packages, popular, business, personal, groups, departments, about, about_of;
        Text: whom, oneself, company, relative, company_code, relative_name;
        Text: picked_none, picked, confirm_number, confirm_again, confirm_papers, cancel, search;
        Count: items, days, matters;
        Told: open_number;
    }

    /// Why no number was given although the visitor confirmed.
    RefusalText {
        Told: full, ledger;
    }

    /// Type a part of a matter's name.
    SearchText {
        Text: title, hint, space, delete;
        Told: nothing;
    }

    /// What a matter needs, and how long it takes.
    AboutText {
        Text: department, place, online, online_how, optional, choose, drop;
        Count: promised, legal, needs, items, options;
    }

    /// The company's code.
    CompanyText {
        Text: title, text, key, offer, delete, confirm;
        Told: form, check;
    }

    /// A moment, please.
    WaitText {
        Told: number, visit, cancelling, document;
    }

    /// The number.
    NumberText {
        Text: fresh, again, called, called_go, window, more_windows, prepare, prepare_many, prepare_elsewhere, qr, reprint, noted;
        Text: ahead_about;
        Count: ahead;
        Told: printing, printed, printed_called, sent, unknown, not_printed, card, card_perhaps;
    }

    /// Really give the number back?
    CancelText {
        Text: title, text, papers, yes, keep;
    }

    /// May the licence stores be asked?
    LicencesText {
        Text: title, what, own, company, relative, why, yes, no;
        Count: which;
    }

    /// The checklist.
    MaterialsText {
        Text: title, done, who, text, change, ask, ask_again, receipt, none, original, copy;
        Text: missing, at_window, stored, sending, sent, received, refused, accepted, returned, returned_note;
        Text: in_store, checking, unknown, not_applicable, not_needed, serves;
        Text: valid_until, valid_always, licence_expired, licence_void;
        Count: pages;
        SpokenText: spoken;
    }

    /// What the rows of the checklist say to those who listen.
    SpokenText {
        Text: missing, refused, returned, unknown, checking, not_applicable;
    }

    /// Hand it in although it need not be?
    HandInText {
        Told: in_store, handed_in;
        Text: in_store_yes, handed_in_yes, approved, now;
    }

    /// Why the back office sends a paper back.
    ReturnedText {
        Text: illegible, incomplete, wrong_document, out_of_date, not_needed, other;
    }

    /// Lay the paper in.
    ScanText {
        Text: title, feeder, feeder_text, flatbed, flatbed_text, feeder_how, flatbed_how, start;
        Text: again, example, not_applicable;
        Count: expected, have;
    }

    /// What is asked about paper that somebody left in the feeder.
    ScanAskText {
        Told: whose, take_out;
        Text: mine, not_mine;
    }

    /// Why a scan ended early.
    ScanProblemText {
        Told: feeder_empty, bad_page, too_many, pages_missing, over, only_one, stopped, not_replaced;
        Text: kept, go_on;
    }

    /// Pages are coming.
    ScanningText {
        Text: title, text, arriving, stop;
        Count: count;
    }

    /// Are the pages good?
    ReviewText {
        Text: title, page, next, previous, accept, again, add, back, doubtful;
        Text: page_again, rotate, remove, earlier, later;
        Told: fewer;
        Count: pages, expected;
    }

    /// What the screen asks before it goes on with pages.
    ReviewAskText {
        Told: blank, remove, all_again, leave;
        Text: blank_yes, blank_no, remove_yes, all_again_yes, leave_yes, no;
    }

    /// What is doubtful about a page.
    PageWarningText {
        Told: blank, too_dark, blurred, cut_off, folded;
    }

    /// What was handed in, with the code that proves it.
    ReceiptText {
        Text: title, text, code, back, print, print_again;
        Text: received, stored, accepted, returned, refused, not_needed;
        Count: pages;
        Told: no_printer, printing, printed, sent, unknown, not_printed;
    }

    /// Goodbye.
    GoodbyeText {
        Text: title_number, title_called, title_missed, title_papers, title_wanted, title_dropped, title_plain, title_cancelled, title_unnumbered;
        Text: dropped, unnumbered, originals, number, again, finish;
        Count: received, stored, returned, missing, unknown, bring;
        Told: card, card_perhaps, feeder;
    }

    /// What is wrong, for whoever mends it.
    ServiceText {
        Text: title, fault, steps, meanwhile;
        Told: none;
    }

    /// Nobody is served here, and why.
    ClosedText {
        Text: title, fingerprint, why, starting;
        Told: moment;
        FaultText: not_set_up, asked, broken, stuck, insecure, sealed;
    }

    /// The technician's door.
    DoorText {
        Text: title, card, pin, question, question_text, checking, no_way, by_code, by_card, ask_anew, delete, enter;
        Count: wait, tries;
        Told: wrong_pin, blocked, not_ours, not_now, revoked, unreadable, too_soon, mistyped, wrong_code, ended, unable;
    }

    /// The technician's room.
    RoomText {
        Text: title, text, leave, good, since, device_good, over, mend;
        Text: certificate_days, certificate_ended, clock_ahead, clock_behind, free, self_test;
        Count: times;
        Text: tests, tests_text, all, untried, waiting, running, passed, took, days, seconds, mebibytes, rate;
        Text: looking, outbox, outbox_text, oldest, refused, send, nothing_waits;
        Count: waits;
        Text: counters, counters_text, tickets, cuts, paper, left, days_left, pages, faults, unknown, changed;
        Text: repair, step_open, step_ticked, step_awaited, step_seen, prove;
        Told: mended, still_broken, gone, heard, came_out, laid;
        Text: looped, looped_text, looped_none, remote, remote_text, to_home;
        Text: settings, settings_text, settings_now, settings_unknown, settings_before, settings_back;
        Text: settings_later, settings_newer, settings_forth;
        Told: settings_refused, settings_next;
        Text: mend_first, report, report_text, report_making, print_report, to_stick;
        Told: ready, report_failed;
        Count: not_ready, ready_but;
        Text: yes, no;
        Count: slide, cells_more;
        Text: finished, panel, whole_columns, whole_rows, cell, colour_next, begin, once_more, nothing_missed;
        Told: spots;
        Text: keys_awaited, key_up, key_down, key_back, key_next, key_select;
    }

    /// Why a test failed.
    FailedText {
        Text: fault, card, nothing, silent, denied, too_little, unproven, unreadable, other_ticket, graded, missed;
    }

    /// What became of a report.
    ReportText {
        Text: printing, printed, not_known, not_printed, on_stick, no_stick, stick_not_allowed, stick_failed;
    }

    /// What a test ticket that was read back says.
    LoopText {
        Text: good, watch, bad, head, density, not_soon, unknown, now;
        Count: days;
    }

    /// How the screen shall look.
    LookText {
        Text: title, sizes, small, standard, large, largest;
        Text: contrasts, own_colours, black_on_white, white_on_black, yellow_on_black;
        Text: reach, reach_text, plain, plain_text, reset;
        Text: speech, speech_text, slower, faster, quieter, louder;
    }

    /// Help, and a call for somebody of the hall.
    HelpText {
        Text: title, call, call_again;
        Told: no_call, ask, calling, heard, unheard;
    }
}

impl ReturnedText {
    /// What is said of a reason.
    pub fn of(&self, reason: ReturnReason) -> &Text {
        match reason {
            ReturnReason::Illegible => &self.illegible,
            ReturnReason::Incomplete => &self.incomplete,
            ReturnReason::WrongDocument => &self.wrong_document,
            ReturnReason::OutOfDate => &self.out_of_date,
            ReturnReason::NotNeeded => &self.not_needed,
            ReturnReason::Other => &self.other,
        }
    }
}
