//! The dock: "everything hands can do is also plain HTTP with JSON", and its page in a real browser.

use crate::hall::{Hall, elements, enabled, name, tickets};
use crate::papers::{MATTER, bytes, documents, feed, open, paper, to_materials, wait_held};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// The screen of the kiosk, in pixels.
const SCREEN: (i64, i64) = (1080, 1920);

/// Every key of the state that the issue names, in its form.
fn check_state(state: &Value) {
    assert!(state["screen"]["name"].is_string(), "{state:#}");
    for device in ["reader", "printer", "scanner", "network"] {
        assert!(state[device].as_object().is_some_and(|d| !d.is_empty()), "{device}: {state:#}");
    }
    for element in elements(state) {
        assert!(element["id"].is_string() && element["label"].is_string(), "{element}");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| element[key].as_i64().expect("a whole number"));
        assert!(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= SCREEN.0 && y + h <= SCREEN.1, "{element}");
        assert!(element["enabled"].is_boolean(), "{element}");
    }
    for ticket in state["tickets"].as_array().expect("tickets") {
        assert!(ticket["n"].is_u64() && ticket["number"].is_string() && ticket["reprint"].is_boolean());
    }
    for document in state["store"]["documents"].as_array().expect("documents") {
        let texts = ["id", "name", "media_type", "sha256"].iter().all(|key| document[*key].is_string());
        assert!(texts && document["bytes"].is_u64() && document["complete"].is_boolean(), "{document}");
    }
    let way_out = ["back", "finish"].iter().any(|id| enabled(state, id));
    assert!(way_out || ["home", "down"].contains(&name(state)), "no way out of {state:#}");
}

/// `GET /api/state`, `POST /api/touch` by place, pictures of screen and ticket, and the stable ids of the
/// main path: "`home.number`, card, a screen with at least one `matter.` or `package.`, `confirm`, ticket,
/// `finish`"; "every screen but home has `back` or `finish`".
#[test]
fn the_main_path_by_plain_http() {
    let hall = Hall::open();
    let cards: Vec<String> = serde_json::from_slice(&hall.get("/api/cards")).expect("names");
    assert!(cards.len() >= 4 && cards.iter().any(|card| card == "man"), "{cards:?}");
    let papers: Vec<String> = serde_json::from_slice(&hall.get("/api/papers")).expect("paths");
    assert!(papers.len() >= 2 && papers.iter().all(|paper| Path::new(paper).is_file()), "{papers:?}");

    let state = hall.state();
    check_state(&state);
    assert!(enabled(&state, "home.scan") && enabled(&state, "language"));
    let door = elements(&state).find(|e| e["id"] == "home.number").expect("the door");
    let middle = |from: &str, length: &str| {
        door[from].as_f64().expect("a place") + door[length].as_f64().expect("a length") / 2.
    };
    hall.post("/api/touch", json!({ "x": middle("x", "w"), "y": middle("y", "h") }));
    check_state(&hall.wait_screen("identify"));
    hall.lay("man");
    let state = hall.wait_screen("choose");
    check_state(&state);
    assert!(elements(&state).any(|e| e["id"].as_str().is_some_and(|id| id.starts_with("package."))));
    hall.touch(MATTER);
    hall.touch("confirm");
    check_state(&hall.wait_screen("number"));
    let state = hall.wait("the ticket", |state| tickets(state).len() == 1);
    check_state(&state);

    assert_eq!(size_of(&hall.get("/api/screen.png")), SCREEN);
    let (width, height) = size_of(&hall.get("/api/tickets/1.png"));
    assert_eq!(width, 576, "72 mm at 8 dots a millimetre");
    assert!(height > 400);
    assert!(hall.ticket_text(1).contains("A001"));
    let raw = hall.get("/api/tickets/1.bin");
    assert!(raw.windows(4).any(|bytes| bytes == b"A001") && raw.contains(&0x1B), "the bytes as received");
    hall.leave();
    check_state(&hall.wait_screen("home"));

    check_state(&to_materials(&hall, "man"));
    feed(&hall, &["id-copy"]);
    open(&hall, "id-card");
    check_state(&hall.state());
    hall.touch("scan.start");
    let state = hall.wait_screen("review");
    check_state(&state);
    assert!(enabled(&state, "scan.accept") && enabled(&state, "page.again"), "{state:#}");
    hall.touch("scan.accept");
    let held = wait_held(&hall, 1);
    check_state(&hall.state());
    assert!(bytes(&hall, &held[0]).starts_with(b"%PDF-"));
}

/// Width and height of a PNG.
fn size_of(png: &[u8]) -> (i64, i64) {
    let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("a PNG");
    (reader.info().width.into(), reader.info().height.into())
}

/// Each thing that hands can do is done, and seen in the state.
#[test]
fn what_hands_do_is_seen() {
    let hall = Hall::open();
    assert_eq!(hall.take_number("man", MATTER).number, "A001");
    for event in ["called", "served", "no_show"] {
        hall.post("/api/window", json!({ "number": "A001", "event": event }));
    }
    for (path, hands, seen, is) in [
        ("printer", json!({ "paper": "low" }), "/printer/paper", json!("low")),
        ("printer", json!({ "paper": "out" }), "/printer/paper", json!("out")),
        ("printer", json!({ "paper": "ok", "cover": "open" }), "/printer/cover", json!("open")),
        ("printer", json!({ "cover": "closed" }), "/printer/paper", json!("ok")),
        ("printer", json!({ "cutter": "jammed" }), "/printer/cutter", json!("jammed")),
        ("printer", json!({ "cutter": "ok", "confirm": false }), "/printer/confirm", json!(false)),
        ("printer", json!({ "power": "off" }), "/printer/powered", json!(false)),
        ("printer", json!({ "power": "on", "confirm": true }), "/printer/powered", json!(true)),
        (
            "scanner",
            json!({ "feeder": [paper(&hall, "lease")] }),
            "/scanner/feeder/0/front",
            json!("lease.jpg"),
        ),
        ("scanner", json!({ "feeder": [] }), "/scanner/feeder", json!([])),
        ("scanner", json!({ "flatbed": paper(&hall, "id-copy") }), "/scanner/flatbed", json!("id-copy.jpg")),
        ("scanner", json!({ "flatbed": null }), "/scanner/flatbed", json!(null)),
        ("scanner", json!({ "jam_at": 2 }), "/scanner/plan/jam_at", json!(2)),
        ("scanner", json!({ "jam_at": null, "power": "off" }), "/scanner/powered", json!(false)),
        ("scanner", json!({ "power": "on" }), "/scanner/plan/jam_at", json!(null)),
        ("network", json!({ "store": "down" }), "/network/up", json!(false)),
        ("network", json!({ "store": "up" }), "/network/up", json!(true)),
        ("network", json!({ "store": { "kbit_s": 512 } }), "/network/kbit_s", json!(512)),
        ("network", json!({ "store": { "cut_after_bytes": 9 } }), "/network/cut_after_bytes", json!(9)),
        ("network", json!({ "store": "up" }), "/network/kbit_s", json!(null)),
        ("reader", json!({ "card": "woman" }), "/reader/card", json!("resident")),
        ("reader", json!({ "card": null }), "/reader/card", json!(null)),
    ] {
        hall.post(&format!("/api/{path}"), hands.clone());
        let state = hall.state();
        assert_eq!(state.pointer(seen), Some(&is), "{path} {hands}: {state:#}");
    }
}

/// What makes no sense is refused with a sentence in JSON, and changes nothing.
#[test]
fn what_makes_no_sense_is_refused() {
    let hall = Hall::open();
    let before = hall.wait("devices at rest", |state| {
        state["printer"]["automatic_status"] != 0 && state["reader"]["host"] == true
    });
    for (method, path, body, status) in [
        ("GET", "/api/nothing", "", 404),
        ("GET", "/api/tickets/1.png", "", 404),
        ("GET", "/api/tickets/1.gif", "", 404),
        ("GET", "/api/tickets/one.txt", "", 404),
        ("GET", "/api/tickets/1", "", 404),
        ("GET", "/api/store/nothing", "", 404),
        ("GET", "/api/store/..%2Fpki%2Fca.pem", "", 404),
        ("GET", "/api/touch", "", 405),
        ("POST", "/api/state", "{}", 405),
        ("POST", "/api/touch", "{}", 400),
        ("POST", "/api/touch", r#"{"id":"nothing.here"}"#, 409),
        ("POST", "/api/reader", "not JSON", 400),
        ("POST", "/api/reader", "", 400),
        ("POST", "/api/reader", r#"{"card":"nobody"}"#, 404),
        ("POST", "/api/reader", r#"{"card":{"kind":"resident"}}"#, 400),
        ("POST", "/api/reader", r#"{"card":7}"#, 400),
        ("POST", "/api/reader", r#"{"colour":"red"}"#, 400),
        ("POST", "/api/printer", r#"{"paper":"wet"}"#, 400),
        ("POST", "/api/printer", r#"{"paper":"out","colour":"red"}"#, 400),
        ("POST", "/api/scanner", r#"{"feeder":["/nowhere.jpg"]}"#, 400),
        ("POST", "/api/scanner", r#"{"flatbed":"/etc/hostname"}"#, 400),
        ("POST", "/api/scanner", r#"{"jam_at":"two"}"#, 400),
        ("POST", "/api/network", r#"{"store":"sideways"}"#, 400),
        ("POST", "/api/network", "{}", 400),
        ("POST", "/api/window", r#"{"number":"A001"}"#, 400),
        ("POST", "/api/window", r#"{"number":"A001","event":"eaten"}"#, 400),
    ] {
        let (answered, said) = hall.request(method, path, body);
        let said = String::from_utf8_lossy(&said);
        assert_eq!(answered, status, "{method} {path} {body}: {said}");
        let error = serde_json::from_str::<Value>(&said).ok().and_then(|v| v["error"].as_str().map(str::len));
        assert!(error.is_some_and(|length| length > 10), "{method} {path} {body}: no reason in {said}");
    }
    let after = hall.state();
    for device in ["reader", "printer", "scanner", "network", "tickets"] {
        let (mut before, mut after) = (before[device].clone(), after[device].clone());
        for quiet in [&mut before, &mut after] {
            // The kiosk goes on asking the reader.
            quiet.as_object_mut().map(|q| q.remove("requests"));
        }
        assert_eq!(before, after);
    }
}

/// "A newcomer on a headless machine sees and uses the whole product in a browser": the dock's page in
/// headless Chromium: a number and a paper by clicks alone; the ticket's picture and the document appear.
#[test]
fn the_page_in_a_browser() {
    let hall = Hall::open();
    let picture = hall.folder().join("dock.png");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/dock-page.mjs");
    let done = Command::new("node")
        .arg(script)
        .arg(format!("http://{}", hall.address()))
        .arg(&picture)
        .output()
        .expect("node; run `make setup`");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let seen: Value = serde_json::from_str(said.trim()).expect("one line of JSON");
    assert_eq!(seen["screen"], json!([SCREEN.0, SCREEN.1]));
    assert_eq!((&seen["number"], &seen["matter"]), (&json!("A001"), &json!("开饭店")));
    assert_eq!(seen["ticket"][0], 576);
    assert_eq!(seen["document"], "申请人身份证.pdf");
    assert_eq!(seen["complaints"], json!([]), "the browser complains");
    assert_eq!(hall.tickets().len(), 1);
    assert_eq!(documents(&hall.state()).len(), 1);
    assert!(size_of(&std::fs::read(picture).expect("a picture")).0 > 1000);
}
