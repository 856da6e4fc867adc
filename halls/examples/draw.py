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


def letter(title, parts, signed=True, sealed=True):
    picture, draw = sheet()
    centred(draw, 60, title, 42)
    lines(draw, (60, 150, WIDE - 60, 150 + 24 * parts), parts)
    if signed:
        draw.text((60, 560), "签字", INK, font(24))
        signature(draw, 120, 584)
    if sealed:
        seal(draw, 370, 570)
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


def plan():
    picture, draw = sheet()
    centred(draw, 50, "平面图", 40)
    draw.rectangle((60, 150, 420, 560), outline=INK, width=6)
    draw.line((60, 330, 270, 330), INK, 6)
    draw.line((270, 150, 270, 420), INK, 6)
    draw.arc((270, 380, 350, 460), 90, 180, INK, 3)
    for at, name in (((165, 220), "厨房"), ((345, 220), "库房"), ((240, 470), "店堂")):
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
    "floor-plan": plan,
    "certificate": lambda: licence("证书", "证书编号"),
}

for name, drawn in PICTURES.items():
    drawn().save(HERE / f"{name}.jpg", quality=80)
