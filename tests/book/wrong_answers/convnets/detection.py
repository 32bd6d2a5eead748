"""Wrong answers to the exercises on detection, as students write them."""

import numpy as np


def _iou(a, b, clamp=True, plus=0, corner=True, union=None):
    ax, ay, aw, ah = (a[0], a[1], a[2] - a[0], a[3] - a[1]) if corner else a
    bx, by, bw, bh = (b[0], b[1], b[2] - b[0], b[3] - b[1]) if corner else b
    w, h = min(ax + aw, bx + bw) - max(ax, bx) + plus, min(ay + ah, by + bh) - max(ay, by) + plus
    inter = max(0, w) * max(0, h) if clamp else w * h
    one, two = (aw + plus) * (ah + plus), (bw + plus) * (bh + plus)
    return inter / (one + two - inter if union is None else union(one, two))


def _intersection_by_conditions(a, b):
    """Sees that boxes are apart only along x."""
    if a[2] < b[0] or b[2] < a[0]:
        return 0.0
    return _iou(a, b, clamp=False)


def _nms(O, scores, labels, most, reverse=True, same=True, ge=False, pool=False):
    order = sorted(range(len(scores)), key=lambda i: scores[i], reverse=reverse)
    keep = []
    while order:
        i = order.pop(0)
        keep.append(i)
        order = [
            j
            for j in order
            if not ((O[i, j] >= most if ge else O[i, j] > most) and (labels[i] == labels[j] or not same))
        ]
    return keep[::-1] if pool else keep


def _nms_by_class_in_turn(O, scores, labels, most):
    out = []
    for k in sorted(set(labels.tolist())):
        rows = np.flatnonzero(labels == k)
        kept = _nms(O[np.ix_(rows, rows)], scores[rows], labels[rows], most)
        out += [int(rows[i]) for i in kept]
    return out


def _match(O, scores, least, sort=True, once=True, strict=False, voc=False):
    hits, used = np.zeros(len(scores), int), set()
    for i in np.argsort(-scores) if sort else range(len(scores)):
        best, at = -1.0, None
        for g in range(O.shape[1]):
            if once and not voc and g in used:
                continue
            if O[i, g] > best:
                best, at = O[i, g], g
        if at is not None and (best > least if strict else best >= least) and not (once and at in used):
            hits[i] = 1
            used.add(at)
    return hits


def _match_by_truth(O, scores, least):
    """Each truth takes the detection with the largest IoU."""
    hits = np.zeros(len(scores), int)
    for g in range(O.shape[1]):
        if O[:, g].max() >= least:
            hits[O[:, g].argmax()] = 1
    return hits


def _ap(hits, truths, over=None, smooth=True, wanted=None):
    tp, fp = np.cumsum(hits), np.cumsum(1 - np.asarray(hits))
    p, r = tp / (tp + fp), tp / (truths if over is None else max(over(hits), 1))
    if smooth:
        for i in range(len(p) - 2, -1, -1):
            p[i] = max(p[i], p[i + 1])
    if wanted is not None:
        return float(np.mean([p[r >= t - 1e-12].max(initial=0) for t in wanted]))
    return float(sum((r[i] - (r[i - 1] if i else 0)) * p[i] for i in range(len(p))))


def _corners_to_code(box, prop, log=np.log, middle=True, by="prop"):
    w, h = prop[2] - prop[0], prop[3] - prop[1]
    bw, bh = box[2] - box[0], box[3] - box[1]
    dx = (box[0] + bw / 2 - prop[0] - w / 2) if middle else box[0] - prop[0]
    dy = (box[1] + bh / 2 - prop[1] - h / 2) if middle else box[1] - prop[1]
    nw, nh = {"prop": (w, h), "box": (bw, bh), "none": (1, 1)}[by]
    return np.array([dx / nw, dy / nh, log(bw / w), log(bh / h)])


def _cell(box, cells, size, first="row", middle=True, pixels=False, by_round=False):
    side = size / cells
    x, y = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) if middle else (box[0], box[1])
    c, r = (round(x / side), round(y / side)) if by_round else (int(x // side), int(y // side))
    dx, dy = (x - c * side, y - r * side) if pixels else (x / side - c, y / side - r)
    return np.array([r, c, dx, dy] if first == "row" else [c, r, dx, dy])


WRONG = {
    "iou_of_two": [
        (lambda a, b: _iou(a, b, clamp=False), "clamp"),
        (_intersection_by_conditions, "clamp|apart|negative|maximum"),
        (lambda a, b: _iou(a, b, plus=1), "added 1"),
        (lambda a, b: _iou(a, b, corner=False), "width, height"),
        (lambda a, b: _iou(a, b, union=lambda p, q: p + q), "counted twice"),
        (lambda a, b: _iou(a, b, union=min), "smaller area"),
        (lambda a, b: _iou(a, b, union=max), "larger|union|divid"),
        (lambda a, b: _iou(a, b, union=lambda p, q: p), "first box alone"),
    ],
    "what_stays": [
        (lambda *a: _nms(*a, reverse=False), "lowest score"),
        (lambda *a: _nms(*a, same=False), "another class"),
        (lambda *a: _nms(*a, ge=True), "equal to it"),
        (lambda *a: _nms(*a, pool=True), "order|first|last"),
        (lambda *a: sorted(_nms(*a)), "order of their rows"),
        (lambda *a: _nms(*a, same=False, ge=True), "another class|equal"),
        (_nms_by_class_in_turn, "order|highest score first"),
    ],
    "hits_of_an_image": [
        (lambda *a: _match(*a, once=False), "counts once"),
        (lambda *a: _match(*a, sort=False), "chooses first"),
        (lambda *a: _match(*a, strict=True), "at least"),
        (lambda *a: _match(*a, voc=True), "VOC"),
        (_match_by_truth, "score|chosen first"),
        (lambda O, s, t: np.sort(_match(O, s, t))[::-1], "order"),
    ],
    "area_under_a_ranking": [
        (lambda h, n: _ap(h, n, smooth=False), "envelope is missing"),
        (lambda h, n: _ap(h, n, over=lambda h: h.sum()), "what was found"),
        (lambda h, n: _ap(h, n, wanted=np.arange(11) / 10), "11 recalls"),
        (lambda h, n: _ap(h, n, wanted=np.arange(101) / 100), "101 recalls"),
        (lambda h, n: _ap(h, n, over=len), "truths|share|divide"),
        (lambda h, n: float((np.cumsum(h) / np.arange(1, len(h) + 1)).mean()), "mean of the precisions"),
    ],
    "box_code": [
        (lambda b, p: _corners_to_code(b, p, middle=False), "corner to corner"),
        (lambda b, p: _corners_to_code(b, p, by="none"), "pixels"),
        (lambda b, p: _corners_to_code(b, p, by="box"), "box's sides"),
        (lambda b, p: _corners_to_code(b, p, log=lambda r: r), "logarithm"),
        (lambda b, p: _corners_to_code(p, b), "from the box to the proposal"),
        (lambda b, p: _corners_to_code(b, p, log=np.log2), "log"),
        (lambda b, p: _corners_to_code(b, p, log=lambda r: -np.log(r)), "upside down"),
    ],
    "cell_of_a_box": [
        (lambda *a: _cell(*a, first="column"), "swapped"),
        (lambda *a: _cell(*a, middle=False), "corner"),
        (lambda *a: _cell(*a, pixels=True), "in pixels"),
        (lambda *a: _cell(*a, by_round=True), "rounded"),
        (lambda box, n, size: _cell(box, n, size)[[0, 1, 3, 2]], "swap|order|offset"),
        (lambda box, n, size: np.concatenate([_cell(box, n, size)[:2], (box[:2] + box[2:]) / 2 / size]), "picture's side"),
    ],
}  # fmt: skip
