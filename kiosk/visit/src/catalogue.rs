//! What the hall offers: departments, items, packages, groups of people, materials, windows, hours.
//!
//! Field names follow GB/T 39554.2 where it has them (the protocol notes, chapter 5.4). A catalogue
//! is data, written by the hall; [`Catalogue::parse`] reads it whole or says every line and field
//! that is wrong. Once it is read, every code in it refers to something that exists.

mod load;
mod online;

pub use load::{CatalogueError, CatalogueErrors};
pub use online::OnlineAddress;

use crate::hours::{Cap, Hours};
use std::fmt;

/// A text in the hall's languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Simplified Chinese, always there
    pub zh: String,
    /// English; where the hall gave none, the Chinese text stands in
    pub en: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Accepts 1 to 40 of `a-z 0-9 -`, the form of every code in a catalogue.
            pub fn new(text: &str) -> Option<Self> {
                let good = (1..=40).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                good.then(|| Self(text.to_owned()))
            }

            /// The code as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

codes! {
    /// the short code of a service item (事项)
    ItemCode;
    /// the short code of a theme package (主题套餐, 一件事)
    PackageCode;
    /// the short code of a material (材料)
    MaterialCode;
    /// the short code of a department (部门)
    DepartmentCode;
    /// the short code of a window or waiting area
    WindowCode;
    /// the short code of a group of people (人群)
    GroupCode;
}

/// The hall itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hall {
    /// its name
    pub name: Label,
    /// its hours and lunch break
    pub hours: Hours,
    /// minutes east of Greenwich of the hall's clock (China: 480)
    pub utc_offset_minutes: i16,
    /// a number can be had without a document
    pub without_document: bool,
    /// what most people come for, until the numbers of the day say more; first the one that most want
    pub popular: Vec<Matter>,
}

/// A department with matters in this hall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// short code
    pub code: DepartmentCode,
    /// name
    pub name: Label,
    /// unified social credit code of the implementing body (`dept_code`)
    pub credit_code: String,
}

/// A window or a group of windows with one waiting area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// short code
    pub code: WindowCode,
    /// name, such as 综合窗口
    pub name: Label,
    /// which counters, such as `1-12`
    pub counters: String,
    /// where to wait
    pub area: Label,
}

/// In which form a material is wanted (`material_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaterialForm {
    /// 原件: shown at the window, a scan goes along
    Original,
    /// 复印件: the scan is enough
    Copy,
}

/// A kind of licence (证照类型代码, GB/T 36902): the credit code of the body that defines it and a number
/// of three characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LicenceType(String);

impl LicenceType {
    /// Accepts 21 digits and capitals.
    pub fn new(text: &str) -> Option<Self> {
        let good = text.len() == 21 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        good.then(|| Self(text.to_owned()))
    }

    /// The code as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the scanned pages of a material are put into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentFormat {
    /// PDF/A-2b (ISO 19005-2)
    #[default]
    Pdf,
    /// OFD (GB/T 33190)
    Ofd,
    /// the pages as they are, JPEG
    Jpeg,
}

/// A material that items ask for; shared between items, handed in once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// short code
    pub code: MaterialCode,
    /// name (`material_name`)
    pub name: Label,
    /// original or copy
    pub form: MaterialForm,
    /// pages expected (`page_num`), 1 or more
    pub pages: u16,
    /// whether the kiosk may scan it; photographs and sealed originals may have to go to the window
    pub scannable: bool,
    /// licences that stand for it: who has one of them in the store need not hand it in
    pub licence_types: Vec<LicenceType>,
    /// what its pages become
    pub document: DocumentFormat,
    /// whether it is laid on the glass: cards and books, which no feeder takes
    pub glass: bool,
    /// whether text is kept apart from its ground, which makes the document many times smaller
    pub compact: bool,
    /// file of a picture that shows what it looks like (`example_guid`), beside the catalogue's file
    pub example: Option<String>,
}

/// For whom a matter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Theme {
    /// companies and traders (法人办事)
    Business,
    /// persons (个人办事)
    Personal,
}

/// Working days, or at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(pub u16);

/// A service item (事项).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// short code
    pub code: ItemCode,
    /// implementation code of 31 characters (实施编码, GB/T 39554.1)
    pub task_code: String,
    /// name (`task_name`)
    pub name: Label,
    /// which department
    pub department: DepartmentCode,
    /// at which window
    pub window: WindowCode,
    /// for companies or persons
    pub theme: Theme,
    /// working days by law (`anticipate_day`)
    pub legal: Days,
    /// working days promised (`promise_day`); 0 is on the spot
    pub promised: Days,
    /// what must be handed in, in this order
    pub materials: Vec<MaterialCode>,
    /// those of them that do not concern everybody (`is_need`): the visitor may say so
    pub optional: Vec<MaterialCode>,
    /// can be booked ahead (`is_schedule`)
    pub bookable: bool,
    /// handled for residents of any district (`handle_area`)
    pub citywide: bool,
    /// can be picked by itself; false for parts that only a package offers
    pub alone: bool,
    /// where it can be done without coming here
    pub online: Option<OnlineAddress>,
    /// how many numbers per time window
    pub caps: Vec<Cap>,
}

/// A theme package: several items in one go, each material once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// short code
    pub code: PackageCode,
    /// name, such as 开饭店
    pub name: Label,
    /// always done
    pub items: Vec<ItemCode>,
    /// done if the visitor ticks them
    pub options: Vec<ItemCode>,
    /// the one window that takes it all
    pub window: WindowCode,
    /// for companies or persons
    pub theme: Theme,
    /// where it can be done without coming here
    pub online: Option<OnlineAddress>,
    /// how many numbers per time window
    pub caps: Vec<Cap>,
}

/// People of a kind, such as 老年人, and what they come for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// short code
    pub code: GroupCode,
    /// what these people are called
    pub name: Label,
    /// what they come for, in this order; each can be picked
    pub matters: Vec<Matter>,
}

/// Something a visitor can pick.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Matter {
    /// a theme package
    Package(PackageCode),
    /// a single item
    Item(ItemCode),
}

impl fmt::Display for Matter {
    /// `package.CODE` or `matter.CODE`, the stable element ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package(code) => write!(f, "package.{code}"),
            Self::Item(code) => write!(f, "matter.{code}"),
        }
    }
}

impl Matter {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('.')? {
            ("package", code) => PackageCode::new(code).map(Self::Package),
            ("matter", code) => ItemCode::new(code).map(Self::Item),
            _ => None,
        }
    }
}

/// A whole catalogue; every code in it refers to something in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// the hall
    pub hall: Hall,
    /// in the order of the file
    pub departments: Vec<Department>,
    /// in the order of the file
    pub windows: Vec<Window>,
    /// in the order of the file
    pub materials: Vec<Material>,
    /// in the order of the file
    pub items: Vec<Item>,
    /// in the order of the file
    pub packages: Vec<Package>,
    /// in the order of the file; a hall may have none
    pub groups: Vec<Group>,
}

impl Catalogue {
    /// The item of a code.
    pub fn item(&self, code: &ItemCode) -> Option<&Item> {
        self.items.iter().find(|i| i.code == *code)
    }

    /// The package of a code.
    pub fn package(&self, code: &PackageCode) -> Option<&Package> {
        self.packages.iter().find(|p| p.code == *code)
    }

    /// The material of a code.
    pub fn material(&self, code: &MaterialCode) -> Option<&Material> {
        self.materials.iter().find(|m| m.code == *code)
    }

    /// The window of a code.
    pub fn window(&self, code: &WindowCode) -> Option<&Window> {
        self.windows.iter().find(|w| w.code == *code)
    }

    /// The group of a code.
    pub fn group(&self, code: &GroupCode) -> Option<&Group> {
        self.groups.iter().find(|g| g.code == *code)
    }

    /// The department of a code.
    pub fn department(&self, code: &DepartmentCode) -> Option<&Department> {
        self.departments.iter().find(|d| d.code == *code)
    }

    /// Whether a visitor may pick a matter: it is there, and no mere part of packages.
    pub fn is_offered(&self, matter: &Matter) -> bool {
        match matter {
            Matter::Package(code) => self.package(code).is_some(),
            Matter::Item(code) => self.item(code).is_some_and(|item| item.alone),
        }
    }

    /// What a visitor reads for a matter; `None` if there is no such matter.
    pub fn name_of(&self, matter: &Matter) -> Option<&Label> {
        match matter {
            Matter::Package(code) => self.package(code).map(|p| &p.name),
            Matter::Item(code) => self.item(code).map(|i| &i.name),
        }
    }

    /// The window that takes a matter.
    pub fn window_of(&self, matter: &Matter) -> Option<&Window> {
        match matter {
            Matter::Package(code) => self.package(code).and_then(|p| self.window(&p.window)),
            Matter::Item(code) => self.item(code).and_then(|i| self.window(&i.window)),
        }
    }

    /// All matters that are served where these are, packages last. Two entries for the same counters are one place.
    pub fn beside(&self, matters: &[Matter]) -> Vec<Matter> {
        let places: Vec<_> = matters.iter().filter_map(|matter| self.window_of(matter)).collect();
        let items = self.items.iter().map(|item| Matter::Item(item.code.clone()));
        let packages = self.packages.iter().map(|package| Matter::Package(package.code.clone()));
        let is_beside = |matter: &Matter| {
            let window = self.window_of(matter);
            window.is_some_and(|w| places.iter().any(|p| (&p.area, &p.counters) == (&w.area, &w.counters)))
        };
        items.chain(packages).filter(is_beside).collect()
    }

    /// How many numbers a matter may have per time window.
    pub fn caps_of(&self, matter: &Matter) -> &[Cap] {
        match matter {
            Matter::Package(code) => self.package(code).map_or(&[], |p| &p.caps),
            Matter::Item(code) => self.item(code).map_or(&[], |i| &i.caps),
        }
    }
}
