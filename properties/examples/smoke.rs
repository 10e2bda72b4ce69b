use std::{path::Path, sync::Arc};
use shimproof_model::{catalog::Catalog, Abstract};
use shimproof_properties::*;
use shimproof_scenario::{Overrides, Scenario};
fn main() {
    let catalog = Catalog::embedded();
    let dir = std::env::args().nth(1).unwrap();
    let designs: Vec<String> = std::env::args().skip(2).collect();
    let scenario = Scenario::load(Path::new(&dir)).unwrap();
    for d in designs.iter().map(Some).chain([None]) {
        let design = d.map(|d| (d.clone(), catalog.design_row(d).unwrap().clone()));
        let world = scenario.world(catalog, &Overrides { design, ..Default::default() }).unwrap();
        let machine = Arc::new(Machine::<Abstract>::new(world));
        let r = reachability::all();
        let t = std::time::Instant::now();
        let f = check(&machine, &property_list(), &r, Engine::Exact, &Default::default(), &mut ()).unwrap();
        println!("== {d:?} states {} transitions {} depth {:?} in {:?}", f.states, f.transitions, f.depth, t.elapsed());
        for x in &f.findings[..5] { println!("{} {:?} len {:?}", x.id, x.answer, x.path.as_ref().map(|p| p.len())); }
        for x in &f.findings[5..] { if x.path.is_some() { print!("{} ({}); ", x.id, x.path.as_ref().unwrap().len()); } }
        println!();
        if let Some(p) = f.findings.iter().find_map(|x| matches!(x.answer, shimproof_search::Answer::Violated).then(|| x.path.as_ref().unwrap())) {
            for (a, _) in &p.steps { println!("   {:?} {:?}", a.action, a.refusal); }
            println!("{:#?}", p.last_state().pods[0].in_flight);
        }
        let t = std::time::Instant::now();
        let g = check(&machine, &property_list(), &r, Engine::Stateright, &Default::default(), &mut ()).unwrap();
        assert_eq!(f.states, g.states); assert_eq!(f.transitions, g.transitions);
        for (a, b) in f.findings.iter().zip(&g.findings) { assert_eq!(a.answer, b.answer, "{}", a.id); }
        println!("stateright agrees in {:?}", t.elapsed());
    }
}
fn property_list() -> Vec<Property<Abstract>> { all() }
