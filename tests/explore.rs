//! `shimproof explore`, over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::CommandCargoExt as _;
use serde_json::Value;

/// An Explorer that listens, and ends with the test.
struct Explorer {
    process: Child,
    address: String,
}

impl Explorer {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::cargo_bin("shimproof")
            .unwrap()
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg("explore")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let printed = process.stdout.take().unwrap();
        BufReader::new(printed).read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("http://")
            .unwrap()
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        Self { process, address }
    }

    fn get(&self, path: &str) -> String {
        // The line is printed before the server listens.
        let mut tries = 0;
        let mut stream = loop {
            match TcpStream::connect(&self.address) {
                Ok(stream) => break stream,
                Err(error) if tries == 100 => panic!("{error}"),
                Err(_) => tries += 1,
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"),
            "{head}"
        );
        body.to_owned()
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path)).unwrap()
    }
}

impl Drop for Explorer {
    fn drop(&mut self) {
        // It may have ended by itself, and then the test has failed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_path_is_walked_with_words_and_pictures() {
    let explorer = Explorer::start(&["--address", "127.0.0.1:0"]);
    assert!(explorer.get("/").contains("Stateright Explorer"));
    let status = explorer.json("/.status");
    let properties = status["properties"].as_array().unwrap();
    assert!(
        properties
            .iter()
            .any(|property| property[1] == "options-accepted"),
        "{status}"
    );

    let initial = explorer.json("/.states");
    let state = initial[0]["state"].as_str().unwrap();
    assert!(state.contains("kubelet.release: 1.31.2\n"), "{state}");
    assert!(!state.contains('{'), "no dump of a struct: {state}");

    // Down the run without faults, to the message that gVisor does not take.
    let mut path = "/.states/0".to_owned();
    for _ in 0..10 {
        let steps = explorer.json(&path);
        let next = steps
            .as_array()
            .unwrap()
            .iter()
            .find(|step| {
                let action = step["action"].as_str().unwrap();
                !action.starts_with("fault: ") && !action.starts_with("operator: ")
            })
            .unwrap();
        let outcome = next["outcome"].as_str().unwrap();
        let drawn = next["svg"].as_str().unwrap();
        assert!(drawn.starts_with("<svg"), "{drawn}");
        if outcome.contains("✗ options-accepted") || outcome.contains("✗ type-as-configured") {
            assert!(outcome.contains("updateContainerIOOwner: "), "{outcome}");
            assert!(outcome.contains("→ shim: Create container app"), "{outcome}");
            assert!(drawn.contains("✗ type-as-configured"), "{drawn}");
            return;
        }
        assert!(!drawn.contains('✗'), "{drawn}");
        path.push('/');
        path += &next["actionIndex"].to_string();
    }
    panic!("nothing is broken on the way: {path}");
}

#[test]
fn other_scenarios_designs_and_pods_can_be_asked_for() {
    let explorer = Explorer::start(&[
        "examples/gvisor-kubelet-upgrade",
        "--design",
        "v2.3.4",
        "--pods",
        "2",
        "--address",
        "[::1]:0",
    ]);
    let steps = explorer.json("/.states/0");
    let words: Vec<&str> = steps
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"].as_str().unwrap())
        .collect();
    assert!(
        words
            .iter()
            .any(|word| word.starts_with("operator: upgrades the kubelet to ")),
        "{words:?}"
    );
    let initial = explorer.json("/.states");
    assert!(
        initial[0]["state"].as_str().unwrap().contains("pod 1.phase: "),
        "{initial}"
    );
}

#[test]
fn an_address_that_is_taken_is_a_diagnostic() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for address in [address.as_str(), "203.0.113.1:80", "localhost"] {
        let output = Command::cargo_bin("shimproof")
            .unwrap()
            .args(["explore", "--address", address])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{address}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(address) && !told.contains("panicked"), "{told}");
    }
}

#[test]
fn who_lets_others_in_is_warned() {
    let mut explorer = Explorer::start(&["--address", "0.0.0.0:0", "--quiet"]);
    let _ = explorer.process.kill();
    let mut told = String::new();
    explorer
        .process
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert!(told.starts_with("warning: 0.0.0.0 "), "{told}");
}
