//! Starting, attaching, stopping, destroying: what every user does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a panic is how a test fails

mod common;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use common::{Record, Scratch, options, psql, query, search, started};
use howdah_server::{
    Authentication, Event, HOST, Kind, Making, Origin, Password, ServerState, StartOptions,
    StopMode, address, destroy, log, start, start_temporary, status, stop,
};

const LONG: Duration = Duration::from_secs(30);

#[test]
fn again_without_root() {
    common::again_without_root();
}

#[test]
fn a_new_cluster_is_utf8_with_checksums_scram_and_loopback_only() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let mut record = Record::default();
    let server = start(&cluster, &options(), &mut record).unwrap();

    let told = record
        .0
        .iter()
        .find(|event| matches!(event, Event::Programs { .. }))
        .unwrap();
    assert!(told.to_string().contains(server.version()), "{told}");
    assert!(server.was_made() && server.was_launched() && !server.is_owned());

    let facts = query(
        &server,
        "select current_user, current_database(), pg_encoding_to_char(encoding), datcollate, \
         current_setting('data_checksums'), current_setting('password_encryption'), \
         current_setting('listen_addresses') \
         from pg_database where datname = current_database()",
    );
    assert_eq!(
        facts,
        "howdah|howdah|UTF8|C.UTF-8|on|scram-sha-256|127.0.0.1"
    );
    let methods = query(
        &server,
        "select distinct auth_method from pg_hba_file_rules",
    );
    assert_eq!(methods, "scram-sha-256", "for host and local lines alike");

    let wrong = server
        .address()
        .url()
        .replace(server.address().password.reveal(), "wrong");
    assert!(!psql(&wrong, "select 1").status.success());
    let through_socket = psql(&server.address().socket_url(), "select 1");
    assert!(through_socket.status.success());
    for private in [cluster.passfile(), cluster.log()] {
        assert_eq!(
            fs::metadata(private).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let socket_directory = fs::metadata(&server.address().socket_directory).unwrap();
    assert_eq!(socket_directory.permissions().mode() & 0o777, 0o700);
}

#[test]
fn what_was_stored_is_there_after_a_restart_on_the_same_url() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let first = started(&cluster);
    query(&first, "create table t as select 7 as x");
    assert_eq!(
        stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap(),
        Some(first.pid())
    );
    assert_eq!(status(&cluster).unwrap().state, ServerState::Stopped);
    assert_eq!(stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap(), None);
    assert_eq!(address(&cluster).unwrap_err().kind(), Kind::NotRunning);

    let second = started(&cluster);
    assert_eq!(query(&second, "select x from t"), "7");
    assert_eq!(second.address().url(), first.address().url());
    assert!(second.was_launched() && !second.was_made());
    assert_eq!(address(&cluster).unwrap().url(), second.address().url());
    assert!(
        log::read(&cluster, Some(2))
            .unwrap()
            .contains("ready to accept connections")
    );
}

#[test]
fn many_who_start_at_once_get_one_server() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let servers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| started(&cluster))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let launched = servers
        .iter()
        .filter(|server| server.was_launched())
        .count();
    assert_eq!(launched, 1);
    assert!(
        servers
            .iter()
            .all(|server| server.pid() == servers[0].pid())
    );
    assert!(
        servers
            .iter()
            .all(|server| server.address().url() == servers[0].address().url())
    );
}

#[test]
fn a_named_port_that_is_taken_is_an_error_and_the_next_start_works() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let other = TcpListener::bind((HOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let wish = StartOptions {
        port: Some(port),
        ..options()
    };
    let error = start(&cluster, &wish, &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Port);
    assert_eq!(
        error.to_string(),
        format!("port {port} on 127.0.0.1 is taken by another program")
    );
    drop(other);
    let server = start(&cluster, &wish, &mut ()).unwrap();
    assert_eq!(server.address().port, port);
    assert!(
        !server.was_made(),
        "the cluster of the failed start was kept"
    );

    let elsewhere = StartOptions {
        port: Some(port - 1),
        ..options()
    };
    let error = start(&cluster, &elsewhere, &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Misuse, "{error}");
}

#[test]
fn a_remembered_port_that_is_taken_gives_another_and_says_so() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let port = started(&cluster).address().port;
    stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap();
    let _other = TcpListener::bind((HOST, port)).unwrap();
    let mut record = Record::default();
    let server = start(&cluster, &options(), &mut record).unwrap();
    let moved = Event::PortMoved {
        from: port,
        to: server.address().port,
    };
    assert!(record.0.contains(&moved), "{:?}", record.0);
}

#[test]
fn settings_are_the_servers_and_attaching_with_others_is_refused() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let with = |name: &str, value: &str| StartOptions {
        settings: vec![(name.to_owned(), value.to_owned())],
        ..options()
    };
    let server = start(&cluster, &with("work_mem", "77MB"), &mut ()).unwrap();
    assert_eq!(query(&server, "show work_mem"), "77MB");
    start(&cluster, &with("work_mem", "77MB"), &mut ()).unwrap();
    let error = start(&cluster, &with("work_mem", "78MB"), &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Misuse);

    stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap();
    let error = start(&cluster, &with("work_mem", "much"), &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Start);
    assert!(
        error
            .to_string()
            .contains("invalid value for parameter \"work_mem\""),
        "{error}"
    );
    started(&cluster);
}

#[test]
fn choices_for_a_new_cluster_hold_and_later_ones_must_agree() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let making = Making {
        user: Some("amy a".to_owned()),
        database: Some("Über \"db".to_owned()),
        password: Some(Password::chosen("p:/ \\ü").unwrap()),
        authentication: Some(Authentication::Md5),
        hba: "host all all 127.0.0.9/32 reject".to_owned(),
        files: vec![("extra.txt".to_owned(), b"x".to_vec())],
    };
    let chosen = StartOptions {
        making,
        ..options()
    };
    let server = start(&cluster, &chosen, &mut ()).unwrap();
    let facts = query(
        &server,
        "select current_user, current_database(), current_setting('password_encryption'), \
         pg_read_file('extra.txt'), (select auth_method from pg_hba_file_rules limit 1)",
    );
    assert_eq!(facts, "amy a|Über \"db|md5|x|reject");

    started(&cluster);
    let bob = Making {
        user: Some("bob".to_owned()),
        ..Making::default()
    };
    let other = StartOptions {
        making: bob,
        ..options()
    };
    assert_eq!(
        start(&cluster, &other, &mut ()).unwrap_err().kind(),
        Kind::Misuse
    );
}

#[test]
fn a_home_with_a_long_path_has_its_socket_elsewhere() {
    let scratch = Scratch::new();
    let home = scratch.path.join("x".repeat(120));
    let cluster = howdah_server::Cluster::in_directory(&home).unwrap();
    let server = started(&cluster);
    let through_socket = psql(&server.address().socket_url(), "select 1");
    let directory = server.address().socket_directory.clone();
    destroy(&cluster, LONG, &mut ()).unwrap();
    assert!(through_socket.status.success());
    assert!(!directory.exists(), "`{}` was left", directory.display());
}

#[test]
fn a_homes_name_may_hold_what_shells_and_lists_treat_specially() {
    let scratch = Scratch::new();
    let home = scratch.path.join("it's \"a\", $HOME; ü");
    let cluster = howdah_server::Cluster::in_directory(&home).unwrap();
    let server = started(&cluster);
    let through_socket = psql(&server.address().socket_url(), "select 1");
    destroy(&cluster, LONG, &mut ()).unwrap();
    assert!(through_socket.status.success());
}

#[test]
fn destroying_removes_what_howdah_made_and_nothing_else() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    started(&cluster);
    let note = cluster.home().join("notes.txt");
    fs::write(&note, "mine").unwrap();
    assert_eq!(
        destroy(&cluster, LONG, &mut ()).unwrap(),
        std::slice::from_ref(&note)
    );
    assert_eq!(fs::read_dir(cluster.home()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(note).unwrap(), "mine");
    assert_eq!(status(&cluster).unwrap_err().kind(), Kind::Foreign);

    let other = howdah_server::Cluster::in_directory(&scratch.path.join("other")).unwrap();
    started(&other);
    assert!(destroy(&other, LONG, &mut ()).unwrap().is_empty());
    assert!(!other.home().exists());
    assert_eq!(
        destroy(&other, LONG, &mut ()).unwrap_err().kind(),
        Kind::NoCluster
    );
}

#[test]
fn a_temporary_cluster_ends_with_its_server() {
    let mut server = start_temporary(None, false, &options(), &mut ()).unwrap();
    let home = server.cluster().home().to_owned();
    assert_eq!(query(&server, "show fsync"), "off");
    server.close().unwrap();
    assert!(!home.exists());

    let scratch = Scratch::new();
    let home = scratch.path.join("kept");
    let mut server = start_temporary(Some(&home), true, &options(), &mut ()).unwrap();
    server.close().unwrap();
    assert_eq!(
        status(server.cluster()).unwrap().state,
        ServerState::Stopped
    );

    let error = start_temporary(Some(&home), false, &options(), &mut ()).unwrap_err();
    assert_eq!(
        error.kind(),
        Kind::Foreign,
        "a used directory must not become temporary"
    );
    assert!(home.join("pgdata").exists());
}

#[test]
fn an_explicit_folder_of_programs_is_the_one_that_is_used() {
    let found = common::programs();
    let mut wish = options();
    wish.search.explicit = Some(found.bindir().to_owned());
    assert_eq!(wish.search.find().unwrap().origin(), Origin::Explicit);
    assert!(
        search()
            .all()
            .iter()
            .all(|programs| programs.version().major >= 14)
    );
}
