//! What a matter needs and how long it takes, told before it is picked.

use crate::catalogue::{Days, Label, Matter, OnlineAddress};

/// All that somebody should know of a matter before he queues for it.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// which
    pub matter: Matter,
    /// its name
    pub name: Label,
    /// who handles it, of a single item
    pub department: Option<Label>,
    /// working days by law; of a package those of its longest item
    pub legal: Days,
    /// working days promised; of a package those of its longest item
    pub promised: Days,
    /// what it needs, each material once
    pub needs: Vec<NeedShown>,
    /// the items that a package does in one go
    pub items: Vec<Label>,
    /// those that a package does if they are ticked
    pub options: Vec<Label>,
    /// where to go: the waiting area, and the counters
    pub window: Option<(Label, String)>,
    /// where it can be done without coming here
    pub online: Option<OnlineAddress>,
    /// picked already
    pub picked: bool,
}

/// A material that a matter needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedShown {
    /// its name
    pub name: Label,
    /// the original is wanted, not a copy
    pub original: bool,
    /// pages expected
    pub pages: u16,
    /// it does not concern everybody
    pub optional: bool,
}
