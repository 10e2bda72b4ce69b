//! A small map, whose answers are known.

use shimproof_model::trace::record;
use shimproof_model::world::Containerd;

use super::*;
use crate::sweep::outcome::run;

fn small() -> CompatibilityMap {
    let catalog = Catalog::embedded();
    let releases: Vec<&ContainerdRow> = ["release/2.0@952ad6b3a", "v2.0.1"]
        .map(|version| catalog.containerd_row(version).unwrap())
        .to_vec();
    let wanted = |shim: &ShimRow| ["runsc-20211026", "runc-go-2.0"].contains(&shim.id.as_str());
    map_of(catalog, &releases, wanted, |_, _| ())
}

fn position<T>(all: &[T], is: impl Fn(&T) -> bool) -> usize {
    all.iter().position(is).unwrap()
}

#[test]
fn the_founding_case_is_a_cell() {
    let map = small();
    let runsc = position(&map.shims, |shim| shim.name == "runsc");
    let runc = position(&map.shims, |shim| shim.name == "runc-go");
    let pod = position(&map.pods, |pod| pod.starts_with("ordinary pod, root"));
    let kubelet = position(&map.kubelets, |kubelet| {
        kubelet.id == "1.35" && kubelet.gates == "gate on"
    });
    let table = position(&map.handlers, |handler| handler == "an options table");
    let outcome = |containerd: usize, shim: usize| {
        let grid = map.cells[containerd][shim][table].unwrap();
        let at = map.kubelets[kubelet].behaviour * map.pods.len() + pod;
        let story = &serde_json::to_value(&map.stories[map.grids[grid][at]]).unwrap();
        serde_json::to_value(&map.outcomes[usize::try_from(story["o"].as_u64().unwrap()).unwrap()]).unwrap()
    };
    assert_eq!(outcome(0, runsc)["kind"], "fails");
    assert!(
        outcome(0, runsc)["text"]
            .as_str()
            .unwrap()
            .contains("options-accepted")
    );
    assert_eq!(outcome(1, runsc)["kind"], "runs");
    assert_eq!(outcome(1, runc)["kind"], "runs");
}

/// What the page shows of a run is what a run of exactly that combination is.
#[test]
fn every_story_is_the_run_of_its_combination() {
    let (catalog, map) = (Catalog::embedded(), small());
    let properties: Vec<Property<Abstract>> = shimproof_properties::all();
    let states = cells::kubelets(catalog);
    let json = serde_json::to_value(&map).unwrap();
    let mut checked = 0;
    for (c, of_release) in map.cells.iter().enumerate() {
        let row = catalog
            .containerd()
            .iter()
            .find(|row| row.id == map.containerd[c].id)
            .unwrap();
        let design = Containerd::new(row.id.clone(), row);
        for (s, of_shim) in of_release.iter().enumerate() {
            let shim = catalog.shim_row_by_id(&map.shims[s].id).unwrap();
            for (h, grid) in of_shim.iter().enumerate() {
                let Some(grid) = grid else { continue };
                let (named, _) = HANDLERS[h];
                let mut world = cells::world(catalog, &design, &states[0], shim, HANDLERS[h]);
                let filled = |number: &serde_json::Value| {
                    map.texts[usize::try_from(number.as_u64().unwrap()).unwrap()]
                        .replace("{type}", &map.shims[s].types[named as usize])
                        .replace("{shim}", &map.shims[s].id)
                        .replace("{binary}", &map.shims[s].binary)
                };
                // One pod of every kubelet, each time another.
                for (k, kubelet) in states.iter().enumerate() {
                    let pod = (c + s + h + k) % PODS.len();
                    cells::set(&mut world, kubelet, pod);
                    let mut actions = Vec::new();
                    let outcome = run(&world, &properties, |action| actions.push(action));
                    let trace = record(&world, &actions).0;
                    let story = map.grids[*grid][map.kubelets[k].behaviour * PODS.len() + pod];
                    let story = &json["stories"][story];
                    let told = &json["outcomes"][usize::try_from(story["o"].as_u64().unwrap()).unwrap()];
                    assert_eq!(told["text"], outcome.text(&properties));
                    let steps = story["s"].as_array().unwrap();
                    assert_eq!(steps.len(), trace.steps.len());
                    for (number, step) in steps.iter().zip(&trace.steps) {
                        let told = &json["steps"][usize::try_from(number.as_u64().unwrap()).unwrap()];
                        assert_eq!(filled(&told["e"]), step.event);
                        if let Some(refusal) = &step.refusal {
                            assert_eq!(filled(&told["r"][1]), refusal.error);
                        }
                        let guards = told["g"].as_array().into_iter().flatten();
                        for (told, guard) in guards.zip(&step.guards) {
                            assert_eq!(filled(&told[1]), guard.inputs);
                            assert_eq!(filled(&told[2]), guard.decision);
                        }
                    }
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 300);
}

#[test]
fn the_page_is_whole_and_says_the_same_every_time() {
    let page = map_html(&small(), "shimproof map");
    assert_eq!(page, map_html(&small(), "shimproof map"));
    for outside in ["src=", "@import", "url(", "<link", "onclick=", "innerHTML"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let data = page
        .split("id=\"data\">")
        .nth(1)
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(data).unwrap()["cells"].is_array());
}
