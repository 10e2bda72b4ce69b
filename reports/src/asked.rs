//! What is asked, by name.

use shimproof_model::World;
use shimproof_model::abstraction::Abstract;
use shimproof_model::world::Client;
use shimproof_properties::reachability::{self, Reachability};
use shimproof_properties::{
    Engine, LiveProperty, Property, all, containerd_guards_itself, find, find_live, live, policies,
    policies_of,
};

use crate::verification::VerifyError;

/// What is asked of a node.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What must hold in every state.
    pub properties: Vec<Property<Abstract>>,
    /// Whether containerd keeps `options-accepted` without the kubelet.
    pub guards_itself: bool,
    /// What is about whole runs.
    pub live: Vec<LiveProperty<Abstract>>,
    /// What must be reached.
    pub reachabilities: Vec<Reachability>,
    /// What is not asked, and why.
    pub notes: Vec<String>,
    /// Whether names were given.
    by_name: bool,
}

/// The names of all properties and reachabilities.
pub fn property_ids() -> Vec<String> {
    let properties = all::<Abstract>()
        .into_iter()
        .chain([containerd_guards_itself()])
        .chain(policies())
        .map(|property| property.id);
    let live = live::<Abstract>().into_iter().map(|property| property.id);
    let reachable = reachability::all()
        .into_iter()
        .map(|reachability| reachability.id);
    properties
        .chain(live)
        .map(str::to_owned)
        .chain(reachable)
        .collect()
}

/// The error that names the properties most like `given`.
pub fn unknown_property(given: &str) -> VerifyError {
    let mut ids = property_ids();
    ids.sort_by_cached_key(|id| strsim::damerau_levenshtein(id, given));
    ids.truncate(3);
    VerifyError::UnknownProperty {
        given: given.to_owned(),
        nearest: ids,
    }
}

/// The properties and reachabilities of those names; all properties, if there are none.
///
/// # Errors
/// [`VerifyError::UnknownProperty`].
pub fn ask(names: &[String], reachabilities: bool) -> Result<Asked, VerifyError> {
    let mut asked = Asked {
        by_name: !names.is_empty(),
        ..Asked::default()
    };
    for name in names {
        if let Some(property) = find(name) {
            asked.properties.push(property);
        } else if name == containerd_guards_itself::<Abstract>().id {
            asked.guards_itself = true;
        } else if let Some(property) = find_live(name) {
            asked.live.push(property);
        } else if let Some(reachability) = reachability::find(name) {
            asked.reachabilities.push(reachability);
        } else {
            return Err(unknown_property(name));
        }
    }
    if names.is_empty() {
        asked.properties = all();
        asked.guards_itself = true;
        asked.live = live();
        if reachabilities {
            asked.reachabilities = reachability::all();
        }
    }
    Ok(asked)
}

impl Asked {
    /// What of it can be asked of a world and an engine. What cannot is noted; the policies that its releases promise
    /// are added, unless names were given.
    pub(crate) fn of_world(mut self, world: &World<Abstract>, engine: Engine) -> Self {
        if !self.by_name {
            self.properties.extend(policies_of(world));
        }
        // Under any client it is decided by the search itself.
        if self.guards_itself && world.client == Client::Any {
            self.properties.push(containerd_guards_itself());
            self.guards_itself = false;
        }
        let notes = &mut self.notes;
        self.live.retain(|property| {
            let why = match engine {
                Engine::Exact(_) | Engine::Plain => (property.not_of)(world),
                Engine::Stateright => Some("Stateright decides nothing about endless runs"),
            };
            notes.extend(why.map(|why| format!("{} is not asked: {why}", property.id)));
            why.is_none()
        });
        self
    }
}
