//! What stands on the sample papers.

use super::canvas::{BLACK, Canvas, Colour, Fonts};
use std::f32::consts::{FRAC_PI_2, PI, TAU};

const MIDDLE: f32 = Canvas::WIDTH as f32 / 2.0;
const LEFT: f32 = 280.0;
const MEASURE: f32 = Canvas::WIDTH as f32 - 2.0 * LEFT;
const GREY: Colour = [120, 120, 124];

/// Every page says in small print that it is invented.
fn footer(canvas: &mut Canvas, fonts: &Fonts) {
    let text = "样张：内容均为虚构，仅供测试。Sample paper, all content invented.";
    canvas.centred(&fonts.plain, 30.0, MIDDLE, 3400.0, text, GREY);
}

/// 营业执照
pub(super) fn business_licence(canvas: &mut Canvas, fonts: &Fonts) {
    const GOLD: Colour = [176, 140, 74];
    canvas.frame([130, 130, 2220, 3180], 14, GOLD);
    canvas.frame([160, 160, 2160, 3120], 4, GOLD);
    for (x, y) in [(130, 130), (2270, 130), (130, 3230), (2270, 3230)] {
        canvas.frame([x, y, 80, 80], 10, GOLD);
    }
    canvas.centred(&fonts.serif, 230.0, MIDDLE, 660.0, "营 业 执 照", BLACK);
    canvas.centred(&fonts.serif, 76.0, MIDDLE, 800.0, "（副 本）", BLACK);
    canvas.text(&fonts.plain, 44.0, LEFT, 960.0, "统一社会信用代码", BLACK);
    canvas.text(&fonts.bold, 58.0, LEFT, 1040.0, "91310114MASAMPLE00", BLACK);
    canvas.text(&fonts.plain, 40.0, 1650.0, 1030.0, "证照编号：00000000202600001", BLACK);
    let rows = [
        ("名　　称", "云杉小满餐饮（上海）有限公司"),
        ("类　　型", "有限责任公司（自然人独资）"),
        ("法定代表人", "林知夏"),
        ("注册资本", "人民币 50.0000 万元整"),
        ("成立日期", "2026 年 03 月 16 日"),
        ("住　　所", "云杉区银杏路 0 号 3 幢 1 层 108 室"),
        (
            "经营范围",
            "许可项目：餐饮服务；食品销售。（依法须经批准的项目，经相关部门批准后方可开展经营活动，\
             具体经营项目以相关部门批准文件或许可证件为准）一般项目：餐饮管理；外卖递送服务；\
             食用农产品零售；日用百货销售；礼品花卉销售；会议及展览服务。（除依法须经批准的项目外，\
             凭营业执照依法自主开展经营活动）",
        ),
    ];
    let mut baseline = 1240.0;
    for (name, text) in rows {
        canvas.text(&fonts.bold, 50.0, LEFT, baseline, name, BLACK);
        let place = (LEFT + 330.0, baseline);
        baseline = canvas.paragraph(&fonts.plain, 50.0, place, (MEASURE - 330.0, 84.0), text) + 26.0;
    }
    canvas.text(&fonts.plain, 54.0, 1330.0, 2760.0, "登记机关", BLACK);
    canvas.text(&fonts.plain, 54.0, 1330.0, 2892.0, "2026 年 03 月 16 日", BLACK);
    canvas.seal(fonts, (1720.0, 2760.0), 300.0, "云杉区市场监督管理局", "登记专用章");
    let note = "市场主体应当于每年 1 月 1 日至 6 月 30 日通过企业信用信息公示系统报送公示年度报告。";
    canvas.centred(&fonts.plain, 36.0, MIDDLE, 3220.0, note, BLACK);
    footer(canvas, fonts);
}

/// 房屋租赁合同, first page
pub(super) fn lease(canvas: &mut Canvas, fonts: &Fonts) {
    canvas.centred(&fonts.bold, 100.0, MIDDLE, 420.0, "房屋租赁合同", BLACK);
    canvas.text(&fonts.plain, 42.0, 1650.0, 540.0, "合同编号：YS-2026-0108", BLACK);
    let mut baseline = 660.0;
    for party in [
        "出租方（甲方）：周明远　　　　联系电话：021-0000 0000",
        "承租方（乙方）：林知夏　　　　联系电话：021-0000 0001",
    ] {
        canvas.text(&fonts.bold, 48.0, LEFT, baseline, party, BLACK);
        baseline += 90.0;
    }
    let paragraphs = [
        "　　根据《中华人民共和国民法典》及有关规定，甲、乙双方在平等、自愿、协商一致的基础上，\
         就乙方承租甲方房屋用于餐饮经营的有关事宜，订立本合同。",
        "　　第一条　房屋坐落：云杉区银杏路 0 号 3 幢 1 层 108 室，建筑面积 68.40 平方米，\
         规划用途为商业，房屋平面布置图见附件一。",
        "　　第二条　租赁期限：自 2026 年 4 月 1 日起至 2031 年 3 月 31 日止，共计五年。其中自起租之日起\
         六十日为装修免租期。",
        "　　第三条　租金：每月人民币壹万贰仟捌佰元整（¥12,800.00），每三个月支付一次，先付后用。\
         自第三年起租金每年上调百分之三。",
        "　　第四条　保证金：人民币叁万捌仟肆佰元整（¥38,400.00），租赁关系终止、费用结清后七日内\
         由甲方无息退还。",
        "　　第五条　乙方保证按照规划用途使用房屋，依法办理营业执照、食品经营许可、公众聚集场所投入\
         使用、营业前消防安全检查及排水许可等手续，甲方应当予以配合并提供产权证明。",
        "　　第六条　乙方装修不得破坏房屋主体结构，油烟排放管道应当接入专用烟道，餐厨废弃物应当交由\
         有资质的单位收运。",
        "　　第七条　本合同一式三份，甲、乙双方各执一份，一份用于办理登记，自双方签字之日起生效。",
    ];
    baseline += 40.0;
    for text in paragraphs {
        baseline = canvas.paragraph(&fonts.plain, 46.0, (LEFT, baseline), (MEASURE, 80.0), text) + 16.0;
    }
    baseline += 90.0;
    canvas.text(&fonts.bold, 48.0, LEFT, baseline, "甲方（签字）：", BLACK);
    canvas.text(&fonts.bold, 48.0, MIDDLE + 80.0, baseline, "乙方（签字）：", BLACK);
    // Signatures, in another hand than the print: slanted, and in blue ink.
    const INK: Colour = [38, 58, 140];
    for (x, name) in [(LEFT + 390.0, "周明远"), (MIDDLE + 470.0, "林知夏")] {
        for (index, character) in name.chars().enumerate() {
            let place = (x + index as f32 * 82.0, baseline - 30.0 - index as f32 * 8.0);
            let angle = -0.16 + index as f32 * 0.07;
            canvas.turned(&fonts.serif, 88.0, place, angle, character, (INK, 0.9));
        }
    }
    for x in [LEFT, MIDDLE + 80.0] {
        canvas.text(&fonts.plain, 46.0, x, baseline + 120.0, "日期：2026 年 3 月 20 日", BLACK);
    }
    canvas.centred(&fonts.plain, 36.0, MIDDLE, 3330.0, "第 1 页　共 3 页", BLACK);
    footer(canvas, fonts);
}

/// 平面布置图
pub(super) fn floor_plan(canvas: &mut Canvas, fonts: &Fonts) {
    canvas.frame([150, 150, 2180, 3160], 8, BLACK);
    canvas.centred(&fonts.bold, 72.0, MIDDLE, 310.0, "一层平面布置图　1:50", BLACK);
    // Outer walls, then rooms: x, y, width, height of the clear space.
    canvas.frame([380, 560, 1720, 1960], 28, BLACK);
    canvas.fill(380, 1200, 1720, 20, BLACK);
    canvas.fill(1220, 560, 20, 640, BLACK);
    canvas.fill(1620, 560, 20, 640, BLACK);
    for (x, y, name, area) in [
        (800.0, 880.0, "厨　房", "9.9 ㎡"),
        (1430.0, 880.0, "备餐间", "4.7 ㎡"),
        (1860.0, 880.0, "卫生间", "5.4 ㎡"),
        (1100.0, 1760.0, "就餐区", "40.3 ㎡"),
    ] {
        canvas.centred(&fonts.bold, 54.0, x, y, name, BLACK);
        canvas.centred(&fonts.plain, 38.0, x, y + 66.0, area, BLACK);
    }
    // Doors: a gap in the wall and the swing of the leaf.
    for (x, y, from) in [(900, 1200, PI), (1440, 1200, PI), (1700, 1200, PI)] {
        canvas.fill(x, y - 2, 150, 24, [250, 249, 245]);
        canvas.fill(x + 146, y - 150, 6, 150, BLACK);
        let hinge = (x as f32 + 150.0, y as f32);
        canvas.arc(hinge, 150.0, 4.0, from..from + FRAC_PI_2, BLACK);
    }
    canvas.fill(1100, 2490, 300, 32, [250, 249, 245]);
    canvas.centred(&fonts.plain, 44.0, 1250.0, 2590.0, "主入口　M1221", BLACK);
    // Tables with four chairs each, and the counter.
    for (x, y) in [(520, 1380), (520, 1900), (960, 2080), (1420, 1380), (1780, 1380), (1780, 1900)] {
        canvas.frame([x, y, 170, 170], 5, BLACK);
        let (mx, my) = (x as f32 + 85.0, y as f32 + 85.0);
        for (dx, dy) in [(-125.0, 0.0), (125.0, 0.0), (0.0, -125.0), (0.0, 125.0)] {
            canvas.arc((mx + dx, my + dy), 30.0, 4.0, 0.0..TAU, BLACK);
        }
    }
    canvas.frame([1420, 2200, 420, 130], 6, BLACK);
    canvas.centred(&fonts.plain, 40.0, 1630.0, 2280.0, "收银台", BLACK);
    for (x, name) in [(450, "灶台"), (640, "蒸箱"), (1010, "水池")] {
        canvas.frame([x, 600, 160, 110], 5, BLACK);
        canvas.centred(&fonts.plain, 34.0, x as f32 + 80.0, 668.0, name, BLACK);
    }
    dimension(canvas, fonts);
    title_block(canvas, fonts);
    footer(canvas, fonts);
}

/// The chain of dimensions above and beside the plan.
fn dimension(canvas: &mut Canvas, fonts: &Fonts) {
    canvas.fill(380, 480, 1720, 4, BLACK);
    for x in [380, 1230, 1630, 2096] {
        canvas.fill(x, 455, 4, 54, BLACK);
    }
    for (x, text) in [(805.0, "3600"), (1430.0, "1700"), (1865.0, "1980")] {
        canvas.centred(&fonts.plain, 36.0, x, 466.0, text, BLACK);
    }
    canvas.fill(300, 560, 4, 1960, BLACK);
    for y in [560, 1210, 2516] {
        canvas.fill(275, y, 54, 4, BLACK);
    }
    for (y, text) in [(890.0, "2750"), (1870.0, "5540")] {
        canvas.text(&fonts.plain, 36.0, 190.0, y, text, BLACK);
    }
    // North
    canvas.arc((2190.0, 300.0), 70.0, 4.0, 0.0..TAU, BLACK);
    canvas.fill(2188, 245, 4, 110, BLACK);
    canvas.centred(&fonts.bold, 44.0, 2190.0, 215.0, "北", BLACK);
}

/// The table at the foot of a drawing.
fn title_block(canvas: &mut Canvas, fonts: &Fonts) {
    let rows = [
        ("项目名称", "云杉小满餐饮店装修工程"),
        ("图　　名", "一层平面布置图"),
        ("地　　址", "云杉区银杏路 0 号 3 幢 1 层 108 室"),
        ("图　　号", "PM-01　　日期：2026.03.22　　比例：1:50"),
    ];
    canvas.frame([380, 2740, 1720, 400], 6, BLACK);
    canvas.fill(700, 2740, 4, 400, BLACK);
    for (index, (name, text)) in rows.into_iter().enumerate() {
        let y = 2740 + index as i32 * 100;
        canvas.fill(380, y, 1720, 4, BLACK);
        canvas.centred(&fonts.plain, 44.0, 540.0, y as f32 + 66.0, name, BLACK);
        canvas.text(&fonts.plain, 44.0, 740.0, y as f32 + 66.0, text, BLACK);
    }
}

/// Photocopy of an identity card, front above back
pub(super) fn id_copy(canvas: &mut Canvas, fonts: &Fonts) {
    // 85.6 x 54 mm at 300 dpi
    const CARD: (i32, i32) = (1011, 638);
    const SHADE: Colour = [226, 226, 226];
    let left = (Canvas::WIDTH as i32 - CARD.0) / 2;
    let tops = [700, 1620];
    for top in tops {
        canvas.fill(left, top, CARD.0, CARD.1, SHADE);
        canvas.frame([left, top, CARD.0, CARD.1], 3, GREY);
    }
    let (x, y) = (left as f32, tops[0] as f32);
    // A portrait without a face.
    canvas.fill(left + 660, tops[0] + 70, 270, 360, [206, 206, 206]);
    canvas.oval((x + 795.0, y + 200.0), (68.0, 84.0), [132, 132, 132]);
    canvas.oval((x + 795.0, y + 430.0), (125.0, 130.0), [132, 132, 132]);
    canvas.fill(left + 660, tops[0] + 430, 270, 135, SHADE);
    for (dx, dy, name, value) in [
        (60.0, 110.0, "姓名", "林知夏"),
        (60.0, 190.0, "性别", "女"),
        (290.0, 190.0, "民族", "汉"),
        (60.0, 270.0, "出生", "1990 年 2 月 30 日"),
        (60.0, 350.0, "住址", "云杉区银杏路 0 号"),
    ] {
        canvas.text(&fonts.plain, 32.0, x + dx, y + dy, name, GREY);
        canvas.text(&fonts.plain, 40.0, x + dx + 95.0, y + dy, value, BLACK);
    }
    canvas.text(&fonts.plain, 40.0, x + 155.0, y + 410.0, "3 幢 101 室", BLACK);
    canvas.text(&fonts.plain, 32.0, x + 60.0, y + 570.0, "公民身份号码", GREY);
    canvas.text(&fonts.bold, 48.0, x + 330.0, y + 572.0, "00000019900230000X", BLACK);
    let y = tops[1] as f32;
    canvas.centred(&fonts.serif, 70.0, x + 580.0, y + 210.0, "居民身份证（样张）", BLACK);
    canvas.arc((x + 130.0, y + 182.0), 70.0, 10.0, 0.0..TAU, GREY);
    canvas.text(&fonts.plain, 36.0, x + 200.0, y + 480.0, "签发机关　云杉区公安局", BLACK);
    canvas.text(&fonts.plain, 36.0, x + 200.0, y + 560.0, "有效期限　2020.01.01-2040.01.01", BLACK);

    let text = "仅限办理食品经营许可使用，与原件一致";
    canvas.text(&fonts.plain, 56.0, LEFT + 120.0, 2560.0, text, BLACK);
    canvas.text(&fonts.plain, 56.0, LEFT + 120.0, 2680.0, "签名：林知夏　　2026 年 3 月 25 日", BLACK);
    footer(canvas, fonts);
}
