// leptonica IN.jpg OUT.jpg
//
// A scanned page by leptonica: its angle by its lines of text, turned, cut to its largest light region,
// and encoded at quality 75. The page as a whole is decoded, as leptonica works.

#include <leptonica/allheaders.h>
#include <stdio.h>

// Degrees to radians.
static const l_float32 RADIANS = 3.14159265f / 180.0f;

// The largest light region of a page, found at a sixteenth of its size; nothing when all is dark.
static BOX *largest_light_region(PIX *page) {
    enum { DARK = 170, REDUCTION = 16 };
    PIX *grey = pixConvertTo8(page, 0);
    PIX *dark = pixThresholdToBinary(grey, DARK);
    PIX *light = pixInvert(NULL, dark);
    PIX *small = pixReduceRankBinaryCascade(light, 3, 3, 3, 3);
    BOXA *regions = pixConnCompBB(small, 8);
    BOXA *sorted = boxaSort(regions, L_SORT_BY_AREA, L_SORT_DECREASING, NULL);
    BOX *found = NULL;
    if (boxaGetCount(sorted) > 0) {
        BOX *first = boxaGetBox(sorted, 0, L_CLONE);
        found = boxTransform(first, 0, 0, REDUCTION, REDUCTION);
        boxDestroy(&first);
    }
    boxaDestroy(&sorted);
    boxaDestroy(&regions);
    pixDestroy(&small);
    pixDestroy(&light);
    pixDestroy(&dark);
    pixDestroy(&grey);
    return found;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "leptonica IN.jpg OUT.jpg\n");
        return 2;
    }
    PIX *scan = pixRead(arguments[1]);
    if (!scan) {
        return 1;
    }
    l_float32 angle = 0, confidence = 0;
    PIX *print = pixConvertTo1(scan, 160);
    if (pixFindSkew(print, &angle, &confidence) != 0) {
        angle = 0;
    }
    PIX *straight = pixRotate(scan, angle * RADIANS, L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, 0, 0);
    BOX *paper = largest_light_region(straight);
    PIX *page = paper ? pixClipRectangle(straight, paper, NULL) : pixClone(straight);
    return page && pixWriteJpeg(arguments[2], page, 75, 0) == 0 ? 0 : 1;
}
