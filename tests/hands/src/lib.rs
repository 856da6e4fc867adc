//! Hands in the virtual hall: what a visitor, a clerk or a technician does at its dock, and what they see there.
//!
//! For tests: whatever is waited for in vain is a panic that says where the hall stands.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine. Nothing waits so long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(40);
/// How long a list may take to turn; it may already show what is asked for.
const TURN: Duration = Duration::from_secs(2);
/// How often the hall is asked whether it is so yet.
pub const GLANCE: Duration = Duration::from_millis(25);
/// The words of the screen, so that a journey names them by their key.
const WORDS: &str =
    concat!(include_str!("../../../ui/lang/zh.toml"), "\n", include_str!("../../../ui/lang/zh.faults.toml"));

/// Hands at one hall's dock.
pub struct Hands {
    address: String,
    runtime: tokio::runtime::Runtime,
}

/// A ticket, as the bytes that the printer received tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Counted from 1 since the hall was made.
    pub n: u64,
    /// The number on it.
    pub number: String,
    /// Whether it says that it is a copy (补打).
    pub reprint: bool,
}
impl Hands {
    /// Hands at the dock at `address`, host and port.
    ///
    /// # Panics
    /// When the system has no room for them.
    #[must_use]
    pub fn at(address: String) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { address, runtime }
    }

    /// Where the dock is: host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// One request to the dock.
    pub fn request(&self, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
        self.try_request(method, path, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    /// One request to the dock, which may be gone.
    pub fn try_request(&self, method: &str, path: &str, body: &str) -> Result<(u16, Vec<u8>), String> {
        let said = |e: &dyn std::error::Error| e.to_string();
        self.runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(&self.address).await.map_err(|e| said(&e))?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| said(&e))?;
            tokio::spawn(connection);
            let request = http::Request::builder()
                .method(method)
                .uri(path)
                .header("host", &self.address)
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(body.to_owned())))
                .map_err(|e| said(&e))?;
            let answer = sender.send_request(request).await.map_err(|e| said(&e))?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.map_err(|e| said(&e))?;
            Ok((status, body.to_bytes().to_vec()))
        })
    }

    /// `GET` of bytes that must be there.
    pub fn get(&self, path: &str) -> Vec<u8> {
        let (status, body) = self.request("GET", path, "");
        assert_eq!(status, 200, "GET {path}: {}", String::from_utf8_lossy(&body));
        body
    }

    /// `POST` that must be done.
    pub fn post(&self, path: &str, body: Value) {
        let (status, said) = self.request("POST", path, &body.to_string());
        assert!(status < 300, "POST {path} {body}: {status} {}", String::from_utf8_lossy(&said));
    }

    /// `GET /api/state`
    pub fn state(&self) -> Value {
        serde_json::from_slice(&self.get("/api/state")).expect("JSON")
    }

    /// Waits until the state is as wanted, and returns it.
    pub fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let state = self.state();
            if wanted(&state) {
                return state;
            }
            assert!(Instant::now() < end, "waited in vain for {what}; the hall is at {state:#}");
            std::thread::sleep(GLANCE);
        }
    }

    /// Waits for a screen.
    pub fn wait_screen(&self, wanted: &str) -> Value {
        self.wait(&format!("the screen {wanted}"), |state| name(state) == wanted)
    }

    /// Waits until an element can be touched, and touches it.
    pub fn touch(&self, id: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.wait(&format!("element {id}"), |state| enabled(state, id));
            let (status, said) = self.request("POST", "/api/touch", &json!({ "id": id }).to_string());
            if status < 300 {
                return;
            }
            // It went away between the look and the touch; perhaps it comes back.
            assert!(Instant::now() < end, "touch {id}: {status} {}", String::from_utf8_lossy(&said));
        }
    }

    /// Waits until the screen says the words of this key.
    pub fn wait_word(&self, key: &str) -> Value {
        self.wait(&format!("the words {key} ({})", word(key)), |state| says_word(state, key))
    }

    /// Lays a sample card, or one made on the spot.
    pub fn lay(&self, card: impl Into<Value>) {
        self.post("/api/reader", json!({ "card": card.into() }));
    }

    /// Lifts whatever lies there.
    pub fn lift(&self) {
        self.post("/api/reader", json!({ "card": null }));
    }

    /// The tickets so far.
    pub fn tickets(&self) -> Vec<Ticket> {
        tickets(&self.state())
    }

    /// A ticket's text.
    pub fn ticket_text(&self, n: u64) -> String {
        String::from_utf8(self.get(&format!("/api/tickets/{n}.txt"))).expect("text")
    }

    /// Turns the list to the page that has a matter or package, and picks it.
    pub fn pick(&self, id: &str) {
        let there = || elements(&self.state()).any(|e| e["id"] == id);
        let tabs = if id.starts_with("package.") {
            &["tab.packages"][..]
        } else {
            &["tab.business", "tab.personal"]
        };
        for tab in tabs {
            if !there() {
                self.turn(tab);
            }
            while !there() && enabled(&self.state(), "page.next") {
                self.turn("page.next");
            }
        }
        self.touch(id);
    }

    /// Touches what turns the list, and waits until it shows something else, if it does.
    fn turn(&self, id: &str) {
        let before = self.state()["elements"].clone();
        self.touch(id);
        let end = Instant::now() + TURN;
        while self.state()["elements"] == before && Instant::now() < end {
            std::thread::sleep(GLANCE);
        }
    }

    /// From home to the list of matters.
    pub fn identify(&self, door: &str, card: impl Into<Value>) {
        self.touch(door);
        self.wait_screen("identify");
        self.lay(card);
        self.wait_screen("choose");
    }

    /// The whole main journey: door, card, matter, confirm; waits for the number's screen and for
    /// the end of its printing, takes the card, leaves. Returns the ticket that came out.
    pub fn take_number(&self, card: impl Into<Value>, matter: &str) -> Ticket {
        let before = self.tickets().len();
        self.identify("home.number", card);
        if !self.is_picked(matter) {
            self.pick(matter);
        }
        self.touch("confirm");
        self.wait_screen("number");
        let state = self.wait("a ticket", |state| tickets(state).len() > before);
        self.leave();
        tickets(&state).pop().expect("the ticket")
    }

    fn is_picked(&self, _matter: &str) -> bool {
        // With an open visit its matters are picked already and `confirm` works at once.
        enabled(&self.state(), "confirm")
    }

    /// Takes the card, touches finish until home.
    pub fn leave(&self) {
        self.touch("finish");
        self.lift();
        // Whoever handed papers in is offered a receipt first.
        let ways = ["home", "goodbye", "receipt"];
        self.wait("home, goodbye or the receipt", |state| ways.contains(&name(state)));
        self.leave_receipt();
        self.wait("home or goodbye", |state| ["home", "goodbye"].contains(&name(state)));
        while name(&self.wait("a quiet screen", |s| ["home", "goodbye"].contains(&name(s)))) == "goodbye" {
            // Goodbye may end by itself between the look and the touch.
            let _ = self.try_request("POST", "/api/touch", r#"{"id":"finish"}"#);
        }
    }

    /// Leaves the receipt, if it is on the screen. It takes no notice of a touch that may be the second
    /// of a double tap on the screen before.
    pub fn leave_receipt(&self) {
        self.wait("the receipt to go", |state| {
            let there = name(state) == "receipt";
            if there {
                let _ = self.try_request("POST", "/api/touch", r#"{"id":"finish"}"#);
            }
            !there
        });
    }
}

/// Words of the screen by their key, such as `goodbye.card.title`.
pub fn word(key: &str) -> String {
    let words: toml::Value = WORDS.parse::<toml::Table>().expect("words").into();
    let found = key.split('.').try_fold(&words, |table, part| table.get(part));
    found.and_then(toml::Value::as_str).unwrap_or_else(|| panic!("no words {key}")).to_owned()
}

/// Every text on the screen, top first.
pub fn texts(state: &Value) -> impl Iterator<Item = &str> {
    state["screen"]["texts"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Whether the screen says this, perhaps among other words.
pub fn says(state: &Value, what: &str) -> bool {
    texts(state).any(|text| text.contains(what))
}

/// Whether the screen says the words of this key.
pub fn says_word(state: &Value, key: &str) -> bool {
    says(state, &word(key))
}

/// The screen's name.
pub fn name(state: &Value) -> &str {
    state["screen"]["name"].as_str().unwrap_or_default()
}

/// Whether an element is there and can be touched.
pub fn enabled(state: &Value, id: &str) -> bool {
    elements(state).any(|e| e["id"] == id && e["enabled"] == true)
}

/// The touchable things.
pub fn elements(state: &Value) -> impl Iterator<Item = &Value> {
    state["elements"].as_array().into_iter().flatten()
}

/// The tickets in a state.
pub fn tickets(state: &Value) -> Vec<Ticket> {
    let ticket = |t: &Value| Ticket {
        n: t["n"].as_u64().unwrap_or_default(),
        number: t["number"].as_str().unwrap_or_default().to_owned(),
        reprint: t["reprint"] == true,
    };
    state["tickets"].as_array().into_iter().flatten().map(ticket).collect()
}
