//! The checklist and scanning.

use super::{Sample, company, label, long_label, page, sample, ticket, who};
use visit::catalogue::MaterialCode;
use visit::fault::Fault;
use visit::intent::Source;
use visit::screen::{
    ApplicantShown, MaterialShown, MaterialState, Materials, PageWarning, Review, ScanProblem, ScanReady,
    Scanning, Screen,
};

pub(super) fn samples() -> Vec<Sample> {
    let mut all = materials();
    all.extend(scan());
    all.extend(scanning());
    all.extend(review());
    all
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
            "Performance contract or letter of intent",
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
        ("articles", "公司章程", "Articles of association", true, 12, 1, MaterialState::Stored),
    ];
    let rows = rows.into_iter().filter_map(|(code, zh, en, original, pages, items, state)| {
        let code = MaterialCode::new(code)?;
        Some(MaterialShown { code, name: label(zh, en), original, pages, items, state })
    });
    let materials = Materials {
        who: who(company()),
        number: Some(ticket("A017")),
        materials: rows.collect(),
        page: 1,
        page_count: 3,
    };
    let all_missing = |m: &MaterialShown| MaterialShown { state: MaterialState::Missing, ..m.clone() };
    let mut long_names = materials.clone();
    for row in &mut long_names.materials {
        row.name = long_label();
    }
    let first = materials.materials.iter().map(all_missing).take(4).collect();
    vec![
        sample("materials", Screen::Materials(materials.clone())),
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
            Screen::Materials(Materials { materials: Vec::new(), page_count: 1, ..materials }),
        ),
    ]
}

fn scan() -> Vec<Sample> {
    let ready = ScanReady {
        material: label("经营场所产权证明或租赁合同", "Title or lease of the premises"),
        expected: 6,
        source: Source::Feeder,
        have: 0,
        scanner: true,
        problem: None,
    };
    let mut all = vec![
        sample("scan", Screen::Scan(ready.clone())),
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
        problem: None,
    };
    vec![
        sample("review", Screen::Review(review.clone())),
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
