//! What the machine says of itself and of a process. Linux only.

use std::fs;
use std::hint::black_box;
use std::io;
use std::thread;
use std::time::Instant;

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Distinct states.
    pub count: f64,
    /// Seconds on the clock.
    pub wall: f64,
    /// Seconds of all processors together.
    pub processor: f64,
    /// Bytes, at the peak, more than before.
    pub memory: f64,
}

impl Usage {
    /// What another process printed.
    pub fn parse(line: &str) -> Option<Self> {
        let numbers: Vec<f64> = line
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect();
        let &[count, wall, processor, memory] = &*numbers else {
            return None;
        };
        Some(Self {
            count,
            wall,
            processor,
            memory,
        })
    }
}

/// Runs a search that counts distinct states.
pub fn measured(search: impl FnOnce() -> io::Result<u64>) -> io::Result<Usage> {
    let memory = of_status("VmRSS:")?;
    let processor = processor_seconds(Whose::This)?;
    let begin = Instant::now();
    let count = search()?;
    Ok(Usage {
        count: as_float(count),
        wall: begin.elapsed().as_secs_f64(),
        processor: processor_seconds(Whose::This)? - processor,
        memory: as_float(of_status("VmHWM:")?.saturating_sub(memory)),
    })
}

/// Whose time.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// This process's.
    This,
    /// That of its children that have ended.
    Children,
}

/// The time that processors spent, in the user's and in the system's code; see proc(5). Good to 10 ms.
pub fn processor_seconds(whose: Whose) -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold spaces. `utime` is the 14th field, of which two are gone.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let first = match whose {
        Whose::This => 11,
        Whose::Children => 13,
    };
    let ticks: u64 = fields
        .iter()
        .skip(first)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    // User space sees a hundred ticks a second whatever the kernel's own clock is.
    Ok(as_float(ticks) / 100.0)
}

/// A field of this process's status, in bytes.
fn of_status(field: &str) -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    Ok(kilobytes.unwrap_or(0) * 1024)
}

/// The processor, and how busy it is.
pub fn description() -> io::Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let mut models = processors
        .lines()
        .filter(|line| line.starts_with("model name"))
        .filter_map(|line| line.split(": ").nth(1));
    let model = models.next().unwrap_or("an unknown processor");
    Ok(format!(
        "{} × {model}; load at the start {}.",
        models.count() + 1,
        load()?
    ))
}

/// How many processes want to run, on average of the latest minute.
pub fn load() -> io::Result<String> {
    let load = fs::read_to_string("/proc/loadavg")?;
    Ok(load.split(' ').next().unwrap_or("?").to_owned())
}

/// Reads per second, on the clock, of places in memory that do not depend on each other: as fast as a search
/// could look at a table of this size.
pub fn random_reads(threads: u32) -> f64 {
    const READS: u32 = 10_000_000;
    let table: Vec<u64> = (0..200_000_000 / 8).collect();
    let begin = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads {
            let table = &table;
            scope.spawn(move || {
                let mut random = 0x2545_f491_4f6c_dd1d_u64 ^ u64::from(thread);
                let mut sum = 0;
                for _ in 0..READS {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    let place = ((random >> 32) * table.len() as u64) >> 32;
                    sum ^= usize::try_from(place).map_or(0, |place| table[place]);
                }
                black_box(sum);
            });
        }
    });
    f64::from(READS * threads) / begin.elapsed().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub const fn as_float(count: u64) -> f64 {
    count as f64
}
