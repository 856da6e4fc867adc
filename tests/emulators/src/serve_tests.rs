use super::*;
use axum::routing::get;
use tokio::io::AsyncReadExt;

async fn gone(connection: axum::Extension<Connection>) -> &'static str {
    match connection.drop_unanswered().await {}
}

async fn server() -> Server {
    serving(ports::bind_free().await.expect("a free port"))
}

fn serving(listener: tokio::net::TcpListener) -> Server {
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/slow", get(std::future::pending::<&'static str>))
        .route("/gone", get(gone));
    Server::start(listener, Transport::Plain, router)
}

async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connecting");
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asking");
    stream
}

#[tokio::test]
async fn an_open_request_does_not_hold_up_a_stop() {
    // An address of its own: as soon as the port is free another test may take it.
    let server = serving(tokio::net::TcpListener::bind("127.77.0.1:0").await.expect("a free port"));
    let mut idle = ask(server.address(), "/").await;
    let mut byte = [0_u8; 1];
    idle.read_exact(&mut byte).await.expect("an answer");
    let _slow = ask(server.address(), "/slow").await;
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    // A program that another test starts at this moment has the socket too, until it is that program.
    while TcpStream::connect(server.address()).await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20), "somebody listens still");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_request_can_be_left_unanswered() {
    let server = server().await;
    let mut stream = ask(server.address(), "/gone").await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn cut_connections_end_and_new_ones_are_served() {
    let server = server().await;
    let mut stream = ask(server.address(), "/").await;
    let mut byte = [0_u8; 1];
    stream.read_exact(&mut byte).await.expect("an answer");
    server.cut_connections();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    let mut again = ask(server.address(), "/").await;
    again.read_exact(&mut byte).await.expect("an answer");
    server.cut().await;
}

#[tokio::test]
async fn a_dropped_server_frees_its_port() {
    let server = server().await;
    let address = server.address();
    drop(server);
    let listener = ports::bind_again(address.port()).await;
    assert!(listener.is_ok());
}
