//! Runs every mutant of a design.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use shimproof_model::catalog::{Catalog, ContainerdRow};
use shimproof_model::guards::Guard;
use shimproof_model::world::Containerd;
use shimproof_properties::mutation::{
    Asked, CANNOT_OCCUR, Component, Mutant, cannot_occur, field_changes, mutants_of_guards, shape,
};
use shimproof_scenario::{Design, Scenario};
use shimproof_search::Limits;

use super::Base;
use super::effect::{Effect, in_scenario, of_whole_runs, on_node};
use super::fate::{Fate, MutantResult, judge};
use super::subject::{PlainSubject, Questions, Subject};
use super::witness::{Witness, witnesses};
use crate::verification::VerifyError;

/// How mutants are run.
#[derive(Clone, Copy, Debug)]
pub struct MutantsOptions<'a> {
    /// When to stop: after how long, or when told to. Searches have no other limits of their own; they share the memory.
    pub limits: &'a Limits,
    /// How many threads.
    pub threads: usize,
    /// Of which guard or behaviour; of all, if there is none.
    pub only: Option<&'a str>,
}

/// Every mutant of one base.
#[derive(Clone, Debug)]
pub struct MutantRun {
    /// What was mutated.
    pub base: Base,
    /// How many scenarios it was tried in.
    pub scenarios: usize,
    /// How many nodes of the catalogue there were for what no scenario asks.
    pub nodes: usize,
    /// Scenarios that cannot be used with the base, and why.
    pub unusable: Vec<(String, String)>,
    /// What became of each mutant that changes something.
    pub results: Vec<MutantResult>,
    /// Inputs on the list of those that cannot occur, about which a guard is asked all the same.
    pub asked_against_the_list: Vec<String>,
    /// Entries of that list for which there is no input left: they say nothing.
    pub stale: Vec<&'static str>,
    /// Whether it was stopped.
    pub cut_short: bool,
    /// How long it took.
    pub seconds: f64,
}

/// The runs of all bases, and who violates what.
#[derive(Clone, Debug)]
pub struct MutantReport {
    /// The names of the properties, in their order.
    pub properties: Vec<String>,
    /// One for each base.
    pub runs: Vec<MutantRun>,
    /// Of each property, who satisfies it and who violates it.
    pub witnesses: Vec<Witness>,
}

impl MutantReport {
    /// Whether nothing is left to explain.
    pub fn as_expected(&self) -> bool {
        let explained = |run: &MutantRun| {
            run.asked_against_the_list.is_empty()
                && run.stale.is_empty()
                && run.results.iter().all(|result| !result.fate.is_unexplained())
        };
        self.runs.iter().all(explained) && self.witnesses.iter().all(|witness| witness.violated.is_some())
    }

    /// Whether a limit ended a run.
    pub fn cut_short(&self) -> bool {
        self.runs.iter().any(|run| run.cut_short)
    }
}

/// Runs the mutants of every base. `progress` hears how many mutants of a base are done, and how many there are.
///
/// # Errors
/// [`VerifyError`] if a design is not known, or the model failed.
pub fn mutants(
    catalog: &Catalog,
    scenarios: &[Scenario],
    bases: &[Base],
    options: MutantsOptions<'_>,
    progress: &(dyn Fn(&Base, usize, usize) + Sync),
) -> Result<MutantReport, VerifyError> {
    let mut runs = Vec::new();
    for base in bases {
        let told = |done, all| progress(base, done, all);
        runs.push(mutant_run(catalog, scenarios, base, options, &told)?);
    }
    let questions = Questions::all();
    Ok(MutantReport {
        properties: questions.ids().into_iter().map(str::to_owned).collect(),
        // Who violates a property can be said only of all mutants.
        witnesses: match options.only {
            Some(_) => Vec::new(),
            None => witnesses(catalog, scenarios, &runs, &questions, options.limits)?,
        },
        runs,
    })
}

/// Runs the mutants of one base.
///
/// # Errors
/// [`VerifyError`] if the design is not known, or the model failed.
pub fn mutant_run(
    catalog: &Catalog,
    scenarios: &[Scenario],
    base: &Base,
    options: MutantsOptions<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<MutantRun, VerifyError> {
    let started = Instant::now();
    let limits = &Limits {
        stop: options.limits.stop.clone(),
        max_memory: options
            .limits
            .max_memory
            .map(|memory| memory / options.threads.max(1) as u64),
        ..Limits::default()
    };
    let questions = Questions::all();
    let mut subjects = Vec::new();
    let mut unusable = Vec::new();
    for scenario in scenarios {
        match Subject::new(scenario, catalog, base, &questions, limits) {
            Ok(subject) => subjects.push(subject),
            // A design can stand in where its configuration or its components do not fit.
            Err(VerifyError::Scenario(error)) if *base != Base::OwnReleases => {
                unusable.push((scenario.file.name.clone(), error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    let nodes = PlainSubject::all(catalog, base)?;
    let counts: Vec<usize> = (0..questions.reachabilities.len())
        .map(|number| {
            subjects
                .iter()
                .filter(|subject| subject.answers.reached[number])
                .count()
        })
        .collect();
    let mut mutants = mutants_of(catalog, base)?;
    if let Some(only) = options.only {
        mutants.retain(|mutant| mutant.subject() == only);
        if mutants.is_empty() {
            let mut nearest: Vec<String> = mutants_of(catalog, base)?.iter().map(Mutant::subject).collect();
            nearest.dedup();
            nearest.sort_by_cached_key(|subject| strsim::damerau_levenshtein(subject, only));
            nearest.truncate(3);
            let given = only.to_owned();
            return Err(VerifyError::UnknownMutant { given, nearest });
        }
    }
    let mut asked = Asked::default();
    for one in subjects
        .iter()
        .map(|subject| subject.explored.asked())
        .chain(nodes.iter().map(|node| &node.asked))
    {
        asked.add(one);
    }
    let bench = Bench {
        catalog,
        base,
        questions,
        subjects,
        nodes,
        counts,
        asked,
        rows: releases_of(catalog, base)?
            .into_iter()
            .map(|release| release.row)
            .collect(),
        limits,
    };
    let (results, stopped) = in_parallel(&mutants, options, started, progress, |mutant| bench.judge(mutant))?;
    let cut_short = stopped || results.iter().any(|(_, cut_short)| *cut_short);
    Ok(MutantRun {
        base: base.clone(),
        scenarios: bench.subjects.len(),
        nodes: bench.nodes.len(),
        unusable,
        results: results.into_iter().map(|(result, _)| result).collect(),
        asked_against_the_list: bench.asked_against_the_list(),
        stale: if *base == Base::OwnReleases {
            bench.stale()
        } else {
            Vec::new()
        },
        cut_short,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The mutants that change a row of the base: those of the kubelet only where the base has kubelets of its own.
fn mutants_of(catalog: &Catalog, base: &Base) -> Result<Vec<Mutant>, VerifyError> {
    let releases = releases_of(catalog, base)?;
    let kubelets = match base {
        Base::OwnReleases => catalog.kubelet(),
        Base::Design(_) => &[],
    };
    let fields: Vec<_> = field_changes(catalog)
        .into_iter()
        .filter(|change| {
            // How a file is read and how an error is worded is minded by what scenarios expect of their own releases.
            *base == Base::OwnReleases || !(change.is_about_configuration() || change.is_about_texts())
        })
        .filter(|change| match change.component {
            Component::Containerd => releases
                .iter()
                .any(|release| change.containerd(&release.row) != release.row),
            Component::Kubelet => kubelets.iter().any(|row| change.kubelet(row) != *row),
        })
        .collect();
    let mut mutants = mutants_of_guards(releases.into_iter().map(|release| release.guards), kubelets);
    mutants.extend(fields.into_iter().map(Mutant::of_field));
    Ok(mutants)
}

fn releases_of(catalog: &Catalog, base: &Base) -> Result<Vec<Containerd>, VerifyError> {
    Ok(match base {
        Base::OwnReleases => {
            let rows = catalog.containerd().iter();
            rows.map(|row| Containerd::new(row.id.clone(), row)).collect()
        }
        Base::Design(name) => vec![Design::find(catalog, name)?.containerd],
    })
}

/// The mutant of that name.
///
/// # Errors
/// [`VerifyError::UnknownMutant`].
pub fn find_mutant(catalog: &Catalog, id: &str) -> Result<Mutant, VerifyError> {
    let mut mutants = mutants_of(catalog, &Base::OwnReleases)?;
    if let Some(found) = mutants.iter().position(|mutant| mutant.id == id) {
        return Ok(mutants.swap_remove(found));
    }
    mutants.sort_by_cached_key(|mutant| strsim::damerau_levenshtein(&mutant.id, id));
    mutants.truncate(3);
    Err(VerifyError::UnknownMutant {
        given: id.to_owned(),
        nearest: mutants.into_iter().map(|mutant| mutant.id).collect(),
    })
}

/// Everything that a mutant is tried on.
struct Bench<'a> {
    catalog: &'a Catalog,
    base: &'a Base,
    questions: Questions,
    subjects: Vec<Subject<'a>>,
    nodes: Vec<PlainSubject>,
    counts: Vec<usize>,
    /// What some scenario or some node of the catalogue asks.
    asked: Asked,
    /// The rows of containerd that are mutated.
    rows: Vec<ContainerdRow>,
    limits: &'a Limits,
}

impl Bench<'_> {
    /// Tries a mutant in every scenario; then, until something kills it, in the large scenarios, against what must
    /// hold of whole runs in the scenarios in which it differs, and on the nodes of the catalogue.
    fn judge(&self, mutant: &Mutant) -> Result<Judged, VerifyError> {
        let mutated = mutant.mutate_catalog(self.catalog);
        let mutated = mutated.as_ref();
        let mut effects: Vec<Effect> = Vec::new();
        for large in [false, true] {
            if large && self.verdict(mutant, &effects).fate == Fate::Killed {
                break;
            }
            for subject in self.subjects.iter().filter(|subject| subject.is_large() == large) {
                effects.extend(in_scenario(
                    mutant,
                    mutated,
                    subject,
                    self.base,
                    self.catalog,
                    &self.questions,
                    self.limits,
                )?);
            }
        }
        let mut result = self.verdict(mutant, &effects);
        let differs = |subject: &&Subject<'_>| {
            let name = &subject.scenario.file.name;
            effects
                .iter()
                .any(|effect| effect.difference.is_some() && effect.place == *name)
        };
        let differing: Vec<&Subject<'_>> = self.subjects.iter().filter(differs).collect();
        for subject in differing {
            if result.fate == Fate::Killed {
                break;
            }
            effects.extend(of_whole_runs(
                mutant,
                mutated,
                subject,
                self.base,
                &self.questions,
                self.limits,
            )?);
            result = self.verdict(mutant, &effects);
        }
        if mutant.shows_on_nodes() {
            // A change of a behaviour is not about inputs of a guard.
            let asks = |node: &&PlainSubject| mutant.guard().is_none() || mutant.is_asked(&node.asked);
            for node in self.nodes.iter().filter(asks) {
                if result.fate == Fate::Killed {
                    break;
                }
                // Nothing on a node can mind a wording: the first difference is as good as any.
                if mutant.is_about_texts() && result.difference.is_some() {
                    break;
                }
                if let Some(effect) = on_node(mutant, node, self.catalog, &self.questions, self.limits)? {
                    let kills = !effect.violated.is_empty() || !effect.gained.is_empty();
                    effects.push(effect);
                    if kills || mutant.is_about_texts() {
                        result = self.verdict(mutant, &effects);
                    }
                }
            }
            result = self.verdict(mutant, &effects);
        }
        let cut_short = effects.iter().any(|effect| effect.cut_short);
        Ok((result, cut_short))
    }

    fn verdict(&self, mutant: &Mutant, effects: &[Effect]) -> MutantResult {
        let asked = match mutant.guard() {
            None => true,
            Some(guard) => mutant
                .inputs()
                .into_iter()
                .any(|input| self.is_asked(guard, input)),
        };
        judge(mutant, effects, asked, &self.rows, &self.counts, &self.questions)
    }

    fn is_asked(&self, guard: Guard, input: usize) -> bool {
        self.asked.contains(guard, input)
    }

    fn asked_against_the_list(&self) -> Vec<String> {
        let mut asked = Vec::new();
        for (guard, input) in self.asked.iter() {
            if let (Some(_), Some(shape)) = (cannot_occur(guard, input, &self.rows), shape(guard)) {
                asked.push(format!("{guard}: {}", shape.input(input)));
            }
        }
        asked.sort();
        asked.dedup();
        asked
    }

    /// Entries of the list that excuse no input.
    fn stale(&self) -> Vec<&'static str> {
        CANNOT_OCCUR
            .iter()
            .filter(|entry| entry.given.is_none())
            .filter(|entry| {
                let inputs = shape(entry.guard).map_or(0, |shape| shape.inputs.len());
                !(0..inputs).any(|input| {
                    cannot_occur(entry.guard, input, &self.rows) == Some(*entry)
                        && !self.is_asked(entry.guard, input)
                })
            })
            .map(|entry| entry.reason)
            .collect()
    }
}

/// What became of a mutant, and whether a limit ended one of its searches.
type Judged = (MutantResult, bool);

/// Judges mutants on several threads; the results are in the order of the mutants. Says whether a limit ended it.
fn in_parallel(
    mutants: &[Mutant],
    options: MutantsOptions<'_>,
    started: Instant,
    progress: &(dyn Fn(usize, usize) + Sync),
    judge: impl Fn(&Mutant) -> Result<Judged, VerifyError> + Sync,
) -> Result<(Vec<Judged>, bool), VerifyError> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let stopped = AtomicBool::new(false);
    let judged: Mutex<Vec<(usize, Result<Judged, VerifyError>)>> = Mutex::new(Vec::new());
    let out_of_time = || {
        let limits = options.limits;
        limits.max_time.is_some_and(|time| started.elapsed() >= time)
            || limits
                .stop
                .as_ref()
                .is_some_and(|stop| stop.load(Ordering::Relaxed))
    };
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mutant) = mutants.get(number) else { break };
                    if out_of_time() {
                        stopped.store(true, Ordering::Relaxed);
                        break;
                    }
                    let result = judge(mutant);
                    // A thread that panicked has ended the run already.
                    if let Ok(mut judged) = judged.lock() {
                        judged.push((number, result));
                    }
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, mutants.len());
                }
            });
        }
    });
    let mut judged = judged.into_inner().unwrap_or_default();
    judged.sort_by_key(|(number, _)| *number);
    let results = judged
        .into_iter()
        .map(|(_, result)| result)
        .collect::<Result<Vec<_>, _>>()?;
    Ok((results, stopped.into_inner()))
}
