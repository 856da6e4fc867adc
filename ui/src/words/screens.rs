//! The keys of the language files, screen by screen.

use super::{Count, Text, Told};
use serde::Deserialize;

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
        Text: language, back, finish, stay, ending, between, sentence, and_more;
        Text: page, page_next, page_previous, staff, staff_more, date;
        Count: tickets_left;
        [Text; 12]: months;
        [Text; 7]: weekdays;
    }

    /// The idle screen.
    HomeText {
        Text: title, number, number_text, papers, papers_text, no_way, no_scanner;
        Told: no_tickets;
        Count: waiting;
    }

    /// Why no numbers are given.
    NoNumbersText {
        Told: lunch, closed, closed_until, no_way, no_ledger;
    }

    /// Lay the card on the reader.
    IdentifyText {
        Text: number, papers, relative, text, text_relative, reading, reading_text, cards, privacy;
        Text: slot, slot_relative, slot_text, code, code_relative, code_text, or_slot, or_code;
    }

    /// What went wrong with a card.
    CardProblemText {
        Told: unreadable, unknown_kind, check_digit, authentication, reader, same_person, lift_first;
        Told: code_unknown, code_unreachable, social_unreadable, wrong_side;
    }

    /// The list of matters.
    ChooseText {
        Text: number, papers, who, packages, business, personal, department, full, full_until;
        Text: whom, oneself, company, relative, company_code, relative_name;
        Text: picked_none, picked, confirm_number, confirm_again, confirm_papers, cancel;
        Count: items, days;
        Told: open_number;
    }

    /// Why no number was given although the visitor confirmed.
    RefusalText {
        Told: full, ledger;
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
        Text: fresh, again, window, more_windows, prepare, prepare_many, qr, reprint;
        Count: ahead;
        Told: printing, printed, sent, unknown, not_printed, card, card_perhaps;
    }

    /// Really give the number back?
    CancelText {
        Text: title, text, yes, keep;
    }

    /// The checklist.
    MaterialsText {
        Text: title, who, text, change, none, original, copy;
        Text: missing, at_window, stored, sending, received, refused;
        Count: pages, items;
        SpokenText: spoken;
    }

    /// What the rows of the checklist say to those who listen.
    SpokenText {
        Text: missing, refused;
    }

    /// Lay the paper in.
    ScanText {
        Text: title, feeder, feeder_text, flatbed, flatbed_text, feeder_how, flatbed_how, start;
        Count: expected, have;
    }

    /// Why a scan ended early.
    ScanProblemText {
        Told: feeder_empty, bad_page, too_many, pages_missing, over;
        Text: kept, go_on;
    }

    /// Pages are coming.
    ScanningText {
        Text: title, text, arriving, stop;
        Count: count;
    }

    /// Are the pages good?
    ReviewText {
        Text: title, page, next, previous, accept, again, add, back;
        Count: pages, expected;
    }

    /// What is doubtful about a page.
    PageWarningText {
        Told: blank, too_dark;
    }

    /// Goodbye.
    GoodbyeText {
        Text: title_number, title_papers, title_dropped, title_plain, title_cancelled, dropped, number, again, finish;
        Count: received, stored;
        Told: card, card_perhaps;
    }

    /// What is wrong, for whoever mends it.
    ServiceText {
        Text: title, fault, steps, meanwhile;
        Told: none;
    }
}
