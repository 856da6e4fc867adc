#!/usr/bin/env python3
"""Draws the pictures that show a visitor what a material looks like (needs Pillow and Noto Sans CJK).

    halls/examples/draw.py        writes the .jpg files beside this script

Nothing on them is of a real person or company; they are drawings, not scans.
"""
from pathlib import Path
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc"
WIDE, HIGH = 480, 679
INK, PALE, RED, BLUE, PAPER = (45, 45, 50), (150, 155, 160), (196, 40, 40), (60, 95, 140), (253, 253, 250)


def font(size, weight="Regular"):
    return ImageFont.truetype(FONT.format(weight), size, index=2)


def sheet():
    picture = Image.new("RGB", (WIDE, HIGH), PAPER)
    return picture, ImageDraw.Draw(picture)


def centred(draw, y, text, size, ink=INK, weight="Bold", middle=WIDE / 2):
    width = draw.textlength(text, font(size, weight))
    draw.text((middle - width / 2, y), text, ink, font(size, weight))


def lines(draw, box, count, last=0.6):
    left, top, right, bottom = box
    for line in range(count):
        y = top + (bottom - top) * line / max(count - 1, 1)
        end = right if line < count - 1 else left + (right - left) * last
        draw.rounded_rectangle((left, y, end, y + 8), 4, PALE)


def seal(draw, x, y, r=52):
    draw.ellipse((x - r, y - r, x + r, y + r), outline=RED, width=6)
    centred(draw, y - 28, "★", 40, RED, middle=x)


def signature(draw, x, y):
    draw.line([(x, y), (x + 20, y - 16), (x + 34, y + 6), (x + 52, y - 20), (x + 80, y + 2)], BLUE, 4, "curve")


def card(draw, box, front):
    left, top, right, bottom = box
    draw.rounded_rectangle(box, 18, (232, 240, 246), INK, 3)
    if front:
        lines(draw, (left + 24, top + 30, left + 190, top + 120), 4)
        draw.rounded_rectangle((right - 120, top + 26, right - 30, top + 136), 6, (205, 214, 222), PALE, 2)
        draw.ellipse((right - 95, top + 44, right - 55, top + 84), PALE)
        draw.rectangle((left + 24, bottom - 44, right - 40, bottom - 30), PALE)
    else:
        centred(draw, top + 34, "居民身份证", 34, RED, middle=(left + right) / 2)
        lines(draw, (left + 60, bottom - 74, right - 60, bottom - 40), 2)


def id_card():
    picture, draw = sheet()
    card(draw, (90, 90, 390, 278), True)
    card(draw, (90, 330, 390, 518), False)
    centred(draw, 560, "两面都要", 34, INK)
    return picture


def licence(title, number):
    picture, draw = sheet()
    draw.rectangle((24, 24, WIDE - 24, HIGH - 24), outline=RED, width=4)
    draw.rectangle((34, 34, WIDE - 34, HIGH - 34), outline=(214, 160, 90), width=3)
    centred(draw, 80, title, 52)
    centred(draw, 152, number, 22, PALE, "Regular")
    lines(draw, (70, 220, WIDE - 70, 440), 8)
    seal(draw, 350, 550, 60)
    return picture


def titled(title, size=42, top=60):
    """A sheet with its title, broken where it is long; and where what follows begins."""
    picture, draw = sheet()
    a_line = (WIDE - 80) // size
    count = -(-len(title) // a_line)
    long = -(-len(title) // count)
    for at in range(count):
        centred(draw, top + at * (size + 14), title[at * long:(at + 1) * long], size)
    return picture, draw, top + count * (size + 14) + 34


def letter(title, parts, signed=True, sealed=True):
    picture, draw, top = titled(title)
    lines(draw, (60, top, WIDE - 60, min(top + 24 * parts, 490)), parts)
    if signed:
        draw.text((60, 560), "签字", INK, font(24))
        signature(draw, 120, 584)
    if sealed:
        seal(draw, 370, 570)
    return picture


def form(title, rows=7, sealed=True):
    """Boxes with something written in them."""
    picture, draw, top = titled(title, 38)
    high = (WIDE + 60 - top) / rows
    for row in range(rows):
        y = top + row * high
        draw.rectangle((50, y, WIDE - 50, y + high), outline=INK, width=2)
        draw.line((170, y, 170, y + high), INK, 2)
        draw.rounded_rectangle((64, y + high / 2 - 4, 150, y + high / 2 + 4), 4, PALE)
        draw.rounded_rectangle((186, y + high / 2 - 4, 300 + row * 37 % 110, y + high / 2 + 4), 4, BLUE)
    draw.text((60, 570), "签字", INK, font(24))
    signature(draw, 120, 594)
    if sealed:
        seal(draw, 370, 575, 46)
    return picture


def table(title, rows=9, sealed=False):
    """Columns of figures."""
    picture, draw, top = titled(title, 38)
    high = (520 - top) / rows
    draw.rectangle((50, top, WIDE - 50, top + high), fill=(226, 232, 238))
    for row in range(rows + 1):
        draw.line((50, top + row * high, WIDE - 50, top + row * high), INK, 2)
    for x in (50, 110, 300, WIDE - 50):
        draw.line((x, top, x, top + rows * high), INK, 2)
    for row in range(1, rows):
        y = top + row * high + high / 2
        draw.rounded_rectangle((122, y - 4, 190 + row * 53 % 90, y + 4), 4, PALE)
        draw.rounded_rectangle((340 + row * 31 % 40, y - 4, 415, y + 4), 4, PALE)
    if sealed:
        seal(draw, 370, 570)
    return picture


def report(title, organisation="（单位名称）", sealed=True):
    """The cover of something of many pages."""
    picture, draw = sheet()
    draw.polygon([(0, 0), (18, 0), (18, HIGH), (0, HIGH)], PALE)
    over, _, _ = titled(title, 46, 190)
    picture.paste(over.crop((20, 0, WIDE, HIGH)), (20, 0))
    draw = ImageDraw.Draw(picture)
    draw.line((90, 400, WIDE - 90, 400), PALE, 4)
    centred(draw, 460, organisation, 28, INK, "Regular")
    if sealed:
        seal(draw, WIDE / 2, 575, 58)
    return picture


def photographs(title, below):
    picture, draw, top = titled(title, 40)
    for y in (top, top + 220):
        draw.rectangle((90, y, 390, y + 190), (206, 222, 234), INK, 3)
        draw.polygon([(90, y + 190), (180, y + 80), (250, y + 150), (310, y + 100), (390, y + 190)], (150, 172, 150))
        draw.ellipse((320, y + 24, 360, y + 64), (240, 208, 120))
    centred(draw, 600, below, 28, INK, "Regular")
    return picture


def permit(title, below):
    """A card, both sides."""
    picture, draw = sheet()
    card(draw, (90, 90, 390, 278), True)
    left, top, right, bottom = 90, 330, 390, 518
    draw.rounded_rectangle((left, top, right, bottom), 18, (232, 240, 246), INK, 3)
    centred(draw, top + 40, title, 34, RED)
    lines(draw, (left + 60, bottom - 74, right - 60, bottom - 40), 2)
    centred(draw, 560, below, 34)
    return picture


def booklet():
    picture, draw = sheet()
    draw.rectangle((40, 150, WIDE - 40, 530), (247, 240, 226), INK, 3)
    draw.line((WIDE / 2, 150, WIDE / 2, 530), INK, 3)
    centred(draw, 180, "户口簿", 30, RED, middle=140)
    seal(draw, 140, 440, 44)
    for row in range(6):
        y = 190 + row * 52
        draw.rectangle((260, y, 420, y + 40), outline=PALE, width=2)
    centred(draw, 570, "首页和本人页", 32)
    return picture


def plan(title, rooms):
    picture, draw = sheet()
    centred(draw, 50, title, 40)
    draw.rectangle((60, 150, 420, 560), outline=INK, width=6)
    draw.line((60, 330, 270, 330), INK, 6)
    draw.line((270, 150, 270, 420), INK, 6)
    draw.arc((270, 380, 350, 460), 90, 180, INK, 3)
    for at, name in zip(((165, 220), (345, 220), (240, 470)), rooms):
        centred(draw, at[1], name, 28, INK, "Regular", at[0])
    return picture


def bank_card():
    picture, draw = sheet()
    draw.rounded_rectangle((80, 200, 400, 402), 20, (205, 219, 232), INK, 3)
    draw.rounded_rectangle((112, 262, 162, 300), 6, (226, 196, 120), INK, 2)
    draw.text((112, 330), "**** **** **** ****", INK, font(26, "Bold"))
    centred(draw, 450, "有号码的一面", 32)
    return picture


PICTURES = {
    "id-card": id_card,
    "household-book": booklet,
    "bank-card": bank_card,
    "business-licence": lambda: licence("营业执照", "统一社会信用代码"),
    "food-licence": lambda: licence("许可证", "许可证编号"),
    "contract": lambda: letter("租赁合同", 16),
    "proxy": lambda: letter("授权委托书", 13),
    "floor-plan": lambda: plan("平面图", ("厨房", "库房", "店堂")),
    "certificate": lambda: licence("证书", "证书编号"),
    "articles": lambda: report("公司章程", "（全部页，含签字页）", False),
    "appointment": lambda: letter("任职文件", 14),
    "resolution": lambda: letter("股东会决议", 14),
    "name-notice": lambda: letter("企业名称自主申报告知书", 11, signed=False),
    "equipment-list": lambda: table("主要设备设施清单"),
    "management-rules": lambda: report("管理制度"),
    "health-certificates": lambda: permit("健康证明", "每人一张"),
    "fire-commitment": lambda: letter("消防安全告知承诺书", 12),
    "evacuation-plan": lambda: report("灭火和应急疏散预案"),
    "sign-drawing": lambda: photographs("招牌设计效果图", "2 张"),
    "site-photos": lambda: photographs("现场照片", "2 张"),
    "seal-form": lambda: form("印章刻制申请表"),
    "invoice-form": lambda: form("发票领用申请表"),
    "environment-report": lambda: report("环境影响报告表"),
    "hygiene-test": lambda: table("卫生检测报告", sealed=True),
    "teaching-plan": lambda: report("办学章程和教学计划"),
    "funds-proof": lambda: letter("资金证明", 9, signed=False),
    "performance-contract": lambda: letter("演出合同", 16),
    "programme": lambda: table("演出节目单"),
    "venue-consent": lambda: letter("场地提供方同意证明", 8),
    "security-plan": lambda: report("安全保卫工作方案"),
    "product-certificate": lambda: licence("产品合格证", "设备编号"),
    "inspection-report": lambda: table("特种设备检验报告", sealed=True),
    "birth-certificate": lambda: licence("出生医学证明", "编号"),
    "leaving-proof": lambda: letter("解除劳动关系证明", 9),
    "income-tax-record": lambda: table("个人所得税纳税记录", sealed=True),
    "residence-permit": lambda: permit("居住证", "两面都要"),
    "medical-invoices": lambda: table("医疗费用收据和明细", sealed=True),
    "medical-record": lambda: letter("出院小结", 15),
    "injury-report": lambda: form("工伤事故报告", 6),
    "lease": lambda: letter("房屋租赁合同", 16),
    "property-title": lambda: licence("不动产权证书", "证书编号"),
    "sale-contract": lambda: letter("房屋买卖合同", 16, sealed=False),
    "mortgage-contract": lambda: letter("抵押合同", 16),
    "tax-receipt": lambda: table("契税完税凭证", 6, sealed=True),
    "liquidation-report": lambda: report("清算报告"),
    "death-certificate": lambda: licence("死亡医学证明", "编号"),
    "disability-assessment": lambda: form("残疾评定表"),
    "discharge-papers": lambda: licence("退出现役证", "编号"),
    "income-statement": lambda: form("家庭收入和财产申报表", 8, sealed=False),
    "site-plan": lambda: plan("施工现场总平面图", ("办公区", "材料区", "施工区")),
    "vehicle-licence": lambda: permit("行驶证", "正页和副页"),
}

for name, drawn in PICTURES.items():
    drawn().save(HERE / f"{name}.jpg", quality=60, optimize=True)
