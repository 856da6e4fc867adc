//! What is read of each screen: what its file in `screens/` shows, in the order in which it shows it.

use super::{List, Told};
use crate::toolkit as t;
use crate::wording::ScreenWords;
use slint::{Model, ModelRc};

/// Reads the screen between the bars.
pub(super) fn screen(list: &mut List, words: &ScreenWords) {
    match words {
        ScreenWords::Home(words) => home(list, words),
        ScreenWords::Identify(words) => identify(list, words),
        ScreenWords::Choose(words) => choose(list, words),
        ScreenWords::Search(words) => search(list, words),
        ScreenWords::About(words) => about(list, words),
        ScreenWords::Company(words) => company(list, words),
        ScreenWords::Wait(words) => list.texts(&[&words.title, &words.text]),
        ScreenWords::Number(words) => number(list, words),
        ScreenWords::Cancel(words) => cancel(list, words),
        ScreenWords::Licences(words) => licences(list, words),
        ScreenWords::Materials(words) => materials(list, words),
        ScreenWords::HandIn(words) => hand_in(list, words),
        ScreenWords::Scan(words) => scan(list, words),
        ScreenWords::Scanning(words) => scanning(list, words),
        ScreenWords::Review(words) => review(list, words),
        ScreenWords::Receipt(words) => receipt(list, words),
        ScreenWords::Goodbye(words) => goodbye(list, words),
        ScreenWords::Service(words) => service(list, words),
        ScreenWords::Room(words) => room(list, words),
        ScreenWords::Panel(words) => panel(list, words),
        ScreenWords::Look(words) => look(list, words),
        ScreenWords::Help(words) => help(list, words),
    }
}

fn home(list: &mut List, words: &t::HomeWords) {
    list.text(&words.title);
    for door in [&words.number, &words.papers] {
        list.act_with(&door.act, &[&door.title, &door.text]);
    }
    // How many wait changes all day long.
    list.text_told(&words.waiting, Told::AtFirst);
    list.text_told(&words.hours, Told::AtFirst);
    notes(list, &words.notes);
    list.act_told(&words.staff, Told::WhenAsked);
}

fn identify(list: &mut List, words: &t::IdentifyWords) {
    list.text(&words.title);
    list.text(&words.text);
    list.each(words.others.iter());
    list.note(&words.problem);
    list.act(&words.without);
    list.text(&words.cards);
    list.text(&words.privacy);
}

fn choose(list: &mut List, words: &t::ChooseWords) {
    list.text(&words.title);
    list.text_told(&words.who, Told::AtFirst);
    list.note(&words.note);
    if !words.note.title.is_empty() {
        list.act(&words.cancel);
    }
    for tab in words.tabs.iter().chain(words.more_tabs.iter()) {
        list.choice(&tab, "");
    }
    list.act(&words.search);
    list.text(&words.whose);
    matters(list, &words.rows);
    list.pager(&words.pager);
    list.text_told(&words.whom, Told::AtFirst);
    for whom in words.fors.iter() {
        list.choice(&whom, "");
    }
    // The row that was ticked says so itself.
    list.text_told(&words.picked, Told::AtFirst);
}

fn search(list: &mut List, words: &t::SearchWords) {
    list.text(&words.title);
    list.text(if words.typed.is_empty() { &words.hint } else { &words.typed });
    list.note(&words.note);
    matters(list, &words.rows);
    list.pager(&words.pager);
    list.text_told(&words.picked, Told::AtFirst);
    words.keys.iter().for_each(|key| list.key(&key));
    list.key(&words.space);
    list.key(&words.delete);
}

/// Names alone where options need the room; what is full says so all the same.
fn matters(list: &mut List, rows: &ModelRc<t::MatterRow>) {
    for row in rows.iter() {
        if row.folder {
            list.act_with(&row.act, &[&row.name, &row.by]);
        } else {
            list.tick(&row.act, &[&row.name, &row.by], row.picked);
        }
        list.act_told(&row.about, Told::WhenAsked);
    }
}

fn about(list: &mut List, words: &t::AboutWords) {
    list.text(&words.title);
    list.text(&words.promised);
    list.each(words.facts.iter());
    list.texts(&[&words.online, &words.online_how]);
    for row in words.rows.iter() {
        list.texts(&[&row.name, &row.detail]);
    }
}

fn look(list: &mut List, words: &t::LookWords) {
    list.text(&words.title);
    list.text(&words.sizes_title);
    for size in words.sizes.iter() {
        list.choice(&size, "");
    }
    list.text(&words.contrasts_title);
    for contrast in words.contrasts.iter() {
        list.choice(&contrast, "");
    }
    for switch in [&words.plain, &words.reach, &words.speech] {
        list.tick(&switch.choice.act, &[&switch.choice.act.label, &switch.text], switch.choice.chosen);
    }
    if words.speech.choice.chosen {
        for act in [&words.slower, &words.faster, &words.quieter, &words.louder] {
            list.act(act);
        }
    }
    list.act(&words.reset);
}

fn help(list: &mut List, words: &t::HelpWords) {
    list.text(&words.title);
    list.each(words.texts.iter());
    list.note(&words.staff);
    list.act(&words.call);
}

fn company(list: &mut List, words: &t::CompanyWords) {
    list.text(&words.title);
    list.text(&words.text);
    let typed: String = words.cells.iter().map(String::from).collect();
    list.text(&typed);
    list.note(&words.problem);
    list.act_with(&words.offer, &[&words.offer.label, &words.offered]);
    words.digits.iter().chain(words.letters.iter()).for_each(|key| list.key(&key));
    list.key(&words.delete);
}

fn number(list: &mut List, words: &t::NumberWords) {
    list.texts(&[&words.title, &words.number]);
    list.each(words.windows.iter());
    list.text_told(&words.ahead, Told::AtFirst);
    list.note(&words.ticket);
    if !words.reprint.id.is_empty() {
        list.text(&words.qr_text);
        list.act(&words.reprint);
    }
    if words.missing.row_count() > 0 {
        list.text(&words.prepare);
        list.each(words.missing.iter());
    }
}

fn cancel(list: &mut List, words: &t::CancelWords) {
    list.texts(&[&words.title, &words.number]);
    list.text(&words.text);
    list.act(&words.yes);
}

fn licences(list: &mut List, words: &t::LicencesWords) {
    list.text(&words.title);
    list.text(&words.who);
    list.each(words.texts.iter());
    list.text(&words.which);
    list.each(words.materials.iter());
}

fn materials(list: &mut List, words: &t::MaterialsWords) {
    list.texts(&[&words.title, &words.done]);
    list.text_told(&words.who, Told::AtFirst);
    list.act(&words.change);
    if words.note.title.is_empty() {
        list.text(&words.text);
    } else {
        list.note(&words.note);
    }
    list.act(&words.ask);
    list.act(&words.receipt);
    for row in words.rows.iter() {
        // Its label says all that is written on it, and what a touch does.
        list.act(&row.act);
    }
    list.pager(&words.pager);
}

fn hand_in(list: &mut List, words: &t::HandInWords) {
    list.text(&words.title);
    list.texts(&[&words.material, &words.there]);
    list.text(&words.text);
}

fn scan(list: &mut List, words: &t::ScanWords) {
    list.text(&words.title);
    list.text(&words.text);
    list.note(&words.sent_back);
    list.note(&words.problem);
    list.choice(&words.feeder, &words.feeder_text);
    list.choice(&words.flatbed, &words.flatbed_text);
    if words.ask.title.is_empty() {
        list.text_told(&words.example, Told::WhenAsked);
        list.text(&words.how);
    } else {
        list.note(&words.ask);
        list.act(&words.not_mine);
        list.act(&words.mine);
    }
    list.text(&words.have);
    list.act(&words.absent);
}

fn scanning(list: &mut List, words: &t::ScanningWords) {
    list.text(&words.title);
    list.text(&words.count);
    // How much of a page has come changes too often to be told.
    list.text_told(&words.text, Told::AtFirst);
    list.act(&words.stop);
}

fn review(list: &mut List, words: &t::ReviewWords) {
    list.text(&words.title);
    list.text(&words.text);
    notes(list, &words.notes);
    list.pager(&words.pager);
    list.note(&words.ask);
    list.act(&words.page_again);
    let asked = [&words.keep, &words.lose];
    let tools = [&words.rotate, &words.remove, &words.earlier, &words.later, &words.again, &words.add];
    if words.ask.title.is_empty() {
        tools.into_iter().for_each(|act| list.act(act));
    } else {
        asked.into_iter().for_each(|act| list.act(act));
    }
}

fn receipt(list: &mut List, words: &t::ReceiptWords) {
    list.text(&words.title);
    list.text(&words.text);
    list.act(&words.back);
    for row in words.rows.iter() {
        list.texts(&[&row.name, &row.state]);
    }
    list.texts(&[&words.code, &words.code_text]);
    list.note(&words.paper);
}

fn goodbye(list: &mut List, words: &t::GoodbyeWords) {
    list.text(&words.title);
    // Whoever hears one thing more hears that his card still lies there.
    list.note(&words.card);
    list.note(&words.feeder);
    list.texts(&[&words.number_text, &words.number]);
    list.text(&words.papers);
}

fn service(list: &mut List, words: &t::ServiceWords) {
    list.text(&words.title);
    list.texts(&[&words.fault.title, &words.fault.text, &words.left]);
    if words.steps.row_count() > 0 {
        list.text(&words.steps_title);
        list.each(words.steps.iter());
    }
    if words.meanwhile.row_count() > 0 {
        list.text(&words.meanwhile_title);
        list.each(words.meanwhile.iter());
    }
    list.pager(&words.pager);
}

fn room(list: &mut List, words: &t::RoomWords) {
    list.text(&words.title);
    list.text(&words.text);
    list.text(&words.question);
    list.note(&words.note);
    list.each(words.facts.iter());
    for key in words.pad.iter() {
        list.text_told(&key.label, Told::WhenAsked);
    }
    for row in words.rows.iter() {
        list.act_with(&row.act, &[&row.name, &row.detail]);
    }
    list.text(&words.typed);
    words.keys.iter().for_each(|key| list.key(&key));
    list.note(&words.ask);
    words.acts.iter().for_each(|act| list.act(&act));
}

fn panel(list: &mut List, words: &t::PanelWords) {
    // It counts with every cell.
    list.text_told(&words.text, Told::AtFirst);
    list.act(&words.act);
}

fn notes(list: &mut List, notes: &ModelRc<t::Note>) {
    notes.iter().for_each(|note| list.note(&note));
}
