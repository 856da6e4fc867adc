//! Reading the card's two files.

use crate::exchange::{Answer, ask, tell};
use crate::{
    CitizenNumber, Code, Command, Date, EthnicGroup, Exchange, File, Issue, Item, Name, NumberFault,
    RecordFault, Sex, SlotFault, SocialCard, StatusWord, fields,
};

/// Reads the whole card behind `exchange`, from the selection of its application on.
///
/// Files are selected with P1 = 02 and, where a card refuses that, 00; records are read by number and,
/// where a card refuses that or gives another record, by tag. What served once is tried first after.
/// A card that another program reset meanwhile is read once more from the beginning.
///
/// # Errors
/// Those of the exchange; [`SlotFault::OtherCard`], [`SlotFault::Refused`], [`SlotFault::Malformed`] and
/// [`SlotFault::WrongCheckDigit`] by what the card says.
pub fn read_card(exchange: &mut impl Exchange) -> Result<SocialCard, SlotFault> {
    match read_once(exchange) {
        Err(SlotFault::CardReset) => {
            tracing::debug!("social-security card: reset by another program, read again");
            exchange.renew()?;
            read_once(exchange)
        }
        outcome => outcome,
    }
}

fn read_once(exchange: &mut impl Exchange) -> Result<SocialCard, SlotFault> {
    let mut reading = Reading { exchange, by_type: false, by_tag: false };
    reading.select_application()?;
    reading.select(File::Holder)?;
    let number = reading.required(Item::Number, number)?;
    let name = reading.required(Item::Name, |value| {
        Name::from_value(value).ok_or(SlotFault::Malformed { item: Item::Name, why: RecordFault::Value })
    })?;
    let sex = reading.optional(Item::Sex, Sex::from_value)?;
    let ethnic_group = reading.optional(Item::EthnicGroup, EthnicGroup::from_value)?;
    let birthplace = reading.optional(Item::Birthplace, |value| {
        Code::from_digits(value).filter(|code| code.as_str().len() == 6)
    })?;
    let birth = reading.optional(Item::Birth, date)?;
    let issue = reading.issue()?;
    Ok(SocialCard { number, name, sex, ethnic_group, birthplace, birth, issue })
}

struct Reading<'a, E> {
    exchange: &'a mut E,
    /// Files are selected with P1 = 00.
    by_type: bool,
    /// Records are read by their tag.
    by_tag: bool,
}

impl<E: Exchange> Reading<'_, E> {
    fn select_application(&mut self) -> Result<(), SlotFault> {
        let command = Command::SelectApplication;
        let word = tell(self.exchange, command)?;
        match word {
            word if is_selected(word) => Ok(()),
            word if word.says_unknown() => Err(SlotFault::OtherCard(word)),
            word => Err(SlotFault::Refused { command, word }),
        }
    }

    fn select(&mut self, file: File) -> Result<(), SlotFault> {
        let p1 = |by_type| if by_type { 0x00 } else { 0x02 };
        let command = Command::SelectFile { file, p1: p1(self.by_type) };
        let word = tell(self.exchange, command)?;
        if is_selected(word) {
            return Ok(());
        }
        let other = Command::SelectFile { file, p1: p1(!self.by_type) };
        if is_selected(tell(self.exchange, other)?) {
            self.by_type = !self.by_type;
            return Ok(());
        }
        Err(SlotFault::Refused { command, word })
    }

    /// EF05. A card that does not open it is good all the same.
    fn issue(&mut self) -> Result<Issue, SlotFault> {
        match self.select(File::Issue) {
            Ok(()) => {}
            Err(SlotFault::Refused { word, .. }) => {
                tracing::debug!(%word, "social-security card: no issuing data");
                return Ok(Issue {
                    identification: None,
                    category: None,
                    version: None,
                    organisation: None,
                    issued: None,
                    valid_until: None,
                    card_number: None,
                });
            }
            Err(fault) => return Err(fault),
        }
        Ok(Issue {
            identification: self.optional(Item::Identification, Code::from_nibbles)?,
            category: self
                .optional(Item::Category, |value| value.first().copied().filter(|byte| *byte != 0xFF))?,
            version: self.optional(Item::Version, Code::from_text)?,
            organisation: self.optional(Item::Organisation, Code::from_nibbles)?,
            issued: self.optional(Item::Issued, date)?,
            valid_until: self.optional(Item::ValidUntil, date)?,
            card_number: self.optional(Item::CardNumber, Code::from_text)?,
        })
    }

    /// An item without which the card is of no use.
    fn required<T>(
        &mut self,
        item: Item,
        parse: impl FnOnce(&[u8]) -> Result<T, SlotFault>,
    ) -> Result<T, SlotFault> {
        let record = self.record(item)?;
        let value = item.value_in(&record.data).map_err(|why| SlotFault::Malformed { item, why })?;
        parse(value)
    }

    /// An item that a card may leave blank, not have or not give out.
    fn optional<T>(
        &mut self,
        item: Item,
        parse: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, SlotFault> {
        let malformed = |why| SlotFault::Malformed { item, why };
        let record = match self.record(item) {
            Ok(record) => record,
            Err(SlotFault::Refused { word, .. }) => {
                tracing::debug!(?item, %word, "social-security card: an item less");
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        let value = item.value_in(&record.data).map_err(malformed)?;
        match parse(value) {
            Some(parsed) => Ok(Some(parsed)),
            None if fields::is_blank(value) => Ok(None),
            None => Err(malformed(RecordFault::Value)),
        }
    }

    /// The record of an item, by number or by tag.
    fn record(&mut self, item: Item) -> Result<Answer, SlotFault> {
        let le = item.length().saturating_add(2);
        let command = |by_tag| match by_tag {
            false => Command::ReadRecord { number: item.record(), le },
            true => Command::ReadTag { tag: item.tag(), le },
        };
        let is_right = |answer: &Answer| {
            answer.word.is_success() && answer.data.first().is_some_and(|tag| *tag == item.tag())
        };
        let first = ask(self.exchange, command(self.by_tag))?;
        if is_right(&first) {
            return Ok(first);
        }
        let second = ask(self.exchange, command(!self.by_tag))?;
        if is_right(&second) {
            self.by_tag = !self.by_tag;
            return Ok(second);
        }
        if first.word.is_success() {
            return Ok(first); // whose tag is wrong, as will be found
        }
        Err(SlotFault::Refused { command: command(self.by_tag), word: first.word })
    }
}

/// 61 xx announces the file's description, which nobody needs: it lapses with the next command.
fn is_selected(word: StatusWord) -> bool {
    word.is_success() || word.waiting().is_some()
}

fn number(value: &[u8]) -> Result<CitizenNumber, SlotFault> {
    CitizenNumber::from_value(value).map_err(|fault| match fault {
        NumberFault::Shape => SlotFault::Malformed { item: Item::Number, why: RecordFault::Value },
        NumberFault::CheckCharacter => SlotFault::WrongCheckDigit,
    })
}

fn date(value: &[u8]) -> Option<Date> {
    Date::from_digits(Code::from_digits(value)?.into_characters())
}

#[cfg(test)]
mod tests;
