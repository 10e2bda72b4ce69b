#![doc = "shimproof"]
fn main() {}
