//! Views of every screen, for the gallery and for tests: ordinary ones, and those with the most on
//! them. The hall, its visitors and their numbers are made up.

mod about;
mod choosing;
mod papers;
mod plain;
mod technician;

use jiff::civil::Time;
use std::sync::Arc;
use visit::catalogue::Label;
use visit::fault::Fault;
use visit::look::Look;
use visit::number::TicketNumber;
use visit::screen::{ApplicantShown, Language, News, Preview, Screen, View, Who};
use visit::speech::Speech;

/// A view with a name of its own.
#[derive(Clone, Debug)]
pub struct Sample {
    /// such as `number-unknown`, unique among the samples
    pub name: &'static str,
    /// the view
    pub view: View,
}

/// Every sample in a language; every screen has at least one.
pub fn samples(language: Language) -> Vec<Sample> {
    let mut all = plain::samples();
    all.extend(choosing::samples());
    all.extend(about::samples());
    all.extend(papers::samples());
    all.extend(technician::samples());
    for sample in &mut all {
        sample.view.language = language;
    }
    all
}

fn sample(name: &'static str, screen: Screen) -> Sample {
    // Who does not serve has read no picture of its hall.
    let logo = (!matches!(screen, Screen::Closed(_))).then(logo);
    let view = View {
        news: None,
        just_come: false,
        language: Language::Zh,
        look: Look::default(),
        hall: label("嘉定区政务服务中心", "Jiading Government Service Centre"),
        logo,
        clock: Time::constant(9, 41, 0, 0),
        screen,
        faults: Vec::new(),
        ending_in: None,
        speech: Speech::default(),
    };
    Sample { name, view }
}

impl Sample {
    fn faults(mut self, faults: &[Fault]) -> Self {
        self.view.faults = faults.to_vec();
        self
    }

    fn news(mut self, news: News) -> Self {
        self.view.news = Some(news);
        self
    }

    fn ending_in(mut self, seconds: u32) -> Self {
        self.view.ending_in = Some(seconds);
        self
    }
}

fn label(zh: &str, en: &str) -> Label {
    Label { zh: zh.to_owned(), en: en.to_owned() }
}

/// As long as a hall may make a name.
fn long_label() -> Label {
    let zh = "法定代表人、董事、监事和高级管理人员身份信息以及实际控制人受益所有人信息集中核验变更备案申请表及承诺书";
    label(zh, "Declaration of officers, owners and beneficiaries, 2nd ed.")
}

fn who(applicant: ApplicantShown) -> Who {
    Who { name: "张*".to_owned(), tail: "002X".to_owned(), applicant }
}

fn company() -> ApplicantShown {
    ApplicantShown::Company("91350100M000100Y43".to_owned())
}

fn relative() -> ApplicantShown {
    ApplicantShown::Relative("李*".to_owned())
}

fn ticket(text: &str) -> TicketNumber {
    TicketNumber::parse(text).unwrap_or_else(|| unreachable!("{text} is a number"))
}

/// Two doors, one of them open.
fn logo() -> Arc<Preview> {
    let (width, height) = (92, 92);
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let wall = !(6..86).contains(&x) || !(4..88).contains(&y);
            let frame = (42..50).contains(&x) || !(14..78).contains(&x) || y < 12;
            rgb.extend(match (wall, frame, x < 46) {
                (true, ..) => [255, 255, 255],
                (false, true, _) => [178, 34, 34],
                (false, false, true) => [222, 184, 92],
                (false, false, false) => [255, 244, 214],
            });
        }
    }
    Arc::new(Preview { width, height, rgb })
}

/// Something like a page of a contract: lines of grey on white.
fn page(width: u32, height: u32, ground: u8) -> Arc<Preview> {
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let (line, within) = (y / 28, y % 28);
            let margins =
                x > width / 8 && x < width - width / 8 && y > height / 10 && y < height - height / 8;
            let heading = line == 4 && x > width / 3 && x < width - width / 3;
            let end = width - width / 8 - (line * 37 % 90);
            let text = line > 6 && x < end && !(x / 9 + line * 3).is_multiple_of(7) && (x % 9) < 7;
            let ink = margins && within > 10 && within < 22 && (heading || text);
            rgb.extend([if ink { 40 } else { ground }; 3]);
        }
    }
    Arc::new(Preview { width, height, rgb })
}
