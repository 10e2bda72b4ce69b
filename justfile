# What a developer types. `just` alone lists the recipes.

[private]
default:
    @just --list

# Formatting, lints and documentation, as continuous integration checks them.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# All tests.
test:
    cargo test --workspace

# The suite: every built-in scenario against the verdicts that it expects.
verify *arguments:
    cargo run --release -- verify {{ arguments }}

# Every decision made wrong once, and what minds: three minutes.
mutants *arguments:
    cargo run --release -- verify --mutants {{ arguments }}

# How fast the search is, beside Stateright.
bench:
    cargo bench --workspace

# The tables of docs/performance.md: this search, Stateright and SPIN in one run (`apt-get install spin gcc`).
bench-peers *arguments:
    cargo run --release --package shimproof-search --example peers -- {{ arguments }}

# The pages in a headless Chromium (`apt-get install chromium nodejs npm`); SHIMPROOF_SCREENSHOTS=DIR keeps pictures.
browser:
    cargo build --release
    cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund && npm test

# The documentation of all crates, in a browser.
docs:
    cargo doc --workspace --no-deps --open

# Everything that continuous integration runs.
ci:
    .ci/run
