/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plot - draws curves as SVG, both axes logarithmic.
 *
 *   plot promotions|lines < curve.csv > picture.svg     of bench_engine --curve: the word names the horizontal axis;
 *                                                       there is a curve for each value of the other
 *   plot growth < growth.csv > picture.svg              of growth.sh: a record's cost, a curve for each name
 *
 * A curve is the median, the band above it reaches to the 99th percentile, the dotted line is the floor; of growth
 * there is one figure. Colours stand on light and dark pages.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 400, CURVES_MAX = 8, LINE_BYTES = 256, NAME_BYTES = 32 };
enum { WIDTH = 760, HEIGHT = 440, LEFT = 74, RIGHT = 130, TOP = 44, BOTTOM = 56, LABEL_HEIGHT = 15 };

struct point {
    int64_t promotions, lines, p50_ns, p99_ns, floor_ns;
};

/* What is said around the curves. */
struct kind {
    const char *word, *title, *legend, *axis, *of_a_curve;
};

static const struct kind kinds[] = {
    {"promotions", "One evaluation, by the number of promotions",
     "line: median; band: up to the 99th percentile; dotted: a plain walk (the floor)", "promotions in the bundle",
     "lines"},
    {"lines", "One evaluation, by the number of lines",
     "line: median; band: up to the 99th percentile; dotted: a plain walk (the floor)", "lines in the basket",
     "promotions"},
    {"growth", "What one record costs the central, as everything grows",
     "time on the processor; a level curve: the whole grows with the number of records",
     "records of a batch, tills, or records of the backlog", ""},
};

struct plot {
    const struct kind *kind;
    struct point points[POINTS_MAX];
    int count;
    bool by_lines; /* the horizontal axis; of growth: what grows is lines, the number of the curve promotions */
    char names[CURVES_MAX][NAME_BYTES]; /* of growth */
    int name_count;
    double x_low, x_high, y_low, y_high;
};

static const char *const colours[] = {"#3b82c4", "#d9822b", "#3a9a5b", "#b8529b",
                                      "#8c7a2f", "#c0504d", "#5f6fc9", "#2f9ba0"};

static int64_t x_of(const struct plot *plot, const struct point *p)
{
    return plot->by_lines ? p->lines : p->promotions;
}

static int64_t curve_of(const struct plot *plot, const struct point *p)
{
    return plot->by_lines ? p->promotions : p->lines;
}

/* The places are whole tenths: a picture that is drawn again from the same figures is the same. */
static double place_x(const struct plot *plot, double value)
{
    double part = (log10(value) - log10(plot->x_low)) / (log10(plot->x_high) - log10(plot->x_low));

    return LEFT + part * (WIDTH - LEFT - RIGHT);
}

static double place_y(const struct plot *plot, double value)
{
    double part = (log10(value) - log10(plot->y_low)) / (log10(plot->y_high) - log10(plot->y_low));

    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
}

/* ---- reading */

static bool add_point(struct plot *plot, const struct point *p)
{
    if (plot->count == POINTS_MAX) {
        fprintf(stderr, "plot: more than %d points\n", POINTS_MAX);
        return false;
    }
    plot->points[plot->count++] = *p;
    return true;
}

/* The number of the curve of that name, from 1; 0: there are too many. */
static int curve_named(struct plot *plot, const char *name)
{
    for (int i = 0; i < plot->name_count; i++) {
        if (strcmp(plot->names[i], name) == 0)
            return i + 1;
    }
    if (plot->name_count == CURVES_MAX)
        return 0;
    (void)snprintf(plot->names[plot->name_count], NAME_BYTES, "%s", name);
    return ++plot->name_count;
}

static bool read_growth(struct plot *plot)
{
    char line[LINE_BYTES], name[NAME_BYTES];
    int number = 0;

    while (fgets(line, sizeof line, stdin)) {
        struct point p = {0};

        if (++number == 1 && strncmp(line, "curve,", 6) == 0)
            continue;
        if (sscanf(line, "%31[a-z ],%" SCNd64 ",%" SCNd64, name, &p.lines, &p.p50_ns) != 3 || p.lines < 1 ||
            p.p50_ns < 1 || (p.promotions = curve_named(plot, name)) == 0) {
            fprintf(stderr, "plot: line %d is not curve,number,ns of one of %d curves: %s", number, CURVES_MAX, line);
            return false;
        }
        p.p99_ns = p.floor_ns = p.p50_ns;
        if (!add_point(plot, &p))
            return false;
    }
    return true;
}

static bool read_points(struct plot *plot)
{
    char line[LINE_BYTES];
    int number = 0;

    while (fgets(line, sizeof line, stdin)) {
        struct point p;

        if (++number == 1 && strncmp(line, "promotions,", 11) == 0)
            continue;
        if (sscanf(line, "%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",%" SCNd64, &p.promotions, &p.lines,
                   &p.p50_ns, &p.p99_ns, &p.floor_ns) != 5 ||
            p.promotions < 1 || p.lines < 1 || p.p50_ns < 1 || p.p99_ns < p.p50_ns || p.floor_ns < 1) {
            fprintf(stderr, "plot: line %d is not promotions,lines,p50_ns,p99_ns,floor_ns: %s", number, line);
            return false;
        }
        if (!add_point(plot, &p))
            return false;
    }
    return true;
}

static int point_cmp(const void *a, const void *b)
{
    const struct point *x = a, *y = b;

    if (x->promotions != y->promotions)
        return x->promotions < y->promotions ? -1 : 1;
    return x->lines < y->lines ? -1 : x->lines > y->lines;
}

/* Axes from the points; upwards whole decades. False when there is nothing to draw between. */
static bool set_axes(struct plot *plot)
{
    plot->x_low = plot->y_low = INFINITY;
    plot->x_high = plot->y_high = 0;
    for (int i = 0; i < plot->count; i++) {
        const struct point *p = &plot->points[i];

        plot->x_low = fmin(plot->x_low, (double)x_of(plot, p));
        plot->x_high = fmax(plot->x_high, (double)x_of(plot, p));
        plot->y_low = fmin(plot->y_low, (double)(p->floor_ns < p->p50_ns ? p->floor_ns : p->p50_ns));
        plot->y_high = fmax(plot->y_high, (double)(p->floor_ns > p->p99_ns ? p->floor_ns : p->p99_ns));
    }
    if (plot->count == 0 || plot->x_low >= plot->x_high) {
        fprintf(stderr, "plot: wants points at two places of the horizontal axis at least\n");
        return false;
    }
    plot->y_low = pow(10, floor(log10(plot->y_low)));
    plot->y_high = pow(10, ceil(log10(plot->y_high)));
    return true;
}

/* ---- drawing */

static void draw_head(const struct plot *plot)
{
    printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans, Arial, "
           "sans-serif\" font-size=\"12\">\n",
           WIDTH, HEIGHT);
    printf("<title>%s</title>\n", plot->kind->title);
    /* A grey that reads on white and on black: a picture in a page does not know which it stands on. */
    puts("<style>text{fill:#777}.grid{stroke:#888;stroke-opacity:.35}</style>");
    printf("<text x=\"%d\" y=\"20\" font-weight=\"bold\">%s</text>\n", LEFT, plot->kind->title);
    printf("<text x=\"%d\" y=\"36\" font-size=\"11\">%s</text>\n", LEFT, plot->kind->legend);
}

/* 100 ns, 1 us, 10 us, 1 ms */
static void draw_time(double ns, double y)
{
    const char *unit = ns >= 1e9 ? "s" : ns >= 1e6 ? "ms" : ns >= 1e3 ? "µs" : "ns";
    double scale = ns >= 1e9 ? 1e9 : ns >= 1e6 ? 1e6 : ns >= 1e3 ? 1e3 : 1;

    printf("<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" "
           "text-anchor=\"end\">%.0f %s</text>\n",
           LEFT, y, WIDTH - RIGHT, y, LEFT - 8, y + 4, ns / scale, unit);
}

static void draw_grid(const struct plot *plot)
{
    double before = -100;

    for (double ns = plot->y_low; ns <= plot->y_high * 1.001; ns *= 10)
        draw_time(ns, place_y(plot, ns));
    /* Points are sorted by promotions, so lines come round again: each place once. */
    for (double at = plot->x_low; at > 0;) {
        double x = place_x(plot, at), next = 0;

        if (x - before > 34) {
            printf("<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/><text x=\"%.1f\" y=\"%d\" "
                   "text-anchor=\"middle\">%.0f</text>\n",
                   x, TOP, x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 18, at);
            before = x;
        }
        for (int i = 0; i < plot->count; i++) {
            double value = (double)x_of(plot, &plot->points[i]);

            if (value > at && (next <= 0 || value < next))
                next = value;
        }
        at = next;
    }
    printf("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14,
           plot->kind->axis);
}

/* Of the curve, the values that get picks, forwards or backwards. */
static void draw_places(const struct plot *plot, int64_t curve, int64_t (*get)(const struct point *), bool back)
{
    for (int k = 0; k < plot->count; k++) {
        const struct point *p = &plot->points[back ? plot->count - 1 - k : k];

        if (curve_of(plot, p) == curve)
            printf("%.1f,%.1f ", place_x(plot, (double)x_of(plot, p)), place_y(plot, (double)get(p)));
    }
}

static int64_t p50_of(const struct point *p)
{
    return p->p50_ns;
}

static int64_t p99_of(const struct point *p)
{
    return p->p99_ns;
}

static int64_t floor_of(const struct point *p)
{
    return p->floor_ns;
}

static void draw_curve(const struct plot *plot, int64_t curve, const char *colour)
{
    printf("<g stroke=\"%s\" fill=\"none\" stroke-width=\"2\"><polygon fill=\"%s\" fill-opacity=\".22\" "
           "stroke=\"none\" points=\"",
           colour, colour);
    draw_places(plot, curve, p50_of, false);
    draw_places(plot, curve, p99_of, true);
    printf("\"/><polyline points=\"");
    draw_places(plot, curve, p50_of, false);
    printf("\"/><polyline stroke-width=\"1.3\" stroke-dasharray=\"1.5 3\" points=\"");
    draw_places(plot, curve, floor_of, false);
    printf("\"/></g>\n");
}

/* ---- the names of the curves, beside their ends */

struct label {
    int64_t curve;
    const char *colour;
    double y;
};

static int label_cmp(const void *a, const void *b)
{
    const struct label *x = a, *y = b;

    if (x->y < y->y || x->y > y->y)
        return x->y < y->y ? -1 : 1;
    return x->curve > y->curve ? -1 : x->curve < y->curve;
}

/* Where curves end close to each other their names still stand one below the other. */
static void draw_labels(const struct plot *plot, struct label *labels, int count)
{
    double below = 0;

    qsort(labels, (size_t)count, sizeof *labels, label_cmp);
    for (int i = 0; i < count; i++) {
        double y = fmax(labels[i].y + 4, below);

        printf("<text x=\"%d\" y=\"%.1f\" style=\"fill:%s\">", WIDTH - RIGHT + 8, y, labels[i].colour);
        if (plot->name_count > 0)
            printf("%s</text>\n", plot->names[labels[i].curve - 1]);
        else
            printf("%" PRId64 " %s</text>\n", labels[i].curve, plot->kind->of_a_curve);
        below = y + LABEL_HEIGHT;
    }
}

/* Points are sorted, so the last of a curve is at its right end. */
static bool draw_curves(const struct plot *plot)
{
    struct label labels[CURVES_MAX];
    int count = 0;

    for (int i = 0; i < plot->count; i++) {
        int64_t curve = curve_of(plot, &plot->points[i]);
        int k = 0;

        while (k < count && labels[k].curve != curve)
            k++;
        if (k == CURVES_MAX) {
            fprintf(stderr, "plot: more than %d curves\n", CURVES_MAX);
            return false;
        }
        labels[k] = (struct label){curve, colours[k], place_y(plot, (double)plot->points[i].p50_ns)};
        if (k < count)
            continue;
        count++;
        draw_curve(plot, curve, colours[k]);
    }
    draw_labels(plot, labels, count);
    return true;
}

int main(int argc, char **argv)
{
    static struct plot plot;

    for (size_t i = 0; argc == 2 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(argv[1], kinds[i].word) == 0)
            plot.kind = &kinds[i];
    }
    if (!plot.kind) {
        fprintf(stderr, "usage: plot promotions|lines|growth < curve.csv > picture.svg\n");
        return 2;
    }
    plot.by_lines = plot.kind != &kinds[0];
    if (plot.kind == &kinds[2] ? !read_growth(&plot) : !read_points(&plot))
        return 1;
    qsort(plot.points, (size_t)plot.count, sizeof *plot.points, point_cmp);
    if (!set_axes(&plot))
        return 1;
    draw_head(&plot);
    draw_grid(&plot);
    if (!draw_curves(&plot))
        return 1;
    puts("</svg>");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
