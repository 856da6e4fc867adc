//! The checklist and scanning.

use super::{Sample, company, label, long_label, page, sample, ticket, who};
use jiff::civil::{Date, date};
use visit::catalogue::MaterialCode;
use visit::event::{CustodyCode, Standing};
use visit::fault::Fault;
use visit::intent::Source;
use visit::screen::{
    ApplicantShown, FeederAsk, HandInAsk, LicenceShown, LicencesAsk, LicencesTold, MaterialShown,
    MaterialState, Materials, NeedNot, News, PageWarning, PaperTold, Receipt, ReturnReason, Review,
    ReviewAsk, ScanProblem, ScanReady, Scanning, Screen, SentBack, TicketState,
};

pub(super) fn samples() -> Vec<Sample> {
    let mut all = licences();
    all.extend(materials());
    all.extend(hand_in());
    all.extend(scan());
    all.extend(scanning());
    all.extend(review());
    all.extend(receipt());
    all
}

fn licences() -> Vec<Sample> {
    let ask = LicencesAsk {
        who: who(company()),
        materials: vec![
            label("营业执照", "Business licence"),
            label("经营场所产权证明或租赁合同", "Title or lease of the premises"),
        ],
        matters: vec![label("开饭店", "Open a restaurant")],
    };
    let most = LicencesAsk {
        materials: vec![long_label(); 5],
        matters: vec![long_label(), long_label()],
        ..ask.clone()
    };
    vec![sample("licences", Screen::Licences(ask)), sample("licences-many", Screen::Licences(most))]
}

/// Items that need a material.
const ITEMS: [(&str, &str); 7] = [
    ("营业执照", "Business licence"),
    ("食品经营许可", "Food business licence"),
    ("消防检查", "Fire safety check"),
    ("排污登记", "Discharge registration"),
    ("餐厨垃圾申报", "Kitchen-waste declaration"),
    ("店招设置", "Shop sign"),
    ("公章刻制", "Company seal"),
];

fn called() -> News {
    News::Called(ticket("A017"))
}

fn materials() -> Vec<Sample> {
    let rows: [(&str, &str, &str, bool, u16, usize, MaterialState); 6] = [
        ("id-card", "申请人身份证", "Applicant's ID card", false, 1, 7, MaterialState::Received),
        (
            "premises",
            "经营场所产权证明或租赁合同",
            "Title or lease of the premises",
            false,
            6,
            5,
            MaterialState::Sending(64),
        ),
        (
            "appointment",
            "法定代表人、董事、监事和经理任职文件",
            "Appointment of legal representative, directors and managers",
            true,
            2,
            1,
            MaterialState::Missing,
        ),
        (
            "household-book",
            "户口簿",
            "Household register",
            false,
            4,
            2,
            MaterialState::Refused(Fault::StoreRefusedDocument),
        ),
        ("photos", "近期免冠证件照", "Recent ID photos", true, 1, 1, MaterialState::AtWindow),
        ("articles", "公司章程", "Articles of association", true, 12, 1, MaterialState::Sent),
    ];
    let rows = rows.into_iter().filter_map(|(code, zh, en, original, pages, items, state)| {
        let code = MaterialCode::new(code)?;
        let name = label(zh, en);
        let items = ITEMS.iter().take(items).map(|(zh, en)| label(zh, en)).collect();
        let may_hand_in = state.may_scan() || state.may_hand_in_anew();
        Some(MaterialShown {
            code,
            name,
            original,
            pages,
            items,
            state,
            may_hand_in,
            licence: None,
            note: None,
        })
    });
    let materials = Materials {
        who: who(company()),
        number: Some(ticket("A017")),
        materials: rows.collect(),
        done: 3,
        count: 14,
        licences: LicencesTold::NotNeeded,
        receipt: false,
        page: 1,
        page_count: 3,
    };
    let all_missing =
        |m: &MaterialShown| MaterialShown { state: MaterialState::Missing, may_hand_in: true, ..m.clone() };
    let mut long_names = materials.clone();
    for row in &mut long_names.materials {
        row.name = long_label();
    }
    let first = materials.materials.iter().map(all_missing).take(4).collect();
    let looked_up = Materials {
        materials: looked_up(&materials.materials),
        licences: LicencesTold::Incomplete,
        receipt: true,
        ..materials.clone()
    };
    vec![
        sample("materials-looked-up", Screen::Materials(looked_up)),
        sample("materials", Screen::Materials(materials.clone())),
        sample("materials-called", Screen::Materials(materials.clone())).news(called()),
        sample("materials-offline", Screen::Materials(materials.clone()))
            .faults(&[Fault::StoreUnreachable])
            .ending_in(15),
        sample(
            "materials-first",
            Screen::Materials(Materials {
                who: who(ApplicantShown::Oneself),
                number: None,
                materials: first,
                page_count: 1,
                ..materials.clone()
            }),
        ),
        sample("materials-long-names", Screen::Materials(long_names)),
        sample(
            "materials-none",
            Screen::Materials(Materials {
                materials: Vec::new(),
                done: 0,
                count: 0,
                page_count: 1,
                ..materials
            }),
        ),
    ]
}

fn licence(valid_until: Option<Date>, standing: Standing) -> LicenceShown {
    LicenceShown { name: "居民身份证".to_owned(), number: "****002X".to_owned(), valid_until, standing }
}

/// Every state that the licence stores, the back office and the visitor can bring about.
fn looked_up(rows: &[MaterialShown]) -> Vec<MaterialShown> {
    let states = [
        (MaterialState::InStore, Some(licence(Some(date(2031, 5, 1)), Standing::Valid)), None),
        (MaterialState::Missing, Some(licence(Some(date(2025, 12, 31)), Standing::Expired)), None),
        (MaterialState::Unknown, None, None),
        (
            MaterialState::Returned(ReturnReason::Illegible),
            None,
            Some("第二页下半部分看不清，请平放后重新扫描".to_owned()),
        ),
        (MaterialState::NotApplicable, None, None),
        (MaterialState::Accepted, None, None),
    ];
    let row = |(row, (state, licence, note)): (&MaterialShown, (MaterialState, _, _))| MaterialShown {
        may_hand_in: state.may_scan() || state.may_hand_in_anew(),
        state,
        licence,
        note,
        ..row.clone()
    };
    rows.iter().zip(states).map(row).collect()
}

fn hand_in() -> Vec<Sample> {
    let ask = |why| HandInAsk {
        material: label("经营场所产权证明或租赁合同", "Title or lease of the premises"),
        why,
        may_hand_in: true,
    };
    let valid = NeedNot::InStore(licence(Some(date(2031, 5, 1)), Standing::Valid));
    let handed_in = |state| ask(NeedNot::HandedIn(state));
    vec![
        sample("hand-in-store", Screen::HandInAsk(ask(valid.clone()))),
        sample("hand-in-again", Screen::HandInAsk(handed_in(MaterialState::Received))).ending_in(12),
        sample(
            "hand-in-approved",
            Screen::HandInAsk(HandInAsk { may_hand_in: false, ..handed_in(MaterialState::Accepted) }),
        ),
        sample("hand-in-long", Screen::HandInAsk(HandInAsk { material: long_label(), ..ask(valid) })),
    ]
}

fn scan() -> Vec<Sample> {
    let ready = ScanReady {
        material: label("经营场所产权证明或租赁合同", "Title or lease of the premises"),
        expected: 6,
        source: Source::Feeder,
        have: 0,
        scanner: true,
        again: None,
        optional: false,
        sent_back: None,
        example: None,
        asking: None,
        problem: None,
    };
    let asking = |asking| ScanReady { asking: Some(asking), ..ready.clone() };
    let mut all = vec![
        sample("scan", Screen::Scan(ready.clone())),
        sample(
            "scan-example",
            Screen::Scan(ScanReady { optional: true, example: Some(page(480, 679, 250)), ..ready.clone() }),
        ),
        sample("scan-called", Screen::Scan(ready.clone())).news(called()),
        sample("scan-missed", Screen::Scan(ready.clone())).news(News::Missed(ticket("A017"))),
        sample("scan-whose", Screen::Scan(asking(FeederAsk::Whose))),
        sample(
            "scan-whose-long",
            Screen::Scan(ScanReady {
                material: long_label(),
                have: 3,
                optional: true,
                problem: Some(ScanProblem::PagesMissing { fed: 4, stored: 3 }),
                ..asking(FeederAsk::Whose)
            }),
        ),
        sample("scan-take-out", Screen::Scan(asking(FeederAsk::TakeOut))),
        sample(
            "scan-sent-back",
            Screen::Scan(ScanReady {
                sent_back: Some(SentBack {
                    state: MaterialState::Returned(ReturnReason::Illegible),
                    note: Some("第二页下半部分看不清，请平放后重新扫描".to_owned()),
                }),
                example: Some(page(480, 679, 250)),
                ..ready.clone()
            }),
        ),
        sample(
            "scan-page-again",
            Screen::Scan(ScanReady {
                again: Some(3),
                have: 5,
                example: Some(page(480, 679, 250)),
                ..ready.clone()
            }),
        ),
        sample(
            "scan-glass",
            Screen::Scan(ScanReady { source: Source::Flatbed, have: 2, expected: 4, ..ready.clone() }),
        ),
        sample(
            "scan-long-name",
            Screen::Scan(ScanReady { material: long_label(), have: 1, ..ready.clone() }),
        ),
        sample("scan-no-scanner", Screen::Scan(ScanReady { scanner: false, ..ready.clone() }))
            .faults(&[Fault::ScannerAbsent]),
    ];
    for (name, problem) in [
        ("scan-feeder-empty", ScanProblem::FeederEmpty),
        ("scan-jam", ScanProblem::Fault(Fault::ScannerJam)),
        ("scan-bad-page", ScanProblem::BadPage),
        ("scan-too-many", ScanProblem::TooManyPages),
        ("scan-goes-on", ScanProblem::Over),
    ] {
        all.push(sample(name, Screen::Scan(ScanReady { problem: Some(problem), have: 3, ..ready.clone() })));
    }
    all
}

fn scanning() -> Vec<Sample> {
    let scanning =
        Scanning { material: label("户口簿", "Household register"), stored: 0, arriving: 0, last: None };
    vec![
        sample("scanning", Screen::Scanning(scanning.clone())),
        sample("scanning-sent-back", Screen::Scanning(scanning.clone())).news(News::SentBack(long_label())),
        sample(
            "scanning-third",
            Screen::Scanning(Scanning {
                stored: 2,
                arriving: 345_678,
                last: Some(page(620, 877, 250)),
                ..scanning
            }),
        ),
    ]
}

fn review() -> Vec<Sample> {
    let review = Review {
        material: label("经营场所产权证明或租赁合同", "Title or lease of the premises"),
        expected: 6,
        pages: 5,
        page: 2,
        preview: page(620, 877, 250),
        warnings: Vec::new(),
        doubtful: Vec::new(),
        asking: None,
        problem: None,
    };
    let asking = |asking: ReviewAsk, page: usize| Review { asking: Some(asking), page, ..review.clone() };
    vec![
        sample(
            "review-blank",
            Screen::Review(Review {
                warnings: vec![PageWarning::Blank],
                doubtful: vec![2, 4],
                ..asking(ReviewAsk::Blank, 2)
            }),
        ),
        sample("review-remove", Screen::Review(asking(ReviewAsk::Remove, 3))),
        sample("review-all-again", Screen::Review(asking(ReviewAsk::AllAgain, 1))),
        sample("review-leave", Screen::Review(asking(ReviewAsk::Leave, 5))).ending_in(9),
        sample(
            "review-folded",
            Screen::Review(Review {
                warnings: vec![PageWarning::CutOff, PageWarning::Folded, PageWarning::Blurred],
                doubtful: vec![1, 2, 5],
                ..review.clone()
            }),
        ),
        sample("review", Screen::Review(review.clone())),
        sample("review-sent-back", Screen::Review(review.clone()))
            .news(News::SentBack(label("户口簿", "Household register"))),
        sample(
            "review-one-page",
            Screen::Review(Review {
                material: label("申请人身份证", "Applicant's ID card"),
                expected: 1,
                pages: 1,
                page: 1,
                preview: page(877, 620, 252),
                ..review.clone()
            }),
        ),
        sample(
            "review-doubtful",
            Screen::Review(Review {
                preview: page(620, 877, 70),
                warnings: vec![PageWarning::Blank, PageWarning::TooDark],
                ..review.clone()
            }),
        ),
        sample(
            "review-pages-missing",
            Screen::Review(Review {
                problem: Some(ScanProblem::PagesMissing { fed: 6, stored: 5 }),
                ..review.clone()
            }),
        ),
        sample(
            "review-only-one",
            Screen::Review(Review { problem: Some(ScanProblem::OnlyOne), ..review.clone() }),
        ),
        sample(
            "review-stopped",
            Screen::Review(Review { problem: Some(ScanProblem::Stopped), ..review.clone() }),
        ),
        sample(
            "review-not-replaced",
            Screen::Review(Review { problem: Some(ScanProblem::NotReplaced), ..review.clone() }),
        ),
        sample(
            "review-jam",
            Screen::Review(Review {
                problem: Some(ScanProblem::Fault(Fault::ScannerJam)),
                warnings: vec![PageWarning::TooDark],
                page: 5,
                ..review
            }),
        )
        .ending_in(8),
    ]
}

fn receipt() -> Vec<Sample> {
    let paper = |name, pages, state| PaperTold { name, pages, state };
    let receipt = Receipt {
        number: Some(ticket("A017")),
        papers: vec![
            paper(label("申请人身份证", "Applicant's ID card"), 1, MaterialState::Received),
            paper(
                label("经营场所产权证明或租赁合同", "Title or lease of the premises"),
                12,
                MaterialState::Sending(64),
            ),
            paper(
                label("户口簿", "Household register"),
                3,
                MaterialState::Returned(ReturnReason::Incomplete),
            ),
            paper(label("公司章程", "Articles of association"), 24, MaterialState::Accepted),
        ],
        code: CustodyCode("7K2M9QX4C0VN8TBW".to_owned()),
        paper: None,
        printer: true,
    };
    let with = |paper| Receipt { paper: Some(paper), ..receipt.clone() };
    vec![
        sample("receipt", Screen::Receipt(receipt.clone())),
        sample("receipt-printing", Screen::Receipt(with(TicketState::Printing))),
        sample("receipt-printed", Screen::Receipt(with(TicketState::Printed))),
        sample("receipt-unknown", Screen::Receipt(with(TicketState::Unknown(None)))).ending_in(12),
        sample(
            "receipt-no-printer",
            Screen::Receipt(Receipt { printer: false, ..with(TicketState::NotPrinted(None)) }),
        )
        .faults(&[Fault::PaperOut]),
        sample(
            "receipt-long",
            Screen::Receipt(Receipt {
                papers: vec![paper(long_label(), 104, MaterialState::Stored); 14],
                printer: false,
                ..receipt
            }),
        ),
    ]
}
