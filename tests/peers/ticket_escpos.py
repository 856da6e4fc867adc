"""Prints the measured ticket with python-escpos and tells its size and the time it took.

    ticket_escpos.py text|raster [RUNS [FILE]]

One line of JSON goes to standard output: {"bytes": …, "ms_median": …}. The bytes of the last ticket go
to FILE where one is given. The ticket is that of drivers/ticket-printer/src/sample.rs; as a picture it
has a rule above and below the number.
"""

import contextlib
import io
import json
import statistics
import sys
import time

import qrcode
from escpos.printer import Dummy
from PIL import Image, ImageDraw, ImageFont

FONTS = "/usr/share/fonts/opentype/noto/NotoSansCJK-"
SIMPLIFIED_CHINESE = 2
WIDTH = 576
CODE = "https://q.example.cn/t/A048-20260318-094125"
HALL = "不动产登记中心"
HEADING = "取号凭条"
NUMBER = "A048"
LINES = ["业务类型：不动产转移登记", "前方等候：12 人    办理窗口：3-8 号", "取号时间：2026-03-18 09:41:25"]
FOOT = "请留意叫号屏幕，过号请重新取号"


def text():
    """The ticket in the printer's own characters."""
    printer = Dummy()

    def line(words):
        printer._raw((words + "\n").encode("gb18030"))

    printer._raw(b"\x1b@\x1c&")
    printer.set(align="center", double_height=True, double_width=True)
    line(HALL)
    printer.set(align="center", normal_textsize=True)
    line(HEADING)
    printer.set(align="center", custom_size=True, width=4, height=4)
    line(NUMBER)
    printer.set(align="left", normal_textsize=True)
    for words in LINES:
        line(words)
    printer.set(align="center")
    printer.qr(CODE, native=True, size=4)
    line(FOOT)
    printer.cut()
    return printer.output


def font(weight, size):
    return ImageFont.truetype(f"{FONTS}{weight}.ttc", size, index=SIMPLIFIED_CHINESE)


SMALL, LARGE, HUGE = font("Regular", 26), font("Bold", 40), font("Bold", 150)


def picture():
    """The ticket as a picture."""
    paper = Image.new("1", (WIDTH, 760), 1)
    draw = ImageDraw.Draw(paper)

    def centred(y, words, face):
        draw.text(((WIDTH - draw.textlength(words, font=face)) / 2, y), words, font=face, fill=0)

    centred(4, HALL, LARGE)
    centred(64, HEADING, SMALL)
    draw.line((0, 108, WIDTH - 1, 108), width=2)
    centred(100, NUMBER, HUGE)
    draw.line((0, 300, WIDTH - 1, 300), width=2)
    for row, words in enumerate(LINES):
        draw.text((0, 312 + row * 38), words, font=SMALL, fill=0)
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=7, border=2)
    code.add_data(CODE)
    code = code.make_image().get_image().convert("1")
    paper.paste(code, ((WIDTH - code.width) // 2, 436))
    centred(436 + code.height + 2, FOOT, SMALL)
    return paper.crop((0, 0, WIDTH, 436 + code.height + 44))


def raster():
    """The ticket as one picture (GS v 0)."""
    printer = Dummy()
    printer.image(picture(), impl="bitImageRaster")
    printer.cut()
    return printer.output


def main():
    make = {"text": text, "raster": raster}[sys.argv[1]]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    times = []
    for _ in range(max(runs, 1)):
        # It says of each picture that it does not know the printer's width.
        with contextlib.redirect_stdout(io.StringIO()):
            begun = time.perf_counter()
            ticket = make()
            times.append((time.perf_counter() - begun) * 1e3)
    if len(sys.argv) > 3:
        with open(sys.argv[3], "wb") as file:
            file.write(ticket)
    print(json.dumps({"bytes": len(ticket), "ms_median": statistics.median(times)}))


main()
