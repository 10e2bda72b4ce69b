//! The shims of a state: on disk, and serving.

use shimproof_model::task_api;
use shimproof_model::world::Sandboxer;

use super::clause::Clause;
use super::draw::{BY_PATH, BY_TYPE, CURRENT, Draw, RECORDED, Stop};
use super::field::Field;

impl<'c> Draw<'c> {
    /// The shims that a handler can lead to.
    pub(super) fn shims_of(&self, handler: usize, sandboxer: Sandboxer) -> &'c [u16] {
        self.cases.accepted(handler, self.no_pivot(), sandboxer)
    }

    /// The shims that the handler of a slot can lead to.
    pub fn reachable(&self, slot: u8) -> &'c [u16] {
        let setting = self.setting(slot);
        self.shims_of(setting.handler, setting.sandboxer())
    }

    /// The shims that can serve a sandbox of the recorded handler.
    pub fn servable(&self) -> Vec<u16> {
        if self.clauses.contains(Clause::ServingShim) {
            self.reachable(RECORDED).to_vec()
        } else {
            (0..).zip(&self.cases.shims).map(|(index, _)| index).collect()
        }
    }

    /// Whether a process serves the sandbox, and which protocol it speaks.
    pub fn serving_class(&mut self) -> Result<(), Stop> {
        let shims = self.servable();
        let row = &self.cases.containerd.row;
        let below_3 = |shim: &u16| task_api(&self.cases.shims[usize::from(*shim)], row) < 3;
        let old = shims.iter().copied().find(below_3);
        let new = shims.iter().copied().find(|shim| !below_3(shim));
        let classes = [Some(None), old.map(Some), new.map(Some)];
        let there: Vec<u16> = [1, 2, 0]
            .into_iter()
            .filter(|class| classes[usize::from(*class)].is_some())
            .collect();
        let class = self.among(Field::ServingClass, &there)?;
        let shim = classes[usize::from(class)].flatten();
        self.sandbox().shim = shim.and_then(|shim| u8::try_from(shim).ok());
        Ok(())
    }

    /// The shims that can serve the sandbox, given what was drawn of it.
    pub fn serving_candidates(&self) -> Vec<u16> {
        let row = &self.cases.containerd.row;
        let below_3 = |shim: u16| task_api(&self.cases.shims[usize::from(shim)], row) < 3;
        let class = self.tape.values.get(Field::ServingClass);
        self.servable()
            .into_iter()
            .filter(|shim| match class {
                Some(0) => false,
                Some(1) => below_3(*shim),
                Some(_) => !below_3(*shim),
                None => true,
            })
            .collect()
    }

    /// The process that serves the sandbox, or none.
    pub fn serving(&mut self) -> Result<(), Stop> {
        self.serving_class()?;
        if self.sandbox().shim.is_some() {
            let candidates = self.serving_candidates();
            let shim = self.among(Field::ServingShim, &candidates)?;
            self.set_serving(shim);
        }
        Ok(())
    }

    pub fn set_serving(&mut self, shim: u16) {
        let shim = u8::try_from(shim).ok();
        for state in [Some(&mut self.before), self.after.as_mut()]
            .into_iter()
            .flatten()
        {
            if let Some(sandbox) = &mut state.pod.sandbox {
                sandbox.shim = shim;
            }
        }
    }

    /// The binary that a request of a pod executes now.
    pub fn binary(&self) -> (u8, Field) {
        if self.setting(CURRENT).form.path {
            (BY_PATH, Field::ShimByPath)
        } else {
            (BY_TYPE, Field::ShimByType)
        }
    }

    /// The shim that a request for the handler of `slot` executes now.
    pub fn on_disk(&mut self, slot: u8) -> Result<(), Stop> {
        let candidates = self.reachable(slot);
        let (binary, field) = self.binary();
        let shim = self.among(field, candidates)?;
        self.set_on_disk(binary, shim);
        Ok(())
    }

    pub fn set_on_disk(&mut self, binary: u8, shim: u16) {
        let shim = u8::try_from(shim).unwrap_or(u8::MAX);
        for state in [Some(&mut self.before), self.after.as_mut()]
            .into_iter()
            .flatten()
        {
            state.env.on_disk[usize::from(binary)] = shim;
        }
    }
}
