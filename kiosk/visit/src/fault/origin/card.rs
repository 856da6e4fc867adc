//! Answers about the person: the ID reader, the slot for social-security cards, the company's key.

use super::CardSw::{Checking, Done, Execution, MoreData, Warning, WrongLength};
use super::Mapping::{Card, Fault as Is, Normal};
use super::Origin::{CardSw, ReaderSw3, Skf};
use super::{Mapping, Origin};
use crate::fault::Fault;
use crate::screen::CardProblem;

/// GA/T 467-2019, chapter 7.
pub(super) const READER: &[(Origin, Mapping)] = &[
    (ReaderSw3(0x90), Normal("done")),
    (ReaderSw3(0x91), Normal("the card has no such item")),
    (ReaderSw3(0x9F), Normal("a card was found")),
    (ReaderSw3(0x10), Is(Fault::ReaderGarbled)),
    (ReaderSw3(0x11), Is(Fault::ReaderGarbled)),
    (ReaderSw3(0x21), Is(Fault::ReaderRefuses)),
    (ReaderSw3(0x23), Is(Fault::ReaderRefuses)),
    (ReaderSw3(0x24), Is(Fault::ReaderRefuses)),
    (ReaderSw3(0x31), Is(Fault::ReaderAuthentication)),
    (ReaderSw3(0x32), Is(Fault::ReaderAuthentication)),
    (ReaderSw3(0x33), Card(CardProblem::Authentication)),
    (ReaderSw3(0x37), Card(CardProblem::Authentication)),
    (ReaderSw3(0x3F), Card(CardProblem::Unreadable)),
    (ReaderSw3(0x40), Card(CardProblem::UnknownKind)),
    (ReaderSw3(0x41), Card(CardProblem::Unreadable)),
    (ReaderSw3(0x47), Is(Fault::ReaderRefuses)),
    (ReaderSw3(0x60), Is(Fault::ReaderSelfTest)),
    (ReaderSw3(0x66), Is(Fault::ReaderNotAuthorised)),
    (ReaderSw3(0x80), Normal("no card lies there")),
    (ReaderSw3(0x81), Card(CardProblem::Unreadable)),
];

/// ISO/IEC 7816-4, and what the files of the card say (LD/T 32.5-2015).
pub(super) const SLOT: &[(Origin, Mapping)] = &[
    (CardSw(Done), Normal("done")),
    (CardSw(MoreData), Normal("the rest is fetched")),
    (CardSw(WrongLength), Normal("asked again with the right length")),
    (CardSw(Warning), Card(CardProblem::SocialUnreadable)),
    (CardSw(Execution), Card(CardProblem::SocialUnreadable)),
    (CardSw(Checking), Card(CardProblem::UnknownKind)),
];

/// GM/T 0016, return codes. The kiosk reads a certificate, which needs no PIN.
pub(super) const KEY: &[(Origin, Mapping)] = &[
    (Skf(0x0000_0000), Normal("done")),
    (Skf(0x0A00_0001), Is(Fault::KeyLibraryFails)),
    (Skf(0x0A00_0023), Normal("the key was drawn out: the code is typed")),
    (Skf(0x0A00_0024), Normal("the kiosk asks for no PIN")),
    (Skf(0x0A00_0025), Normal("a locked PIN does not keep the certificate from being read")),
    (Skf(0x0A00_0026), Normal("the kiosk asks for no PIN")),
    (Skf(0x0A00_0027), Normal("the kiosk asks for no PIN")),
    (Skf(0x0A00_0028), Normal("the kiosk logs nobody in")),
    (Skf(0x0A00_002E), Normal("a key without a company's certificate: the code is typed")),
];
