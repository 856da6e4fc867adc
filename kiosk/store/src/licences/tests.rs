use serde_json::{Value, json};

use super::*;
use crate::LinkFault;
use crate::testing::{Act, Kiosk, within};

const COMPANY: &str = "91310114MA1GT0KX2F";

fn query() -> LicenceQuery {
    LicenceQuery {
        kind: HolderKind::Company,
        code: Zeroizing::new(COMPANY.into()),
        use_cause: "办理食品经营许可".into(),
        visit: "visit-1".into(),
        kiosk: "kiosk-1".into(),
    }
}

fn told(identifier: &str) -> Value {
    json!({
        "cert_identifier": identifier, "cert_name": "营业执照", "holder_code": COMPANY, "cert_number": COMPANY,
        "cert_status": "01", "issue_dept": "嘉定区市场监督管理局", "valid_until": "2027-01-31", "more": 1,
    })
}

const GOOD: &str = "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9";

fn checked(licences: &[Value]) -> Result<Vec<Licence>, StoreFault> {
    let answer = json!({ "licences": licences }).to_string();
    serde_json::from_str::<Answer>(&answer)
        .map_err(|_| StoreFault::Garbage("JSON"))
        .and_then(|told| told.check(COMPANY))
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

#[test]
fn a_licence_is_read_and_its_number_shown_to_nobody() {
    let licence = checked(&[told(GOOD)]).expect("licences").remove(0);
    assert_eq!(licence.identifier.licence_type(), "11100000MB03271699022");
    assert_eq!((licence.name.as_str(), licence.number.as_str()), ("营业执照", COMPANY));
    assert_eq!(licence.valid_until, Some(date("2027-01-31")));
    let shown = format!("{licence:?} {:?}", query());
    assert!(!shown.contains(COMPANY) && !shown.contains("000000016"), "{shown}");
}

#[test]
fn one_whose_identifier_does_not_hold_is_left_aside_alone() {
    let wrong = GOOD.replace(".9", ".8");
    let found = checked(&[told(&wrong), told(GOOD), told("")]).expect("licences");
    assert_eq!(found.len(), 1);
    assert_eq!(*found[0].identifier.to_text(), GOOD);
    assert_eq!(checked(&[]), Ok(vec![]));
}

#[test]
fn answers_outside_the_contract_are_garbage() {
    let with = |field: &str, value: Value| {
        let mut licence = told(GOOD);
        licence[field] = value;
        licence
    };
    let without = |field: &str| {
        let mut licence = told(GOOD);
        licence.as_object_mut().expect("an object").remove(field);
        licence
    };
    for (bad, what) in [
        (with("cert_name", json!("")), "licences"),
        (with("cert_name", json!("照".repeat(101))), "licences"),
        (with("cert_name", json!("a\u{7}")), "licences"),
        (with("cert_number", json!("1".repeat(65))), "licences"),
        (with("issue_dept", json!("a\n")), "licences"),
        (with("holder_code", json!("91310114MA1GT0KX2G")), "holder of a licence"),
        (with("holder_code", json!("")), "holder of a licence"),
        (without("holder_code"), "JSON"),
        (with("cert_status", json!("1")), "licences"),
        (with("cert_status", json!("ok")), "licences"),
        (with("cert_status", json!(1)), "JSON"),
        (with("valid_until", json!("2027-02-30")), "JSON"),
        (with("valid_until", json!("soon")), "JSON"),
        (without("valid_until"), "JSON"),
        (without("cert_number"), "JSON"),
    ] {
        assert_eq!(checked(std::slice::from_ref(&bad)), Err(StoreFault::Garbage(what)), "{bad}");
    }
    // One of somebody else's among his own, whatever else is wrong with it.
    let mut other = told("");
    other["holder_code"] = json!("110105");
    assert_eq!(checked(&[told(GOOD), other]), Err(StoreFault::Garbage("holder of a licence")));
    assert_eq!(checked(&vec![told(GOOD); 65]), Err(StoreFault::Garbage("licences")));
    assert_eq!(checked(&vec![told(GOOD); 64]).map(|found| found.len()), Ok(64));
}

#[test]
fn only_a_valid_licence_inside_its_validity_counts() {
    let today = date("2027-01-31");
    for (status, until, counts) in [
        ("01", json!("2027-01-31"), true),
        ("01", json!("2027-01-30"), false),
        ("01", json!("2027-02-01"), true),
        ("01", Value::Null, true),
        ("02", Value::Null, false),
        ("03", Value::Null, false),
        ("04", Value::Null, false),
        ("05", Value::Null, false),
        ("06", Value::Null, false),
        ("07", Value::Null, false),
        ("99", Value::Null, false),
        ("42", Value::Null, false),
    ] {
        let mut licence = told(GOOD);
        (licence["cert_status"], licence["valid_until"]) = (json!(status), until.clone());
        let licence = checked(&[licence]).expect("licences").remove(0);
        assert_eq!(licence.counts(today), counts, "{status} {until}");
    }
}

#[test]
fn two_stores_are_one_list() {
    // Check characters worked out with ISO/IEC 7064's reference procedure in python3.
    let first = |version: &str, check: &str, status: &str| {
        let mut licence =
            told(&format!("1.2.156.3005.2.11100000MB03271699022.340100.000000016.{version}.{check}"));
        licence["cert_status"] = json!(status);
        licence
    };
    let (one, two) = (|status| first("001", "9", status), |status| first("002", "7", status));
    let other = || told("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U");
    type Told<'a> = &'a [(u16, CertStatus)];
    let ended = || {
        let mut ended = one("01");
        ended["valid_until"] = json!("2020-01-01");
        ended
    };
    for (municipal, district) in [(vec![ended()], vec![one("01")]), (vec![one("01")], vec![ended()])] {
        let [municipal, district] = [municipal, district].map(|list| checked(&list).expect("licences"));
        let merged = merge(municipal, district);
        assert_eq!(merged.len(), 1);
        assert_eq!(
            merged[0].valid_until,
            Some(jiff::civil::date(2020, 1, 1)),
            "whoever says that it ended counts"
        );
    }
    let cases: [(Vec<Value>, Vec<Value>, Told<'_>); 7] = [
        (vec![one("01")], vec![], &[(1, CertStatus::Valid)]),
        (vec![], vec![one("01"), other()], &[(1, CertStatus::Valid), (1, CertStatus::Valid)]),
        (vec![one("01"), other()], vec![two("02")], &[(2, CertStatus::Suspended), (1, CertStatus::Valid)]),
        (vec![two("02")], vec![one("01")], &[(2, CertStatus::Suspended)]),
        (vec![one("01")], vec![one("04")], &[(1, CertStatus::Cancelled)]),
        (vec![one("04")], vec![one("01")], &[(1, CertStatus::Cancelled)]),
        (vec![one("01"), two("01")], vec![one("03")], &[(2, CertStatus::Valid)]),
    ];
    for (municipal, district, expected) in cases {
        let [municipal, district] = [municipal, district].map(|list| checked(&list).expect("licences"));
        let merged = merge(municipal, district);
        let told: Vec<_> = merged.iter().map(|l| (l.identifier.version(), l.status)).collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn the_question_is_the_contracts_and_its_buffer_never_grew() {
    let json = query().json().expect("a question");
    let read: Value = serde_json::from_slice(&json).expect("JSON");
    let expected = json!({
        "holder": {"kind": "company", "code": COMPANY}, "use_cause": "办理食品经营许可",
        "visit": "visit-1", "kiosk": "kiosk-1",
    });
    assert_eq!(read, expected);
    for (kind, name) in [
        (HolderKind::Person(IdentifiedKind::Resident), "resident"),
        (HolderKind::Person(IdentifiedKind::HmtResidence), "hmt_residence"),
        (HolderKind::Person(IdentifiedKind::ForeignPermanent2017), "foreign_permanent_2017"),
        (HolderKind::Person(IdentifiedKind::ForeignPermanent2023), "foreign_permanent_2023"),
    ] {
        assert_eq!(json!(kind), name);
    }
    let longest = LicenceQuery {
        kind: HolderKind::Person(IdentifiedKind::ForeignPermanent2023),
        code: Zeroizing::new("A".repeat(32)),
        use_cause: "\"".repeat(200),
        visit: "\\".repeat(64),
        kiosk: "𠮷".repeat(64),
    };
    let most = 256 + 6 * (32 + 200 + 64 + 64 * 4);
    assert_eq!(longest.json().expect("a question").capacity(), most);
    type Change = fn(&mut LicenceQuery);
    let bad: [Change; 6] = [
        |q| q.code = Zeroizing::new(String::new()),
        |q| q.code = Zeroizing::new("1-2".into()),
        |q| q.code = Zeroizing::new("1".repeat(33)),
        |q| q.use_cause = "字".repeat(201),
        |q| q.visit = String::new(),
        |q| q.kiosk = "a\n".into(),
    ];
    for change in bad {
        let mut query = query();
        change(&mut query);
        assert!(query.json().is_err());
    }
}

#[tokio::test]
async fn a_store_is_asked_once_and_what_it_says_is_told() {
    const ANSWER: &str = r#"{"licences":[{"cert_identifier":"1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9","cert_name":"n","holder_code":"91310114MA1GT0KX2F","cert_number":"1","cert_status":"01","issue_dept":"d","valid_until":null}]}"#;
    let store = |fault| Err(LicenceFault::Store(fault));
    type Case = (fn() -> Act, Result<usize, LicenceFault>);
    let cases: Vec<Case> = vec![
        (|| Act::Answer(200, vec![], ANSWER), Ok(1)),
        (|| Act::Answer(200, vec![], r#"{"licences":[]}"#), Ok(0)),
        (|| Act::Answer(200, vec![], "{}"), store(StoreFault::Garbage("JSON"))),
        (|| Act::Answer(404, vec![], ""), store(StoreFault::Rejected(404))),
        (|| Act::Answer(429, vec![], ""), store(StoreFault::Busy(429))),
        (|| Act::Answer(503, vec![], ""), store(StoreFault::ServerError(503))),
        (|| Act::Lose, store(StoreFault::Unreachable(LinkFault::Broken))),
    ];
    for (act, expected) in cases {
        let kiosk = Kiosk::new();
        let store = kiosk.store(move |_| act()).await;
        let found = within(kiosk.client(store.address.port()).licences(&query())).await;
        assert_eq!(found.map(|found| found.len()), expected);
        assert_eq!(store.count("POST"), 1);
    }
    // Nothing listens there; the fault tells of nobody.
    let kiosk = Kiosk::new();
    let fault = within(kiosk.client(1).licences(&query())).await.expect_err("a fault");
    assert_eq!(fault, LicenceFault::Store(StoreFault::Unreachable(LinkFault::ConnectionRefused)));
    assert!(!format!("{fault} {fault:?}").contains(COMPANY));
}
