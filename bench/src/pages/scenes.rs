//! The pages that are measured: each another difficulty, the same in every run.

use super::scan::{Lie, Truth};
use super::sheet::{BLUE, FontData, Sheet};
use std::path::{Path, PathBuf};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// What is on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// text, a table, a photograph, a seal and a signature, as on the page on which prototypes were measured
    Receipt,
    /// text and a seal on the text
    SealedLetter,
    /// text only
    Letter,
    /// text, and a photograph of half the page
    Photo,
    /// a few words of print, the rest by hand
    Handwriting,
}

/// A page before it is drawn.
#[derive(Debug, Clone, Copy)]
struct Scene {
    name: &'static str,
    content: Content,
    lie: Lie,
    /// Millimetres.
    sheet: (f64, f64),
}

/// A little smaller than A4, so that all edges are seen.
const USUAL: (f64, f64) = (197.0, 279.0);
/// What still lies whole on the glass when it is turned by 5 degrees.
const SMALL: (f64, f64) = (176.0, 250.0);
const GREY: u8 = 105;
const DARK: u8 = 18;

const SCENES: [Scene; 7] = [
    Scene::new("receipt", Content::Receipt, 300, 1.7, GREY, USUAL),
    Scene::new("left", Content::SealedLetter, 300, -5.0, GREY, SMALL),
    Scene::new("right, dark", Content::Letter, 300, 5.0, DARK, SMALL),
    Scene::new("seal", Content::SealedLetter, 300, 2.3, DARK, USUAL),
    Scene::new("photo", Content::Photo, 300, -0.8, GREY, USUAL),
    Scene::new("by hand", Content::Handwriting, 300, 0.6, DARK, USUAL),
    Scene::new("150 dpi", Content::SealedLetter, 150, -1.9, GREY, USUAL),
];
/// Larger, and as long to draw as all others.
const FINE: Scene = Scene::new("600 dpi", Content::SealedLetter, 600, 1.1, DARK, USUAL);

/// A page as it comes from the scanner.
pub struct Page {
    /// what it is called in the table
    pub name: &'static str,
    /// its file
    pub scan: PathBuf,
    /// dots per inch
    pub dpi: u32,
    /// grey of the lid around it
    pub lid: u8,
    /// where it lies
    pub truth: Truth,
    /// what is printed on it, where that is most of what is on it
    pub text: Option<String>,
    /// whether half of it is a photograph
    pub photo: bool,
    /// whether it is text with a seal, and nothing else
    pub sealed_text: bool,
}

impl Scene {
    const fn new(
        name: &'static str,
        content: Content,
        dpi: u32,
        degrees: f64,
        lid: u8,
        sheet: (f64, f64),
    ) -> Self {
        Self { name, content, lie: Lie { dpi, degrees, lid }, sheet }
    }

    fn draw(&self, font: &FontData, folder: &Path) -> Result<Page, Fatal> {
        let mut sheet = Sheet::new(self.sheet, self.lie.dpi);
        match self.content {
            Content::Receipt => receipt(&mut sheet, font)?,
            Content::SealedLetter => {
                letter(&mut sheet, font, LETTER.len())?;
                sheet.seal(font, (self.sheet.0 - 55.0, 150.0))?;
            }
            Content::Letter => letter(&mut sheet, font, LETTER.len())?,
            Content::Photo => {
                letter(&mut sheet, font, 13)?;
                let (width, height) = self.sheet;
                sheet.photo((14.0, height / 2.0), (width - 28.0, height / 2.0 - 14.0), 5);
            }
            Content::Handwriting => by_hand(&mut sheet, font)?,
        }
        let (jpeg, truth) = self.lie.scan(&sheet)?;
        let scan = folder.join(format!("{}.jpg", self.name.replace([' ', ','], "-")));
        std::fs::write(&scan, jpeg)?;
        Ok(Page {
            name: self.name,
            scan,
            dpi: self.lie.dpi,
            lid: self.lie.lid,
            truth,
            text: (self.content != Content::Handwriting).then_some(sheet.text),
            photo: self.content == Content::Photo,
            sealed_text: self.content == Content::SealedLetter,
        })
    }
}

/// Draws all pages into `folder`.
///
/// # Errors
/// When the font is not there, or the folder cannot be written.
pub fn draw(folder: &Path) -> Result<Vec<Page>, Fatal> {
    let font = FontData::open()?;
    SCENES.iter().chain([&FINE]).map(|scene| scene.draw(&font, folder)).collect()
}

const LETTER: [&str; 25] = [
    "申请人已于本周向政务服务大厅递交变更登记的全部纸质文件，经自助终端扫描后存入档案。",
    "终端逐页检查图像是否清晰、完整，页面倾斜或边缘缺失时会请办事群众重新放置原件。",
    "根据办理指南，营业场所发生变化的，应当同时提供租赁合同与产权证明，以便窗口核对。",
    "The terminal straightens every sheet, removes the dark border of the glass, and keeps",
    "the colours of stamps and photographs as they are on the original paper.",
    "审查人员将在三个工作日内给出意见，结果以短信和电话两种形式告知，请保持通讯畅通。",
    "若文件中的姓名、证件号码与系统记录不一致，申请人需要到综合窗口提交更正说明。",
    "领取执照时请携带取号凭条，窗口开放时间为上午九点至十一点半，下午一点半至五点。",
    "委托他人代办的，受托人除出示本人证件外，还应交验经双方签名的委托书原件一份。",
    "Copies are accepted where the guide says so; originals are returned on the same day",
    "after a clerk has compared both, which usually takes less than a quarter of an hour.",
    "本大厅不收取扫描、复印以及邮寄费用，任何个人不得以加急为名向群众索要财物。",
    "对办理结果有异议的，可以在六十日内申请行政复议，也可以依法向人民法院提起诉讼。",
    "档案编号由八位数字组成，例如 20460318，查询进度时请准确输入，不要遗漏前面的零。",
    "公司章程、股东决议等多页文件须按顺序装订，并在骑缝处加盖公章，防止散失或者替换。",
    "Questions are answered at desk 7 on the ground floor, or by telephone on 021-5956 1234",
    "between half past eight in the morning and a quarter to five in the afternoon.",
    "外文材料应当附有中文译本，译本由具备资质的翻译机构盖章，并注明译者联系方式。",
    "电子证照与纸质证照具有同等效力，已经入库的证照不再要求重复提交，减少群众负担。",
    "遇到停电或者网络中断时，终端会先把文件保存在本机，恢复之后自动传送到中心。",
    "老年人和行动不便的群众可以呼叫值班人员协助操作，也可以在绿色通道优先办理。",
    "请在离开之前核对屏幕上显示的页数和材料名称，确认没有遗漏后再收好全部原件。",
    "凡是通过本终端提交的材料，均会打印回执，回执上的短码可以用来验证文件是否改动。",
    "Nothing that was scanned here stays in the terminal after the centre has confirmed it;",
    "the printed receipt is the proof of what was received, page by page.",
];

fn letter(sheet: &mut Sheet, font: &FontData, lines: usize) -> Result<(), Fatal> {
    // As wide as the sheet lets it be, between margins of 14 mm: the longest line has 41 characters.
    let size = ((sheet.size.0 - 28.0) / 42.0).min(3.9);
    sheet.line(font, (sheet.size.0 / 2.0 - 28.0, 14.0), 7.0, "变更登记办理告知")?;
    for (n, text) in LETTER.iter().take(lines).enumerate() {
        sheet.line(font, (14.0, 30.0 + n as f64 * size * 2.05), size, text)?;
    }
    Ok(())
}

fn receipt(sheet: &mut Sheet, font: &FontData) -> Result<(), Fatal> {
    sheet.line(font, (62.0, 11.0), 8.0, "不动产材料接收凭据")?;
    sheet.line(
        font,
        (13.0, 25.0),
        3.6,
        "凭据编号：ZJ-20460318-0417    终端：三号    日期：2046 年 3 月 18 日",
    )?;
    for (n, text) in LETTER.iter().take(7).enumerate() {
        sheet.line(font, (13.0, 33.0 + n as f64 * 6.6), 3.9, text)?;
    }
    let rows: [&[&str]; 7] = [
        &["序号", "材料", "份数", "形式", "说明"],
        &["1", "登记申请表", "1", "原件", "已由本人签名"],
        &["2", "身份证件", "2", "复印件", "正反两面"],
        &["3", "权属证明", "1", "原件", "窗口收回"],
        &["4", "买卖协议", "1", "原件", "备案号 30417"],
        &["5", "契税凭证", "1", "复印件", "联网核实"],
        &["6", "房屋测量图", "1", "原件", "面积 83.46 平方米"],
    ];
    sheet.table(font, (13.0, 82.0), &[14.0, 64.0, 14.0, 22.0, 58.0], 7.1, &rows)?;
    for (n, text) in LETTER.iter().skip(11).take(8).enumerate() {
        let size = if n < 5 { 3.4 } else { 2.9 };
        sheet.line(font, (13.0, 138.0 + n as f64 * 5.6), size, text)?;
    }
    sheet.photo((14.0, 190.0), (83.0, 64.0), 1);
    sheet.seal(font, (154.0, 212.0))?;
    let signature: Vec<_> = (0..120)
        .map(|n| {
            let t = f64::from(n);
            (114.0 + t * 0.59 + 1.7 * (t / 3.0).sin(), 244.0 + 5.9 * (t / 2.2).sin() * (t / 7.0).cos())
        })
        .collect();
    sheet.stroke(&signature, 0.6, BLUE);
    sheet.line(font, (114.0, 254.0), 3.4, "接收人签名")
}

fn by_hand(sheet: &mut Sheet, font: &FontData) -> Result<(), Fatal> {
    sheet.line(font, (70.0, 14.0), 7.0, "情况说明")?;
    for line in 0..17 {
        let y = 32.0 + f64::from(line) * 12.5;
        sheet.stroke(&[(14.0, y + 9.0), (sheet.size.0 - 14.0, y + 9.0)], 0.25, [150, 150, 154]);
        sheet.handwriting((16.0, y), if line % 6 == 5 { 9 } else { 21 }, line);
    }
    sheet.line(font, (120.0, 256.0), 3.9, "说明人签名：")?;
    sheet.handwriting((146.0, 253.0), 3, 99);
    Ok(())
}
