//! `<shim> -info`: the third channel for options.

use crate::catalog::{InfoFeatures, OciFeatures, OciRuntimeField, ShimField, StartStdin};
use crate::domain::Domain;
use crate::guards::Guard;
use crate::log::Log;
use crate::pod::{Channel, Target};
use crate::refusal::Refusal;
use crate::step::Step;
use crate::world::World;

use super::{Delivered, delivered};

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// `validateRuntimeFeatures`, core/runtime/v2/task_manager.go@v2.0.1, from the answer of `-info` on. A
    /// missing features message is an error, although its comment says that such runtimes are left alone.
    pub(crate) fn validated_features(&mut self, options: Option<&D::Any>) -> Result<(), Refusal> {
        let shim = self.shim_on_disk();
        if !self.shim_row(shim, ShimField::InfoSupported).info.supported {
            return Err(Refusal::InfoFlagUnknown { shim });
        }
        let target = Target::Container(0);
        let delivery = delivered::<D>(
            self.world.shim(shim),
            Channel::Info,
            target,
            options,
            StartStdin::RawAny,
        );
        self.tell_delivery(Guard::ShimInfo, Channel::Info, shim, options, delivery);
        if delivery.outcome == Delivered::Rejected {
            return Err(Self::rejected(Channel::Info, shim, options, delivery));
        }
        let applied = if delivery.outcome == Delivered::Applied {
            options
        } else {
            None
        };
        match self.shim_row(shim, ShimField::InfoFeatures).info.features {
            InfoFeatures::None => Err(Refusal::InfoWithoutFeatures),
            InfoFeatures::NoIdmap => Err(Refusal::IdmapUnsupported { oci_runtime: None }),
            InfoFeatures::Userns => Ok(()),
            InfoFeatures::OciRuntime => {
                let oci_runtime = D::oci_runtime(applied);
                match self
                    .oci_row(oci_runtime, OciRuntimeField::Features)
                    .map(|row| row.features)
                {
                    None => Err(Refusal::InfoRuntimeMissing { oci_runtime }),
                    Some(OciFeatures::Userns) => Ok(()),
                    Some(OciFeatures::NoIdmap | OciFeatures::NoCommand) => Err(Refusal::IdmapUnsupported {
                        oci_runtime: Some(oci_runtime),
                    }),
                }
            }
        }
    }
}

/// Whether `-info`, given a handler's own runtime options, reports user namespaces and id-mapped mounts
/// (`supportsCRIUserns`, internal/cri/server/service.go@v2.0.1); none if no features are obtained.
pub(crate) fn reported_features<D: Domain>(
    world: &World<D>,
    shim: u8,
    options: Option<&D::Any>,
    mut rests_on: impl FnMut(crate::log::Fact),
) -> Option<bool> {
    use crate::log::Fact;
    let row = world.shim(shim);
    rests_on(Fact::Shim(shim, ShimField::InfoSupported));
    if !row.info.supported {
        return None;
    }
    let delivery = delivered::<D>(row, Channel::Info, Target::Sandbox, options, StartStdin::RawAny);
    if delivery.rule.is_some() {
        rests_on(Fact::Shim(shim, ShimField::InfoRules));
    }
    if delivery.outcome == Delivered::Rejected {
        return None;
    }
    let applied = if delivery.outcome == Delivered::Applied {
        options
    } else {
        None
    };
    rests_on(Fact::Shim(shim, ShimField::InfoFeatures));
    match row.info.features {
        InfoFeatures::None => None,
        InfoFeatures::NoIdmap => Some(false),
        InfoFeatures::Userns => Some(true),
        InfoFeatures::OciRuntime => {
            let oci_runtime = D::oci_runtime(applied);
            rests_on(Fact::OciRuntime(oci_runtime, OciRuntimeField::Features));
            match world.oci_runtimes[usize::from(oci_runtime)]
                .row
                .as_ref()?
                .features
            {
                OciFeatures::NoCommand => None,
                OciFeatures::NoIdmap => Some(false),
                OciFeatures::Userns => Some(true),
            }
        }
    }
}
