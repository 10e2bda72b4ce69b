//! Runs every mutant of a design.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use shimproof_model::catalog::{Catalog, KubeletRow};
use shimproof_model::world::Containerd;
use shimproof_properties::mutation::{
    Change, Component, Mutant, cannot_show, field_changes, mutants_of_guards,
};
use shimproof_scenario::{Design, Overrides, Scenario};
use shimproof_search::Limits;

use super::Base;
use super::effect::{Effect, in_incident, in_scenario, of_whole_runs, on_node};
use super::excuses::Excuses;
use super::fate::{Fate, MutantResult, judge};
use super::subject::{PlainSubject, Questions, Subject, outcome_otherwise};
use super::witness::{Witness, witnesses};
use crate::verification::VerifyError;

/// What mutants are tried on besides the nodes of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Subjects<'a> {
    /// Scenarios, which are searched.
    pub scenarios: &'a [Scenario],
    /// Real reports with observed outcomes, which are predicted.
    pub incidents: &'a [Scenario],
}

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
    /// How many real reports there were whose outcome is predicted as it was observed.
    pub incidents: usize,
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
    subjects: Subjects<'_>,
    bases: &[Base],
    options: MutantsOptions<'_>,
    progress: &(dyn Fn(&Base, usize, usize) + Sync),
) -> Result<MutantReport, VerifyError> {
    let mut runs = Vec::new();
    for base in bases {
        let told = |done, all| progress(base, done, all);
        runs.push(mutant_run(catalog, subjects, base, options, &told)?);
    }
    let questions = Questions::all();
    Ok(MutantReport {
        properties: questions.ids().into_iter().map(str::to_owned).collect(),
        // Who violates a property can be said only of all mutants.
        witnesses: match options.only {
            Some(_) => Vec::new(),
            None => witnesses(catalog, subjects.scenarios, &runs, &questions, options.limits)?,
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
    Subjects { scenarios, incidents }: Subjects<'_>,
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
    let excuses = Excuses::new(
        releases_of(catalog, base)?,
        kubelets_of(catalog, base).to_vec(),
        subjects
            .iter()
            .map(|subject| (&subject.world, subject.explored.asked()))
            .chain(nodes.iter().map(|node| (&node.world, &node.asked))),
    );
    let bench = Bench {
        catalog,
        base,
        questions,
        subjects,
        nodes,
        counts,
        excuses,
        // A design stands for no release that somebody reported about.
        incidents: match base {
            Base::OwnReleases => incidents
                .iter()
                .filter(|incident| outcome_otherwise(incident, catalog, &Overrides::default()).is_none())
                .collect(),
            Base::Design(_) => Vec::new(),
        },
        limits,
    };
    let (results, stopped) = in_parallel(&mutants, options, started, progress, |mutant| bench.judge(mutant))?;
    let asked_against_the_list = [
        bench.excuses.asked_against_the_list(),
        shown_against_the_list(&mutants, &results),
    ]
    .concat();
    let cut_short = stopped || results.iter().any(|(_, cut_short)| *cut_short);
    Ok(MutantRun {
        base: base.clone(),
        scenarios: bench.subjects.len(),
        nodes: bench.nodes.len(),
        unusable,
        results: results.into_iter().map(|(result, _)| result).collect(),
        incidents: bench.incidents.len(),
        asked_against_the_list,
        stale: if *base == Base::OwnReleases {
            bench.excuses.stale()
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
    let kubelets = kubelets_of(catalog, base);
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

/// The kubelets that are mutated: none for a design, which is of containerd.
fn kubelets_of<'a>(catalog: &'a Catalog, base: &Base) -> &'a [KubeletRow] {
    match base {
        Base::OwnReleases => catalog.kubelet(),
        Base::Design(_) => &[],
    }
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
    excuses: Excuses,
    /// Real reports whose observed outcome is predicted.
    incidents: Vec<&'a Scenario>,
    limits: &'a Limits,
}

impl Bench<'_> {
    /// Tries a mutant in every scenario; then, until something kills it, in the large scenarios, against what must
    /// hold of whole runs in the scenarios in which it differs, in the real reports, and on the nodes of the catalogue.
    fn judge(&self, mutant: &Mutant) -> Result<Judged, VerifyError> {
        let mutated = mutant.mutate_catalog(self.catalog);
        let mutated = mutated.as_ref();
        let mut effects: Vec<Effect> = Vec::new();
        for large in [false, true] {
            if large && self.is_killed(mutant, &effects) {
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
        let differs = |subject: &&Subject<'_>| {
            let name = &subject.scenario.file.name;
            effects
                .iter()
                .any(|effect| effect.difference.is_some() && effect.place == *name)
        };
        let differing: Vec<&Subject<'_>> = self.subjects.iter().filter(differs).collect();
        for subject in differing {
            if self.is_killed(mutant, &effects) {
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
        }
        // What a guard decides otherwise is asked about in words that reports rarely have.
        if let Some(mutated) = mutated.filter(|_| !self.is_killed(mutant, &effects)) {
            effects.extend(
                self.incidents
                    .iter()
                    .filter_map(|incident| in_incident(incident, mutated)),
            );
        }
        if mutant.shows_on_nodes() && !self.is_killed(mutant, &effects) {
            self.on_nodes(mutant, &mut effects)?;
        }
        let cut_short = effects.iter().any(|effect| effect.cut_short);
        Ok((self.verdict(mutant, &effects), cut_short))
    }

    /// Tries a mutant on the nodes of the catalogue, until something kills it.
    fn on_nodes(&self, mutant: &Mutant, effects: &mut Vec<Effect>) -> Result<(), VerifyError> {
        // A change of a behaviour is not about inputs of a guard.
        let asks =
            |node: &&PlainSubject| mutant.guard().is_none() || mutant.is_read(&node.world, &node.asked);
        let mut differs = effects.iter().any(|effect| effect.difference.is_some());
        for node in self.nodes.iter().filter(asks) {
            // Nothing on a node can mind a wording: the first difference is as good as any.
            if mutant.is_about_texts() && differs {
                break;
            }
            let Some(effect) = on_node(mutant, node, self.catalog, &self.questions, self.limits)? else {
                continue;
            };
            let kills = !effect.violated.is_empty() || !effect.gained.is_empty();
            differs |= effect.difference.is_some();
            effects.push(effect);
            if kills && self.is_killed(mutant, effects) {
                break;
            }
        }
        Ok(())
    }

    fn is_killed(&self, mutant: &Mutant, effects: &[Effect]) -> bool {
        self.verdict(mutant, effects).fate == Fate::Killed
    }

    fn verdict(&self, mutant: &Mutant, effects: &[Effect]) -> MutantResult {
        judge(
            mutant,
            effects,
            || self.excuses.of(mutant),
            &self.counts,
            &self.questions,
        )
    }
}

/// Changes of behaviours that show although the list says that they cannot.
fn shown_against_the_list(mutants: &[Mutant], judged: &[Judged]) -> Vec<String> {
    mutants
        .iter()
        .zip(judged)
        .filter(|(_, (result, _))| !matches!(result.fate, Fate::CannotOccur { .. }))
        .filter(
            |(mutant, _)| matches!(&mutant.change, Change::Field(change) if cannot_show(change).is_some()),
        )
        .map(|(mutant, _)| mutant.id.clone())
        .collect()
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
