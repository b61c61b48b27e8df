/* html.c - a self-contained page of HTML for a stream of records. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"
#include "io/io.h"

static void put_escaped(struct sx_sink *sink, const char *text)
{
    for (size_t n; *text != '\0'; text += n) {
        const char *as = sx_xml_entity(text, &n);
        sx_sink_write(sink, as != NULL ? as : text, as != NULL ? strlen(as) : n);
    }
}

static void put(struct sx_sink *sink, const char *text)
{
    sx_sink_write(sink, text, strlen(text));
}

static const char style[] =
    "body{font:15px sans-serif;color:#222;margin:1.5em}"
    "table{border-collapse:collapse}"
    "th{text-align:left;cursor:pointer;border-bottom:2px solid #222;padding:.4em .8em}"
    "th:after{content:' \\2195';color:#999}"
    "td{border-bottom:1px solid #ddd;padding:.5em .8em;vertical-align:top}"
    "img{max-width:26em;max-height:18em;cursor:zoom-in}"
    "img.large{max-width:none;max-height:none}"
    ".w{padding:.1em .25em;margin:.05em;border-radius:.2em;display:inline-block}"
    ".v{border-collapse:collapse;font-size:90%}.v td{border:0;padding:0 .6em 0 0}"
    "summary{cursor:pointer;color:#0072b2}";

/* Numeric columns are sorted as numbers. A click enlarges a picture. A map shows the value
 * under the pointer. */
static const char script[] =
    "document.querySelectorAll('th').forEach((h,i)=>h.onclick=()=>{"
    "const b=h.closest('table').tBodies[0],d=h.dataset.d=h.dataset.d=='1'?-1:1,"
    "k=r=>r.cells[i].dataset.k??r.cells[i].textContent;"
    "[...b.rows].sort((p,q)=>{const a=k(p),c=k(q),x=parseFloat(a),y=parseFloat(c);"
    "return d*(isNaN(x)||isNaN(y)?a.localeCompare(c):x-y)}).forEach(r=>b.append(r))});"
    "document.querySelectorAll('img').forEach(m=>m.onclick=()=>m.classList.toggle('large'));"
    "document.querySelectorAll('canvas').forEach(c=>{"
    "const v=JSON.parse(c.dataset.v),w=+c.dataset.w,n=v.length/w,g=c.getContext('2d'),"
    "m=Math.max(...v.map(Math.abs))||1;c.width=w;c.height=n;"
    "const p=g.createImageData(w,n);v.forEach((x,i)=>{const t=Math.abs(x)/m,"
    "a=x<0?[33,102,172]:[178,24,43];for(let k=0;k<3;k++)p.data[4*i+k]=247+t*(a[k]-247);"
    "p.data[4*i+3]=255});g.putImageData(p,0,0);"
    "c.onmousemove=e=>{const r=c.getBoundingClientRect(),x=Math.floor((e.clientX-r.left)*w/r.width),"
    "y=Math.floor((e.clientY-r.top)*n/r.height);c.title=`row ${y}, column ${x}: ${v[y*w+x]}`}});";

bool sx_html_begin(struct sx_sink *sink, const char *title)
{
    put(sink, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    put_escaped(sink, title);
    put(sink, "</title>\n<style>");
    put(sink, style);
    put(sink, "canvas{image-rendering:pixelated;width:16em;border:1px solid #bbb}"
              "</style></head>\n<body><h1>");
    put_escaped(sink, title);
    put(sink,
        "</h1>\n<table><thead><tr><th>sample</th><th>index</th><th>tool</th><th>method</th>"
        "<th>target</th><th>value</th><th>picture</th><th>values</th></tr></thead>\n<tbody>\n");
    return true;
}

bool sx_html_end(struct sx_sink *sink)
{
    put(sink, "</tbody></table>\n<script>");
    put(sink, script);
    return sx_sink_write(sink, "</script></body></html>\n", 24);
}

/* ---- A picture ---- */

static void put_base64(struct sx_sink *sink, const uint8_t *bytes, size_t n)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t word = 0;
        char four[4];
        for (size_t k = 0; k < 3; k++)
            word = word << 8 | (i + k < n ? bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            four[k] = i + k > n ? '=' : digit[word >> (18 - 6 * k) & 63];
        sx_sink_write(sink, four, 4);
    }
}

/* Writes a record's picture. If no kind suits it, its row has none. */
static bool put_picture(const struct sx_figure_options *o, const struct sx_drawn *item,
                        struct sx_sink *sink, struct sx_error *error)
{
    uint8_t *bytes = NULL;
    size_t size;
    int64_t drawn;
    struct sx_error why = {0};
    if (!sx_figure_make(o, item, 1, SX_FIGURE_SVG, &bytes, &size, &drawn, &why)) {
        if (why.status != SX_FAILED)
            *error = why;
        return why.status == SX_FAILED;
    }
    put(sink, "<img alt=\"\" src=\"data:image/svg+xml;base64,");
    put_base64(sink, bytes, size);
    put(sink, "\">");
    free(bytes);
    return true;
}

/* ---- Values ---- */

static void put_number(struct sx_sink *sink, double value)
{
    char text[SX_NUMBER_SIZE];
    sx_number(text, value, SX_FLOAT);
    put(sink, text);
}

/* Writes words in the colours of their values. The pointer shows the value. */
static void put_words(struct sx_sink *sink, const struct sx_facts *v)
{
    double scale = 0;
    for (int64_t i = 0; i < v->n; i++)
        scale = isfinite(v->value[i]) ? fmax(scale, fabs(v->value[i])) : scale;
    for (int64_t i = 0; i < v->n; i++) {
        unsigned c = sx_signed_colour(v->value[i], scale);
        char name[600], colours[80];
        sx_facts_name(v, i, false, name, sizeof name);
        snprintf(colours, sizeof colours, "background:#%06x;color:#%06x", c, sx_text_on(c));
        put(sink, "<span class=\"w\" style=\"");
        put(sink, colours);
        put(sink, "\" title=\"");
        put_number(sink, v->value[i]);
        put(sink, "\">");
        put_escaped(sink, name);
        put(sink, "</span> ");
    }
}

/* Writes the words of a partition. Its blocks have brackets and colours. */
static void put_partition(struct sx_sink *sink, const struct sx_parts *p, const int64_t *block,
                          const char *what)
{
    put(sink, "<p>");
    put(sink, what);
    put(sink, ": ");
    for (int64_t i = 0; i < p->n; i++) {
        char name[600], colours[80] = "";
        if (block[i] >= 0)
            snprintf(colours, sizeof colours, " style=\"background:#%06x;color:#%06x\"",
                     sx_series(block[i]), sx_text_on(sx_series(block[i])));
        sx_parts_name(p, i, name, sizeof name);
        put(sink, "<span class=\"w\"");
        put(sink, colours);
        put(sink, sx_parts_begin(block, i) ? ">[" : ">");
        put_escaped(sink, name);
        put(sink, sx_parts_end(p, block, i) ? "]</span> " : "</span> ");
    }
    put(sink, "</p>");
}

static bool put_partitions(struct sx_sink *sink, const struct sx_datum *record,
                           struct sx_error *error)
{
    struct sx_parts p;
    bool ok = sx_parts_get(&p, record, error);
    if (ok && sx_parts_named(&p)) {
        put_partition(sink, &p, p.best, "blocks that together add most");
        put_partition(sink, &p, p.worst, "least");
    }
    sx_parts_free(&p);
    return ok || error->status == SX_FAILED;
}

static void put_table(struct sx_sink *sink, const struct sx_facts *v, const int64_t *order)
{
    enum { MOST = 100 };
    put(sink, "<details><summary>values</summary><table class=\"v\"><tbody>");
    for (int64_t i = 0; i < v->n && i < MOST; i++) {
        char name[600];
        sx_facts_name(v, order[i], true, name, sizeof name);
        put(sink, "<tr><td>");
        put_escaped(sink, name);
        put(sink, "</td><td>");
        put_number(sink, v->value[order[i]]);
        put(sink, "</td></tr>");
    }
    put(sink, "</tbody></table></details>");
}

/* Writes a map of at most 64 x 64 places. Each is the mean of the values that it stands for. */
static bool put_map(const struct sx_figure_options *o, const struct sx_datum *record,
                    struct sx_sink *sink, struct sx_error *error)
{
    enum { MOST = 64 };
    struct sx_record_map map;
    struct sx_heat heat;
    struct sx_plot plot = o->map;
    plot.sign = SX_SIGN_ALL;
    if (!sx_map_get(record, 0, &map, error))
        return error->status == SX_OK;
    bool ok = sx_heat_new(&heat, &plot, &map.values, error);
    sx_record_map_free(&map);
    if (!ok)
        return false;
    int64_t rows = heat.rows < MOST ? heat.rows : MOST;
    int64_t columns = heat.columns < MOST ? heat.columns : MOST;
    sx_sink_print(sink, "<canvas data-w=\"%lld\" data-v=\"[", (long long)columns);
    for (int64_t i = 0; i < rows * columns; i++) {
        int64_t y0 = i / columns * heat.rows / rows, y1 = (i / columns + 1) * heat.rows / rows;
        int64_t x0 = i % columns * heat.columns / columns;
        int64_t x1 = (i % columns + 1) * heat.columns / columns;
        double sum = 0;
        for (int64_t y = y0; y < y1; y++)
            for (int64_t x = x0; x < x1; x++)
                sum += heat.value[y * heat.columns + x];
        put(sink, i > 0 ? "," : "");
        put_number(sink, sum / (double)((y1 - y0) * (x1 - x0)));
    }
    put(sink, "]\"></canvas>");
    sx_heat_free(&heat);
    return true;
}

static bool put_values(const struct sx_figure_options *o, const struct sx_drawn *item,
                       struct sx_sink *sink, struct sx_error *error)
{
    struct sx_facts v;
    int64_t *order = NULL, ignored;
    int kind = sx_kind_of(item, 1, SX_KIND_AUTO, &ignored, error);
    if (error->status != SX_OK)
        return false;
    if (kind == SX_OVERLAY || kind == SX_STRIP)
        return put_map(o, item->record, sink, error);
    if (kind == SX_TOKENS && sx_datum_at(item->record, "partition_max") != NULL)
        return put_partitions(sink, item->record, error);
    bool ok = sx_facts_get(&v, item->record, 0, error);
    if (ok && v.n > 0 && kind == SX_TOKENS)
        put_words(sink, &v);
    else if (ok && v.n > 0 && (ok = sx_facts_order(&v, &order, error)))
        put_table(sink, &v, order);
    free(order);
    sx_facts_free(&v);
    return ok;
}

/* ---- A row ---- */

static void put_cell(struct sx_sink *sink, const char *text)
{
    put(sink, "<td>");
    put_escaped(sink, text);
    put(sink, "</td>");
}

bool sx_html_record(const struct sx_figure_options *o, const struct sx_drawn *item,
                    struct sx_sink *sink, struct sx_error *error)
{
    const struct sx_datum *r = item->record;
    const struct sx_figure f = {.o = o, .item = item, .n = 1, .kind = SX_OVERLAY};
    char target[400], number[32] = "";
    double value = sx_datum_number(sx_datum_at(r, "target.value"), NAN);
    const char *label = sx_datum_text(sx_datum_at(r, "target.label"), NULL);
    double index = sx_datum_number(sx_datum_at(r, "target.index"), NAN);
    snprintf(target, sizeof target, "%s", label != NULL ? label : "");
    if (label == NULL && isfinite(index))
        snprintf(target, sizeof target, "output %.0f", index);
    if (isfinite(value))
        snprintf(number, sizeof number, "%.6g", value);
    put(sink, "<tr>");
    put_cell(sink, sx_datum_text(sx_datum_at(r, "id"), ""));
    sx_sink_print(sink, "<td>%.0f</td>", sx_datum_number(sx_datum_at(r, "index"), 0));
    put_cell(sink, sx_datum_text(sx_datum_at(r, "tool"), ""));
    put_cell(sink, sx_datum_text(sx_datum_at(r, "method"), ""));
    put_cell(sink, target);
    put_cell(sink, number);
    put(sink, "<td>");
    bool ok = true;
    const char *why = sx_datum_text(sx_datum_at(r, "error.message"), NULL);
    if (why != NULL)
        put_escaped(sink, why);
    else
        ok = put_picture(f.o, item, sink, error);
    put(sink, "</td><td>");
    ok = ok && (why != NULL || put_values(o, item, sink, error));
    return sx_sink_write(sink, "</td></tr>\n", 11) && ok;
}
