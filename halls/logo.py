#!/usr/bin/env python3
"""Draws the sample hall's logo, a door that stands open (needs Pillow).

    halls/logo.py        writes logo.png beside this script
"""
from pathlib import Path
from PIL import Image, ImageDraw

SIDE, FINE = 256, 4
RED, GOLD, LIGHT = (178, 34, 34, 255), (222, 184, 92, 255), (255, 246, 222, 255)

picture = Image.new("RGBA", (SIDE * FINE, SIDE * FINE), (0, 0, 0, 0))
draw = ImageDraw.Draw(picture)


def shape(points, colour):
    draw.polygon([(x * FINE, y * FINE) for x, y in points], colour)


draw.ellipse((2 * FINE, 2 * FINE, 254 * FINE, 254 * FINE), RED)
# the frame, what is behind it, and the leaf that opens towards whoever comes
shape([(72, 46), (184, 46), (184, 206), (72, 206)], GOLD)
shape([(84, 58), (172, 58), (172, 206), (84, 206)], LIGHT)
shape([(84, 58), (132, 78), (132, 226), (84, 206)], RED)
shape([(90, 68), (126, 83), (126, 214), (90, 199)], GOLD)
draw.ellipse((114 * FINE, 138 * FINE, 124 * FINE, 148 * FINE), RED)
picture.resize((SIDE, SIDE), Image.LANCZOS).save(Path(__file__).with_name("logo.png"), optimize=True)
