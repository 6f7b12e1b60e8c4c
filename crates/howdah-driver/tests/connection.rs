//! The Rust connection against a real server: queries, COPY, notifications, timeouts, cancel.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may panic

mod support;

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use howdah_driver::{Connection, Interrupt, Kind, ServerError};
use support::{Programs, Server};

const PATIENCE: Duration = Duration::from_secs(20);

fn connect(server: &Server) -> Connection {
    Connection::establish(&server.config(&[]), Interrupt::never()).unwrap()
}

#[test]
fn everything_that_a_connection_does() {
    let Some(programs) = Programs::find("PostgreSQL", |_| true) else {
        return;
    };
    let server = Server::start(&programs, "", "", |_| {});
    queries(&server);
    errors_leave_it_usable(&server);
    copies(&server);
    copies_that_fail(&server);
    notices_and_notifications(&server);
    timeouts_and_interrupts(&server);
    ends(&server);
}

fn queries(server: &Server) {
    let mut connection = connect(server);
    let rows = connection
        .query("select 1 as one, null as nothing, 'é' as e")
        .unwrap();
    assert_eq!(rows.columns(), ["one", "nothing", "e"]);
    assert_eq!(
        (rows.len(), rows.tag(), rows.affected()),
        (1, "SELECT 1", Some(1))
    );
    let row = rows.iter().next().unwrap();
    assert_eq!(
        (row.get(0), row.get(1), row.named("e")),
        (Some("1"), None, Some("é"))
    );
    assert_eq!((row.get(9), row.named("x")), (None, None));

    let rows =
        connection.query("create temp table t(i int, s text); insert into t values (1, 'a')");
    assert_eq!(rows.unwrap().tag(), "INSERT 0 1");
    assert_eq!(connection.execute("update t set s = 'b'").unwrap(), 1);
    assert_eq!(connection.query("").unwrap().tag(), "");

    let sql = "select $1::int + 1, $2::text, $3::text is null";
    let rows = connection
        .query_with(sql, &[Some("41"), Some("it's"), None])
        .unwrap();
    let row = rows.iter().next().unwrap();
    assert_eq!(
        [row.get(0), row.get(1), row.get(2)],
        [Some("42"), Some("it's"), Some("t")]
    );

    let rows = connection.query("select g, repeat('x', 1000) from generate_series(1, 5000) g");
    assert_eq!(rows.unwrap().len(), 5000);
    let long = "y".repeat(5_000_000);
    let rows = connection
        .query_with("select length($1)", &[Some(&long)])
        .unwrap();
    assert_eq!(rows.value(), Some("5000000"));
}

fn errors_leave_it_usable(server: &Server) {
    let mut connection = connect(server);
    let error = connection
        .query("select 1; select 1/0; select 2")
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Server);
    assert_eq!(error.server().map(ServerError::sqlstate), Some("22012"));
    let error = connection
        .query_with("select * from nothing", &[])
        .unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("42P01"));
    assert_eq!(
        error.server().and_then(|error| error.field(b'P')),
        Some("15")
    );
    let error = connection.query("select 'a\0b'").unwrap_err();
    assert_eq!(error.kind(), Kind::Misuse);
    assert_eq!(connection.query("select 1").unwrap().value(), Some("1"));
}

fn copies(server: &Server) {
    let mut connection = connect(server);
    connection
        .execute("create temp table c(i int, s text)")
        .unwrap();
    let lines: Vec<_> = (0..200_000).map(|i| format!("{i}\tline {i}\n")).collect();
    let lines = lines.concat();
    let copied = connection
        .copy_in("copy c from stdin", lines.as_bytes())
        .unwrap();
    assert_eq!(copied, 200_000);
    let mut back = Vec::new();
    let written = connection.copy_out("copy (select * from c order by i) to stdout", &mut back);
    assert_eq!(written.unwrap(), lines.len() as u64);
    assert_eq!(back, lines.as_bytes());
    assert_eq!(
        connection.copy_in("copy c from stdin", &b""[..]).unwrap(),
        0
    );
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("the disk is gone"))
    }
}

fn copies_that_fail(server: &Server) {
    let mut connection = connect(server);
    connection.execute("create temp table c(i int)").unwrap();
    // far more than the server reads before it complains
    let lines = format!("1\nnot a number\n{}", "2\n".repeat(3_000_000));
    let error = connection
        .copy_in("copy c from stdin", lines.as_bytes())
        .unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("22P02"));
    let error = connection
        .copy_in("copy c from stdin", Failing)
        .unwrap_err();
    assert!(error.message().contains("the disk is gone"), "{error}");
    assert_eq!(error.kind(), Kind::Io);
    for error in [
        connection.query("copy c from stdin").unwrap_err(),
        connection.query("copy c to stdout").unwrap_err(),
        connection.query_with("copy c from stdin", &[]).unwrap_err(),
        connection.copy_in("select 1", &b""[..]).unwrap_err(),
        connection
            .copy_in("copy c to stdout", &b""[..])
            .unwrap_err(),
        connection
            .copy_out("copy c from stdin", std::io::sink())
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Misuse, "{error}");
    }
    assert_eq!(
        connection.query("select count(*) from c").unwrap().value(),
        Some("0")
    );
}

fn notices_and_notifications(server: &Server) {
    let mut connection = connect(server);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = heard.clone();
    connection.on_notice(move |notice| listener.lock().unwrap().push(notice.message().to_owned()));
    connection
        .execute("do $$ begin raise notice 'hear me'; end $$")
        .unwrap();
    assert_eq!(*heard.lock().unwrap(), ["hear me"]);

    connection.execute("listen news").unwrap();
    assert!(
        connection
            .notification(Duration::from_millis(50))
            .unwrap()
            .is_none()
    );
    server.execute("notify news, 'extra'");
    let news = connection.notification(PATIENCE).unwrap().unwrap();
    assert_eq!(
        (news.channel.as_str(), news.payload.as_str()),
        ("news", "extra")
    );
    connection.execute("notify news").unwrap();
    let own = connection.notification(Duration::ZERO).unwrap().unwrap();
    assert_eq!(own.payload, "");
}

fn timeouts_and_interrupts(server: &Server) {
    let mut connection = connect(server);
    connection.set_timeout(Some(Duration::from_millis(200)));
    let began = Instant::now();
    let error = connection.query("select pg_sleep(60)").unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(began.elapsed() < PATIENCE);
    connection.set_timeout(None);
    assert_eq!(connection.query("select 1").unwrap().value(), Some("1"));

    let canceller = connection.canceller().unwrap();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        canceller.cancel(PATIENCE, &Interrupt::never())
    });
    let error = connection.query("select pg_sleep(60)").unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("57014"));
    thread.join().unwrap().unwrap();

    let interrupt = Interrupt::new().unwrap();
    let mut connection = Connection::establish(&server.config(&[]), interrupt.clone()).unwrap();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        interrupt.trigger();
    });
    let error = connection.query("select pg_sleep(60)").unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
    thread.join().unwrap();
    server.execute(
        "select 1 / (count(*) = 0)::int from pg_stat_activity \
         where state = 'active' and query ~ '^select pg_sleep'",
    );
}

fn ends(server: &Server) {
    let mut connection = connect(server);
    let pid = connection
        .query("select pg_backend_pid()")
        .unwrap()
        .value()
        .unwrap()
        .to_owned();
    server.execute(&format!("select pg_terminate_backend({pid}, 10000)"));
    let error = connection.query("select 1").unwrap_err();
    assert_eq!(
        error.server().map(ServerError::sqlstate),
        Some("57P01"),
        "{error}"
    );
    let error = connection.query("select 1").unwrap_err();
    assert!(matches!(error.kind(), Kind::Io | Kind::Misuse), "{error:?}");
    assert_eq!(
        connection.query("select 1").unwrap_err().kind(),
        Kind::Misuse
    );

    let connection = connect(server);
    connection.close(PATIENCE);
    drop(connect(server));
}
