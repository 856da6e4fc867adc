//! The kiosk's screen, asked over a socket of its own by the hall.

use crate::heard::{Log, Since};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A touch: on an element, or on a point in screen pixels.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Touch {
    /// in the middle of this element
    Element {
        /// its id
        id: String,
    },
    /// here
    Point {
        /// from the left
        x: f32,
        /// from the top
        y: f32,
    },
}

/// A finger that stays where it came down, on a point in screen pixels.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Hold {
    x: i32,
    y: i32,
    /// for so long; ten seconds at most
    seconds: f32,
}

/// A finger that comes down and slides from place to place, in screen pixels.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Drag {
    along: Vec<(i16, i16)>,
}

/// A key of the tactile pad.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Pressed {
    key: PadKey,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum PadKey {
    Up,
    Down,
    Select,
    Back,
    Next,
}

/// What is on the screen.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Shown {
    pub screen: ScreenName,
    pub elements: Vec<Element>,
}

/// Which screen, and every text on it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ScreenName {
    pub name: String,
    pub texts: Vec<String>,
}

/// A touchable thing; lengths in screen pixels.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Element {
    id: String,
    label: String,
    x: i32,
    y: i32,
    w: i32,
    h: i32,
    enabled: bool,
}

/// The address of an abstract socket (unix(7)): no file, gone with whoever listens.
pub(crate) fn address(name: &str) -> std::io::Result<std::os::unix::net::SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    std::os::unix::net::SocketAddr::from_abstract_name(name)
}

/// Answers on a Unix socket until the process ends.
pub(crate) async fn serve(socket: &str, screen: ui::Handle, heard: Log) -> std::io::Result<()> {
    let listener = std::os::unix::net::UnixListener::bind_addr(&address(socket)?)?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::UnixListener::from_std(listener)?;
    let routes = Router::new()
        .route("/shown", get(shown))
        .route("/screen.png", get(png))
        .route("/touch", post(touch))
        .route("/hold", post(hold))
        .route("/drag", post(drag))
        .route("/keys", post(keys))
        .route("/heard", get(move |Query(since): Query<Since>| async move { Json(heard.said(&since).await) }))
        .with_state(screen);
    axum::serve(listener, routes).await
}

/// The screen's thread is asked from a thread that may wait.
async fn ask<T: Send + 'static>(
    screen: ui::Handle,
    question: impl FnOnce(&ui::Handle) -> Result<T, ui::UiError> + Send + 'static,
) -> Result<T, Response> {
    match tokio::task::spawn_blocking(move || question(&screen)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err((StatusCode::CONFLICT, error.to_string()).into_response()),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    }
}

async fn shown(State(screen): State<ui::Handle>) -> Result<Json<Shown>, Response> {
    let seen = ask(screen, ui::Handle::inspect).await?;
    let element = |e: ui::Element| Element {
        id: e.id,
        label: e.label,
        x: e.x,
        y: e.y,
        w: e.w,
        h: e.h,
        enabled: e.enabled,
    };
    Ok(Json(Shown {
        screen: ScreenName { name: seen.screen.to_owned(), texts: seen.texts },
        elements: seen.elements.into_iter().map(element).collect(),
    }))
}

async fn png(State(screen): State<ui::Handle>) -> Result<Response, Response> {
    let picture = ask(screen, ui::Handle::snapshot).await?;
    let file = tokio::task::spawn_blocking(move || picture.png()).await;
    match file {
        Ok(Ok(file)) => Ok(([(CONTENT_TYPE, "image/png")], file).into_response()),
        _ => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    }
}

async fn touch(State(screen): State<ui::Handle>, Json(touch): Json<Touch>) -> Result<StatusCode, Response> {
    ask(screen, move |screen| match &touch {
        Touch::Element { id } => screen.touch(id),
        Touch::Point { x, y } => screen.touch_at(x.round() as i32, y.round() as i32),
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn hold(
    State(screen): State<ui::Handle>,
    Json(Hold { x, y, seconds }): Json<Hold>,
) -> Result<StatusCode, Response> {
    ask(screen.clone(), move |screen| screen.finger_down(x, y)).await?;
    // This is how long the finger stays.
    tokio::time::sleep(Duration::from_secs_f32(seconds.clamp(0., 10.))).await;
    ask(screen, move |screen| screen.finger_up(x, y)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn drag(
    State(screen): State<ui::Handle>,
    Json(Drag { along }): Json<Drag>,
) -> Result<StatusCode, Response> {
    let along: Vec<(i32, i32)> = along.iter().map(|(x, y)| (i32::from(*x), i32::from(*y))).collect();
    ask(screen, move |screen| screen.drag(&along)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn keys(
    State(screen): State<ui::Handle>,
    Json(pressed): Json<Pressed>,
) -> Result<StatusCode, Response> {
    let key = match pressed.key {
        PadKey::Up => ui::Key::Up,
        PadKey::Down => ui::Key::Down,
        PadKey::Select => ui::Key::Select,
        PadKey::Back => ui::Key::Back,
        PadKey::Next => ui::Key::Next,
    };
    ask(screen, move |screen| screen.press(key)).await?;
    Ok(StatusCode::NO_CONTENT)
}
